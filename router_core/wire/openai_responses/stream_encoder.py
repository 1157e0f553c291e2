"""Neutral events → the event stream of an OpenAI client.

Every `*.done` event carries the full text, because clients differ in which one they believe: Codex takes items from
`output_item.done`, others the last response object. A `message` item stays open over neighbouring text blocks, which
become its parts. Once an answer has begun, a keep-alive is an event (a comment does not reset Codex's idle timer, an
unknown event does); before that it is a comment, because the SDK refuses any event before `response.created`.

Source: OpenAI's streaming reference, openai/codex's stream reader, openai-python 3.52's accumulator, 2026.
"""

from typing import Literal, assert_never

from router_core.wire.codec import Answering
from router_core.wire.events import (
    BlockStart,
    BlockStop,
    CitationDelta,
    Delta,
    Event,
    KeepAlive,
    MessageStart,
    MessageStop,
    ProofDelta,
    StreamError,
)
from router_core.wire.model import (
    Block,
    Citation,
    JsonObject,
    Media,
    Opaque,
    Proof,
    Refusal,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    WireFault,
)
from router_core.wire.openai_responses.answer_items import (
    call_item,
    encode_usage,
    image_item,
    message_item,
    reasoning_item,
    search_item,
    with_bytes,
    with_result,
)
from router_core.wire.openai_responses.content import encode_citation
from router_core.wire.openai_responses.echo import answered_tier, ending, response_object
from router_core.wire.openai_responses.errors import stream_error
from router_core.wire.openai_responses.fields import OWN, dump, fields_of, own_of
from router_core.wire.openai_responses.ids import item_id
from router_core.wire.openai_responses.response import response_id

KEEP_ALIVE = b": keep-alive\n\n"


