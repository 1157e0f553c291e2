"""Gemini's streams ↔ events.

    data: {"candidates":[{"content":{"parts":[{"text":"He"}],"role":"model"},"index":0}],"usageMetadata":{…},…}\r\n\r\n
    data: {… "functionCall" whole in one part …}\r\n\r\n
    data: {… "finishReason":"STOP" …}\r\n\r\n          and the connection ends: there is no other terminal event

Without `alt=sse` the same objects come as one JSON array. The decoder tells the two apart by the first byte; a client
that asked for the array gets it from `ArrayStreamEncoder`.
"""

from collections.abc import Sequence
from typing import assert_never

import orjson

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
from router_core.wire.gemini.errors import encode_error
from router_core.wire.gemini.fields import own
from router_core.wire.gemini.frames import FrameReader
from router_core.wire.gemini.json_array import ArraySplitter
from router_core.wire.gemini.logprobs import write_logprobs
from router_core.wire.gemini.response import Ending, is_blocked, usage_metadata
from router_core.wire.model import Block, Citation, JsonObject, Proof, Refusal, Text, Thinking, ToolCall, WireFault
from router_core.wire.proof import for_client
from router_core.wire.sse import RecordSplitter, records

FRAME_LIMIT = 64 * 1024 * 1024
MAX_ARGUMENTS_CHARS = FRAME_LIMIT
_UNREADABLE = WireFault(502, "server", "Gemini's stream holds something that is no JSON.")
_TOO_LONG = WireFault(502, "server", "Gemini's stream holds a frame that is longer than this router keeps.")


class GeminiStreamDecoder:
    """Bytes of a stream → events."""

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._sse = RecordSplitter(FRAME_LIMIT)
        self._array: ArraySplitter | None = None
        self._undecided = True
        self._closed = False

    def feed(self, chunk: bytes) -> Sequence[Event]:
        out: list[Event] = []
        if self._reader.ended or self._closed:
            return out
        if self._undecided:
            chunk = chunk.lstrip()
            if not chunk:
                return out
            self._undecided = False
            if chunk[:1] in b"[{":
                self._array = ArraySplitter(FRAME_LIMIT)
        if self._array is not None:
            try:
                elements = self._array.feed(chunk)
            except ValueError:
                self._reader.fail(_TOO_LONG, out)
                return out
            for element in elements:
                self._data(element, out)
        elif complete := self._sse.feed(chunk):
            self._records(complete, out)
        return out

    def close(self) -> Sequence[Event]:
        out: list[Event] = []
        if self._closed:
            return out
        self._closed = True
        if self._array is None:
            rest = self._sse.close()
            if rest.rstrip().endswith(b"}"):  # a last record may lack its blank line; half a record is none
                self._records(rest, out)
        self._reader.close(out)
        return out

    def _records(self, complete: bytes, out: list[Event]) -> None:
        for record in records(complete):
            if record.data and record.data != b"[DONE]":  # some gateways end every stream in OpenAI's way
                self._data(record.data, out)

    def _data(self, data: bytes, out: list[Event]) -> None:
        try:
            frame = orjson.loads(data)
        except orjson.JSONDecodeError:
            self._reader.fail(_UNREADABLE, out)
            return
        for one in frame if isinstance(frame, list) else (frame,):
            self._reader.frame(one, out)


