"""Neutral events → a Messages stream, as Anthropic's SDKs and Claude Code read it.

Blocks are numbered without gaps. A text block begins with its first word, because an empty one, given back by the
client, would be refused; the proof of a thought comes just before its end, as Anthropic sends it. The proof of a text
that only comes with its end (Gemini's) is not passed on: it could only follow the text as a thinking block, and clients
take the last block of an answer for its result. Gemini asks for it back, but does not need it.
"""

from typing import assert_never

import orjson

from router_core.trace.record import Usage
from router_core.wire.anthropic.encode_answer import (
    CallIds,
    carrier,
    encode_answer_block,
    encode_citation,
    redacted,
    server_call,
    server_result,
    tool_use,
)
from router_core.wire.anthropic.errors import encode_error
from router_core.wire.anthropic.reading import EXPLANATION, FORMAT, fields, own
from router_core.wire.anthropic.response import STOP_WORDS, message_id, stop_details
from router_core.wire.anthropic.usage_out import encode_usage
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
    merged,
)
from router_core.wire.model import (
    NO_EXTRAS,
    Block,
    Extras,
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
)
from router_core.wire.proof import for_client

KEEP_ALIVE = b'event: ping\ndata: {"type":"ping"}\n\n'
_DELTA = b"event: content_block_delta\ndata: "
_KEY = {"text": "text", "thinking": "thinking", "input_json": "partial_json"}
_THINKING_START = {"type": "thinking", "thinking": "", "signature": ""}