class ResponsesEncoder:
    """One stream."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._minting = answering.minting
        self._proofs = answering.request.include_proofs
        self._response: JsonObject = {}
        self._sequence = 0
        self._ended = False
        self._output: list[JsonObject] = []
        self._item: Literal["", "message", "reasoning", "call", "search"] = ""
        self._id = ""
        self._frames: list[bytes] = []
        self._refused = False
        # the open block
        self._block: Text | Refusal | Thinking | ToolCall | None = None
        self._text: list[str] = []
        self._proof: Proof | None = None
        self._annotations: list[JsonObject] = []
        self._unplaced: list[Citation] = []
        """Citations of the whole text: where it ends is not known yet."""
        self._logprobs: list[JsonObject] = []
        # the open item
        self._parts: list[JsonObject] = []
        self._search: JsonObject = {}

    def send(self, event: Event) -> bytes:
        """The bytes for one event; none after the terminal one."""
        if self._ended:
            return b""
        match event:
            case Delta(text=text, logprobs=logprobs):
                self._delta(text, logprobs)
            case MessageStart():
                self._begin(event)
            case BlockStart(block=block):
                self._need_begin()
                self._start(block)
            case ProofDelta(proof=proof):
                self._proof = proof
            case CitationDelta(citation=citation):
                self._cite(citation, unplaced_later=True)
            case BlockStop():
                self._stop(event)
            case MessageStop():
                self._need_begin()
                self._finish(event)
            case StreamError(fault=fault):
                self._need_begin()
                self._fail(fault)
            case KeepAlive():
                if not self._response:
                    return KEEP_ALIVE
                self._send("keepalive", {})
            case _:
                assert_never(event)
        out = b"".join(self._frames)
        self._frames.clear()
        return out

    def _send(self, type: str, data: JsonObject) -> None:
        body = dump({"type": type, "sequence_number": self._sequence, **data})
        self._sequence += 1
        self._frames.append(b"event: %b\ndata: %b\n\n" % (type.encode(), body))

    # the response

    def _begin(self, start: MessageStart) -> None:
        if self._response:
            return
        created_at = self._minting.now() if start.created_at is None else start.created_at
        id = response_id(start.id) or self._minting.id("resp_")
        self._response = response_object(self._answering, id, created_at)
        self._response |= answered_tier(start.service_tier)
        self._send("response.created", {"response": self._response})
        self._send("response.in_progress", {"response": self._response})

    def _need_begin(self) -> None:
        if not self._response:
            self._begin(MessageStart("", ""))

    def _finish(self, stop: MessageStop) -> None:
        end = ending(stop.stop, refused_in_words=self._refused)
        self._close_item({"status": end["status"]} if end["status"] == "incomplete" else None)
        self._ended = True
        response = self._response | {"output": self._output, "usage": encode_usage(stop.usage)} | end
        if end["status"] == "completed":
            response["completed_at"] = max(response["created_at"], self._minting.now())
        response |= answered_tier(stop.service_tier)
        self._send(f"response.{end['status']}", {"response": response | fields_of(stop.extras)})

    def _fail(self, fault: WireFault) -> None:
        self._ended = True
        failed = {"status": "failed", "error": stream_error(fault), "output": self._output}
        self._send("response.failed", {"response": self._response | failed})

    # items

    def _start(self, block: Block) -> None:
        if self._item == "search" and not isinstance(block, ServerResult):
            self._close_item()
        if not isinstance(block, Text | Refusal) and self._item != "search":
            self._close_item()
        self._block, self._text, self._proof = None, [], None
        self._annotations, self._unplaced, self._logprobs = [], [], []
        match block:
            case Text() | Refusal():
                self._start_part(block)
            case Thinking(text=text, proof=proof):
                self._block, self._proof = block, proof
                if text:
                    self._delta(text, ())
            case ToolCall():
                self._start_call(block)
            case ServerCall():
                self._start_search(block)
            case ServerResult():
                if self._item == "search":
                    self._search = with_result(self._search, block)
                    self._close_item()
            case Media():
                if (image := image_item(block, self._minting)) is not None:
                    self._whole(image)
            case Opaque(format=format, value=value):
                if format == OWN:
                    self._whole(value)
            case ToolResult():
                pass  # a client's tool's result is never part of an answer
            case _:
                assert_never(block)

    def _open_item(self, kind: Literal["message", "reasoning", "call", "search"], item: JsonObject) -> None:
        self._item, self._id = kind, item["id"]
        self._send("response.output_item.added", {"output_index": len(self._output), "item": item})

    def _item_done(self, item: JsonObject) -> None:
        self._send("response.output_item.done", {"output_index": len(self._output), "item": item})
        self._output.append(item)
        self._item = ""

    def _whole(self, item: JsonObject) -> None:
        """An item that is complete at once."""
        self._send("response.output_item.added", {"output_index": len(self._output), "item": item})
        self._item_done(item)

    def _close_item(self, fields: JsonObject | None = None) -> None:
        """End the item that stays open over several blocks."""
        if self._item == "message":
            known = {key: value for key, value in (fields or {}).items() if key != "id"}
            parts, self._parts = self._parts, []
            self._item_done(message_item(parts, {**known, "id": self._id}, self._minting))
        elif self._item == "search":
            if self._search.get("status") == "completed":  # for a failed one there is no event
                self._send("response.web_search_call.completed", self._where())
            self._item_done(self._search)

    def _where(self) -> JsonObject:
        return {"item_id": self._id, "output_index": len(self._output)}

    def _in_part(self) -> JsonObject:
        return {"item_id": self._id, "output_index": len(self._output), "content_index": len(self._parts)}

    # text and refusals: parts of a message

    def _start_part(self, block: Text | Refusal) -> None:
        if isinstance(block, Text) and block.proof is not None and self._proofs:
            self._close_item()
            self._whole(reasoning_item(Thinking(proof=block.proof), self._minting))
        if self._item != "message":
            item = {"id": item_id(None, "message", self._minting), "type": "message", "status": "in_progress"}
            self._open_item("message", {**item, "role": "assistant", "content": []})
        self._block = block
        part: JsonObject = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
        if isinstance(block, Refusal):
            part, self._refused = {"type": "refusal", "refusal": ""}, True
        self._send("response.content_part.added", {**self._in_part(), "part": part})
        if block.text:
            self._delta(block.text, ())
        if isinstance(block, Text):
            for citation in block.citations:
                self._cite(citation, unplaced_later=True)

    def _cite(self, citation: Citation, *, unplaced_later: bool) -> None:
        if unplaced_later and citation.end is None and not own_of(citation.extras):
            self._unplaced.append(citation)
            return
        annotation = encode_citation(citation, sum(map(len, self._text)))
        if annotation is None:
            return
        place = {**self._in_part(), "annotation_index": len(self._annotations), "annotation": annotation}
        self._annotations.append(annotation)
        self._send("response.output_text.annotation.added", place)

    def _stop_part(self, block: Text | Refusal, stop: BlockStop) -> None:
        text = "".join(self._text)
        where = self._in_part()
        part: JsonObject
        if isinstance(block, Text):
            for citation in self._unplaced:
                self._cite(citation, unplaced_later=False)
            logprobs = [with_bytes(one) for one in self._logprobs]
            part = {"type": "output_text", "annotations": self._annotations, "logprobs": logprobs, "text": text}
            self._send("response.output_text.done", {**where, "text": text, "logprobs": self._logprobs})
        else:
            part = {"type": "refusal", "refusal": text}
            self._send("response.refusal.done", {**where, "refusal": text})
        self._send("response.content_part.done", {**where, "part": part})
        self._parts.append(part)
        fields = (own_of(stop.extras) or own_of(block.extras) or {}).get("message")
        if isinstance(fields, dict):
            self._close_item(fields)
        if self._proof is not None and self._proofs:  # it came after the text: so it goes on
            self._close_item()
            self._whole(reasoning_item(Thinking(proof=self._proof), self._minting))

    # deltas, by the kind of the open block

    def _delta(self, text: str, logprobs: tuple[JsonObject, ...]) -> None:
        block = self._block
        where = {"item_id": self._id, "output_index": len(self._output)}
        match block:
            case Text():
                self._logprobs += logprobs
                where["content_index"] = len(self._parts)
                self._send("response.output_text.delta", {**where, "delta": text, "logprobs": logprobs})
            case ToolCall(custom=False):
                self._send("response.function_call_arguments.delta", {**where, "delta": text})
            case ToolCall():
                self._send("response.custom_tool_call_input.delta", {**where, "delta": text})
            case Thinking():
                if text:
                    self._thought(text)
            case Refusal():
                where["content_index"] = len(self._parts)
                self._send("response.refusal.delta", {**where, "delta": text})
            case None:
                return
        self._text.append(text)

    def _stop(self, stop: BlockStop) -> None:
        block, self._block = self._block, None
        match block:
            case Text() | Refusal():
                self._stop_part(block, stop)
            case Thinking():
                self._stop_thinking(block)
            case ToolCall():
                self._stop_call(block, stop)
            case None:
                pass

    # reasoning

    def _thought(self, text: str) -> None:
        if self._item != "reasoning":
            self._open_item("reasoning", {"id": self._minting.id("rs_"), "type": "reasoning", "summary": []})
            part = {"type": "summary_text", "text": ""}
            place = {**self._where(), "summary_index": 0, "part": part}
            self._send("response.reasoning_summary_part.added", place)
        self._send("response.reasoning_summary_text.delta", {**self._where(), "summary_index": 0, "delta": text})

    def _stop_thinking(self, block: Thinking) -> None:
        text, proof = "".join(self._text), self._proof if self._proofs else None
        if self._item != "reasoning":
            if proof is not None:
                self._whole(reasoning_item(Thinking(proof=proof), self._minting))
            return
        where = {**self._where(), "summary_index": 0}
        self._send("response.reasoning_summary_text.done", {**where, "text": text})
        part = {"type": "summary_text", "text": text}
        self._send("response.reasoning_summary_part.done", {**where, "part": part})
        self._item_done(reasoning_item(Thinking(text, proof), self._minting, self._id))

    # calls and searches

    def _start_call(self, call: ToolCall) -> None:
        if call.proof is not None and self._proofs:
            self._whole(reasoning_item(Thinking(proof=call.proof), self._minting))
        self._block = call
        item = call_item(call, self._minting) | {"status": "in_progress"}
        item["input" if call.custom else "arguments"] = ""
        self._open_item("call", item)
        if call.arguments:
            self._delta(call.arguments, ())

    def _stop_call(self, call: ToolCall, stop: BlockStop) -> None:
        whole = "".join(self._text)
        if not whole and not call.custom:
            whole = "{}"
            self._send("response.function_call_arguments.delta", {**self._where(), "delta": whole})
        done = ToolCall(call.id, call.name, whole, call.custom, call.namespace, extras=stop.extras or call.extras)
        if call.custom:
            self._send("response.custom_tool_call_input.done", {**self._where(), "input": whole})
        else:
            place = {**self._where(), "name": call.name, "arguments": whole}
            self._send("response.function_call_arguments.done", place)
        self._item_done(call_item(done, self._minting, self._id))

    def _start_search(self, call: ServerCall) -> None:
        self._search = search_item(call, self._minting)
        self._open_item("search", self._search | {"status": "in_progress"})
        self._send("response.web_search_call.in_progress", self._where())
        self._send("response.web_search_call.searching", self._where())