class GeminiStreamEncoder:
    """Events → the frames of an event stream."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._tail: JsonObject = {}
        self._said: JsonObject = {}
        self._open: Block | None = None
        self._text: list[str] = []
        self._chars = 0
        self._citations: list[Citation] = []
        self._proof: Proof | None = None
        self._ending = Ending()
        self._ended = False

    def send(self, event: Event) -> bytes:
        if self._ended:
            return b""
        match event:
            case Delta():
                return self._delta(event)
            case BlockStart(block=block):
                return self._start(block)
            case BlockStop():
                return self._stop()
            case ProofDelta(proof=proof):
                return self._sign(proof)
            case CitationDelta(citation=citation):
                self._citations.append(citation)
                return b""
            case MessageStart():
                self._begin(event)
                return b""
            case MessageStop():
                self._ended = True
                return self._end(event)
            case StreamError(fault=fault):
                return self._fail(fault)
            case KeepAlive():
                return b""
            case _:
                assert_never(event)

    def _frame(self, frame: JsonObject) -> bytes:
        return b"data: " + orjson.dumps(frame) + b"\r\n\r\n"

    def _last(self) -> bytes:
        return b""

    def _parts(self, parts: list[JsonObject]) -> bytes:
        return self._frame({"candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0}], **self._tail})

    def _begin(self, event: MessageStart) -> None:
        self._said = own(event.extras)
        known = event.usage
        prompt = self._answering.input_tokens
        if known is not None and known.input_tokens is not None:
            prompt = int(usage_metadata(known)["promptTokenCount"])
        self._tail = {
            "usageMetadata": {"promptTokenCount": prompt, "totalTokenCount": prompt},
            "modelVersion": self._answering.model,
            "responseId": event.id or self._answering.minting.id(""),
        }

    def _start(self, block: Block) -> bytes:
        self._open, self._text, self._citations, self._proof = block, [], [], None
        self._chars = 0
        match block:
            case Text(text=text, proof=proof) | Thinking(text=text, proof=proof):
                out = self._delta(Delta(text)) if text else b""
                return out + (self._sign(proof) if proof else b"")
            case Refusal(text=text):
                return self._delta(Delta(text)) if text else b""
            case ToolCall(arguments=arguments):
                self._text.append(arguments)
                return b""
        parts = self._ending.parts(block)
        return self._parts(parts) if parts else b""

    def _delta(self, event: Delta) -> bytes:
        block, text = self._open, event.text
        if isinstance(block, ToolCall):
            self._chars += len(text)
            if self._chars > MAX_ARGUMENTS_CHARS:
                return self._fail(WireFault(502, "server", "the arguments of a call are longer than this router keeps"))
            self._text.append(text)
            return b""
        if isinstance(block, Thinking):
            return self._parts([{"text": text, "thought": True}]) if text else b""
        if isinstance(block, Refusal) and "gemini" in block.extras:
            return b""  # words that stand for Gemini's own finish reason
        self._text.append(text)
        candidate: JsonObject = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
        if event.logprobs:
            candidate["logprobsResult"] = write_logprobs(event.logprobs)
        elif not text:
            return b""
        return self._frame({"candidates": [candidate], **self._tail})

    def _sign(self, proof: Proof) -> bytes:
        if isinstance(self._open, ToolCall):
            self._proof = proof
            return b""
        part: JsonObject = {"text": "", "thoughtSignature": for_client(proof, "gemini")}
        if isinstance(self._open, Thinking):
            part["thought"] = True
        return self._parts([part])

    def _stop(self) -> bytes:
        block, self._open = self._open, None
        if isinstance(block, ToolCall):
            call = ToolCall(
                block.id,
                block.name,
                "".join(self._text),
                block.custom,
                block.namespace,
                self._proof or block.proof,
                extras=block.extras,
            )
            part = self._ending.call(call)
            return self._parts([part]) if part else b""
        if isinstance(block, Text):
            self._ending.text(Text("".join(self._text), citations=(*block.citations, *self._citations)))
        return b""

    def _end(self, event: MessageStop) -> bytes:
        said = {**self._said, **own(event.extras)}
        usage = said.pop("usageMetadata", None) or usage_metadata(event.usage)
        more = said.pop("candidate", None) or {}
        fields = self._ending.fields(event.stop, str(said.pop("finishReason", "") or ""))
        # an SDK's chat forgets a turn in which a frame had no part at all
        content = {"parts": [{"text": ""}], "role": "model"}
        candidate = {"content": content, **fields, "index": 0, **more}
        frame: JsonObject = {"candidates": [candidate], **self._tail, "usageMetadata": usage, **said}
        if is_blocked(said):
            del frame["candidates"]
        return self._frame(frame) + self._last()

    def _fail(self, fault: WireFault) -> bytes:
        self._ended = True
        return self._frame(encode_error(fault)[1]) + self._last()


class ArrayStreamEncoder(GeminiStreamEncoder):
    """Events → one JSON array, for clients that called `streamGenerateContent` without `alt=sse`."""

    _separator = b"["

    def _frame(self, frame: JsonObject) -> bytes:
        separator, self._separator = self._separator, b",\r\n"
        return separator + orjson.dumps(frame)

    def _last(self) -> bytes:
        return b"]\n"