class AnthropicEncoder:
    """One answer's stream."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._ids = CallIds(answering.minting)
        self._index = -1
        self._kind = ""
        """Of the deltas of the open block: text, thinking, input_json; "" for one that takes none."""
        self._waiting: JsonObject | None = None
        """The start of a block that has not said anything yet."""
        self._proof: Proof | None = None
        self._custom = False
        """The open call is a freeform one, whose text must travel inside a JSON object."""
        self._free: list[str] = []
        self._refusing = False
        self._refusal: list[str] = []
        """The words of refusals: the end says them again, as the explanation."""
        self._extras: Extras = NO_EXTRAS
        self._is_open = False
        self._ended = False

    def send(self, event: Event) -> bytes:
        if self._ended:
            return b""
        match event:
            case Delta(text=text):
                return self._delta(text)
            case BlockStart(block=block):
                return self._start(block)
            case BlockStop(extras=extras):
                return self._stop(extras)
            case ProofDelta(proof=proof):
                self._proof = proof
                return b""
            case CitationDelta(citation=citation):
                if self._kind != "text":
                    return b""
                return self._begun() + self._piece("citations_delta", "citation", encode_citation(citation))
            case MessageStart():
                return self._message_start(event)
            case MessageStop():
                return self._message_stop(event)
            case StreamError(fault=fault):
                self._ended = True
                return _frame("error", encode_error(fault)[1])
            case KeepAlive():
                return KEEP_ALIVE
            case _:
                assert_never(event)

    def _delta(self, text: str) -> bytes:
        if not text:
            return b""
        if self._custom:
            self._free.append(text)
            return b""
        kind = self._kind
        if not kind:
            return b""
        if self._refusing:
            self._refusal.append(text)
        begun = b"" if self._waiting is None else self._begun()
        return begun + self._piece(kind + "_delta", _KEY[kind], text)

    def _piece(self, type: str, key: str, value: object) -> bytes:
        data = {"type": "content_block_delta", "index": self._index, "delta": {"type": type, key: value}}
        return _DELTA + orjson.dumps(data) + b"\n\n"

    def _start(self, block: Block) -> bytes:
        self._proof, self._custom, self._free = None, False, []
        match block:
            case Text(text=text, proof=proof):
                out = self._whole(carrier(proof))
                self._kind, self._waiting = "text", {"type": "text", "text": "", **fields(block.extras)}
                out += self._delta(text)
                for citation in block.citations:
                    out += self._begun() + self._piece("citations_delta", "citation", encode_citation(citation))
                return out
            case Refusal(extras=extras) if EXPLANATION in own(extras):
                return b""
            case Refusal(text=text):
                self._refusing = True
                self._kind, self._waiting = "text", {"type": "text", "text": ""}
                return self._delta(text)
            case Thinking(text=text, proof=proof):
                if block.redacted:
                    self._kind = ""
                    return self._open(redacted(proof, block)) if proof is not None else b""
                self._kind, self._proof = "thinking", proof
                self._waiting = {**_THINKING_START, **fields(block.extras)}
                return self._delta(text)
            case ToolCall(arguments=arguments, proof=proof):
                out = self._whole(carrier(proof)) + self._open(tool_use(block, self._ids))
                self._kind, self._custom = "input_json", block.custom
                return out + self._delta(arguments)
            case ServerCall():
                call = server_call(block)
                out = self._open({**call, "input": {}})
                given = orjson.dumps(call["input"]).decode()
                self._kind = ""
                return out + self._piece("input_json_delta", "partial_json", given)
            case ServerResult():
                self._kind = ""
                return self._open(server_result(block))
            case Media() | Opaque() | ToolResult():
                self._kind = ""
                return self._whole_or_parts(encode_answer_block(block, self._ids))
            case _:
                assert_never(block)

    def _whole_or_parts(self, blocks: list[JsonObject]) -> bytes:
        """Blocks that come whole, the last one left open; text in a start event would be overlooked by some SDKs."""
        if not blocks:
            return b""
        block = blocks[0]
        if block.get("type") == "text":
            text = block.get("text", "")
            return self._open({**block, "text": ""}) + self._piece("text_delta", "text", text)
        given = block.get("input")
        if isinstance(given, dict) and given:
            partial = orjson.dumps(given).decode()
            return self._open({**block, "input": {}}) + self._piece("input_json_delta", "partial_json", partial)
        return self._open(block)

    def _whole(self, blocks: list[JsonObject]) -> bytes:
        """Complete thinking blocks that carry a proof."""
        out = b""
        for block in blocks:
            out += self._open(_THINKING_START)
            out += self._piece("signature_delta", "signature", block["signature"]) + self._end()
        return out

    def _open(self, start: JsonObject) -> bytes:
        self._waiting = None
        self._index += 1
        self._is_open = True
        data = {"type": "content_block_start", "index": self._index, "content_block": start}
        return _frame("content_block_start", data)

    def _begun(self) -> bytes:
        return b"" if self._waiting is None else self._open(self._waiting)

    def _end(self) -> bytes:
        self._is_open = False
        return _frame("content_block_stop", {"type": "content_block_stop", "index": self._index})

    def _stop(self, extras: Extras) -> bytes:
        out = b""
        if self._kind == "thinking" and self._proof is not None:
            signature = for_client(self._proof, FORMAT)
            out = self._begun() + self._piece("signature_delta", "signature", signature)
        if self._custom:
            given = orjson.dumps({"input": "".join(self._free)}).decode()
            self._custom = False
            out = self._piece("input_json_delta", "partial_json", given)
        if self._is_open:
            out += self._end()
        self._kind, self._waiting, self._refusing = "", None, False
        return out

    def _message_start(self, event: MessageStart) -> bytes:
        self._extras = event.extras
        usage = encode_usage(
            event.usage or Usage(),
            NO_EXTRAS,
            estimate=self._answering.input_tokens,
            service_tier=event.service_tier,
        )
        usage["output_tokens"] = usage["output_tokens"] or 1
        message: JsonObject = {
            "id": message_id(event.id, self._answering),
            "type": "message",
            "role": "assistant",
            "model": self._answering.model or event.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage,
        }
        return _frame("message_start", {"type": "message_start", "message": message})

    def _message_stop(self, event: MessageStop) -> bytes:
        self._ended = True
        extras = merged(self._extras, event.extras)
        delta: JsonObject = {
            "stop_reason": STOP_WORDS[event.stop],
            "stop_sequence": event.stop_sequence if event.stop == "stop_sequence" else None,
        }
        data: JsonObject = {"type": "message_delta", "delta": delta}
        details = stop_details(event.stop, "".join(self._refusal), extras)
        if details is not None:
            delta["stop_details"] = details
        for key, value in fields(extras).items():
            if key == "context_management":
                data[key] = value
            elif key != "usage":
                delta[key] = value
        data["usage"] = encode_usage(event.usage, extras, estimate=self._answering.input_tokens, whole=False)
        return _frame("message_delta", data) + b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def _frame(event: str, data: JsonObject) -> bytes:
    return b"event: " + event.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"
