"""A provider's Messages stream → neutral events.

    message_start (ping)* ( content_block_start content_block_delta* content_block_stop )* message_delta message_stop

Text, thinking and tool input go on as they come. Blocks that only make sense whole (searches, and kinds that no other
format knows) are gathered first. Compatible providers are forgiven what loses nothing: a missing `message_start`, a
missing `content_block_stop`, text without a start, input given at the start instead of in deltas.
"""

from typing import Any

import orjson

from router_core.errors import WireError
from router_core.trace.record import Usage
from router_core.wire.anthropic.decode_blocks import decode_block, decode_citation, text_extras
from router_core.wire.anthropic.errors import decode_error
from router_core.wire.anthropic.reading import (
    FORMAT,
    Place,
    as_object,
    filled,
    needed,
    parsed_arguments,
    rest,
    text,
    written,
)
from router_core.wire.anthropic.response import explained, message_extras, stop_of, tier_of
from router_core.wire.anthropic.usage_out import unknown_usage
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
from router_core.wire.model import JsonObject, Proof, Text, Thinking, ToolCall, WireFault
from router_core.wire.sse import RecordSplitter, records
from router_core.wire.usage import read_usage

LIMIT_BYTES = 64 * 1024 * 1024
"""The most that one block may make us keep."""

_EARLY = "the provider closed the stream before the answer was complete"
_TOOL = frozenset({"type", "id", "name", "input", "cache_control"})
_THINKING = frozenset({"type", "thinking", "signature"})
_AT = Place("stream", 502)


class AnthropicDecoder:
    """Args:
    limit_bytes: the most that one block may make us keep.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._splitter = RecordSplitter(limit_bytes)
        self._limit = limit_bytes
        self._out: list[Event] = []
        self._started = False
        self._ended = False
        self._kind = ""
        """Of the open block: text, thinking, tool_use, whole; "" when none is open."""
        self._index: Any = None
        self._closed: set[int] = set()
        """Indexes of blocks that have ended."""
        self._raw: JsonObject = {}
        """The open block as it will have been on the wire, for those that are gathered."""
        self._parts: list[str] = []
        """Thoughts or input of the open block, as far as they are kept."""
        self._kept_bytes = 0
        self._given = ""
        """Input that stood in the start of a tool call, mostly `{}`; it counts when no deltas come."""
        self._calls = False
        self._usage = Usage()
        self._usage_more: JsonObject = {}
        self._tier: str | None = None
        self._extras: JsonObject = {}
        self._stop = ""
        self._stop_sequence: str | None = None

    def feed(self, chunk: bytes) -> list[Event]:
        if self._ended:
            return []
        complete = self._splitter.feed(chunk)
        return self._records(complete) if complete else []

    def close(self) -> list[Event]:
        if self._ended:
            return []
        out = self._records(self._splitter.close())
        if not self._ended:
            self._ended = True
            out.append(StreamError(WireFault(502, "server", _EARLY)))
        return out

    def _records(self, complete: bytes) -> list[Event]:
        self._out = []
        for record in records(complete):
            if not record.data:
                continue
            try:
                self._one(orjson.loads(record.data))
            except orjson.JSONDecodeError:
                self._fail(WireFault(502, "server", "the provider sent an event that is not JSON"))
            except WireError as error:
                self._fail(WireFault(502, "server", f"the provider sent a malformed event: {error.message}"))
            if self._ended:
                break
        return self._out

    def _fail(self, fault: WireFault) -> None:
        self._ended = True
        self._out.append(StreamError(fault))

    def _one(self, event: Any) -> None:
        if not isinstance(event, dict):
            raise _AT.wrong("expected an object")
        match event.get("type"):
            case "content_block_delta":
                self._delta(event)
            case "content_block_start":
                self._block_start(event)
            case "content_block_stop":
                self._block_stop()
            case "ping":
                self._out.append(KeepAlive())
            case "message_start":
                self._message_start(as_object(event.get("message"), _AT.at("message")))
            case "message_delta":
                self._message_delta(event)
            case "message_stop":
                self._message_stop()
            case "error":
                self._fail(decode_error(200, event, ""))
            case None if "error" in event:  # compatible providers forget the type
                self._fail(decode_error(200, event, ""))
            case _:
                pass  # new kinds of events are to be ignored, says Anthropic

    def _message_start(self, message: JsonObject) -> None:
        if self._started:
            return
        self._started = True
        usage = message.get("usage")
        self._take_usage(usage)
        known = Usage()
        read_usage(FORMAT, usage, known)
        self._extras = dict(message_extras(message, {}).get(FORMAT, {}))
        start = MessageStart(
            text(message, "id", _AT), text(message, "model", _AT), None, known if usage else None, self._tier
        )
        self._out.append(start)

    def _begin(self) -> None:
        if not self._started:
            self._started = True
            self._out.append(MessageStart("", ""))

    def _block_start(self, event: JsonObject) -> None:
        self._begin()
        self._block_stop()
        block = as_object(event.get("content_block"), _AT.at("content_block"))
        here = _AT.at("content_block")
        self._index, self._parts, self._kept_bytes, self._given = event.get("index"), [], 0, ""
        match block.get("type"):
            case "text":
                self._open("text", Text(text(block, "text", here), extras=text_extras(block, here, {})))
            case "thinking":
                thought = text(block, "thinking", here)
                self._raw = {**block, "signature": text(block, "signature", here)}
                self._parts = [thought]
                self._open("thinking", Thinking(thought, extras=rest(block, _THINKING)))
            case "tool_use":
                given = as_object(block.get("input") or {}, here.at("input"))
                self._given = written(given, here.at("input"))
                call = ToolCall(needed(block, "id", here), filled(block, "name", here), extras=rest(block, _TOOL))
                self._calls = True
                self._open("tool_use", call)
            case str():
                self._raw = dict(block)
                self._kind = "whole"
            case _:
                raise here.at("type").wrong("expected the kind of the block")

    def _open(self, kind: str, block: Text | Thinking | ToolCall) -> None:
        self._kind = kind
        self._out.append(BlockStart(block))

    def _delta(self, event: JsonObject) -> None:
        delta = event.get("delta")
        if not isinstance(delta, dict):
            raise _AT.at("delta").wrong("expected an object")
        kind, index = delta.get("type"), event.get("index")
        if index != self._index and isinstance(index, int) and index in self._closed:
            raise _AT.at("index").wrong(f"block {index} has ended already")
        if kind == "text_delta":
            self._need("text")
            self._word(delta.get("text"), "text")
        elif kind == "input_json_delta":
            if self._kind not in ("tool_use", "whole"):
                raise _AT.at("delta").wrong("tool input outside a tool call")
            self._word(delta.get("partial_json"), "partial_json")
        elif kind == "thinking_delta":
            self._need("thinking")
            self._word(delta.get("thinking"), "thinking")
        elif kind == "signature_delta":
            self._need("thinking")
            if self._kind == "thinking":  # a block that came whole has its own
                self._raw["signature"] += text(delta, "signature", _AT)
        elif kind == "citations_delta":
            citation = decode_citation(delta.get("citation"), _AT.at("citation"))
            if self._kind == "text":
                self._out.append(CitationDelta(citation))

    def _need(self, kind: str) -> None:
        """Words without a start begin a block; words of another kind end the open one first."""
        if self._kind == kind or self._kind == "whole":
            return
        self._begin()
        self._block_stop()
        self._parts, self._kept_bytes = [], 0
        if kind == "thinking":
            self._raw = {"type": "thinking", "signature": ""}
        self._open(kind, Text("") if kind == "text" else Thinking())

    def _word(self, value: Any, key: str) -> None:
        if not isinstance(value, str):
            raise _AT.at(f"delta.{key}").wrong("expected a string")
        kind = self._kind
        if kind == "thinking" or kind == "whole":
            self._kept_bytes += len(value)
            if self._kept_bytes > self._limit:
                raise _AT.wrong(f"a block longer than {self._limit} bytes")
            self._parts.append(value)
            if kind == "whole":
                return
        elif kind == "tool_use" and value:
            self._given = ""  # the deltas say it, again or instead
        if value:
            self._out.append(Delta(value))

    def _block_stop(self) -> None:
        kind = self._kind
        if not kind:
            return
        self._kind = ""
        if isinstance(self._index, int):
            self._closed.add(self._index)
        self._index = None
        if kind == "whole":
            block = self._raw
            if self._parts:
                block = {**block, "input": parsed_arguments("".join(self._parts))}
                if block["input"] is None:
                    raise _AT.at("content_block").wrong("its input is not a JSON object")
            self._out.append(BlockStart(decode_block(block, _AT.at("content_block"))))
        elif kind == "thinking":
            signature = text(self._raw, "signature", _AT)
            if signature:
                whole = {**self._raw, "thinking": "".join(self._parts)}
                self._out.append(ProofDelta(Proof(FORMAT, signature, whole)))
        elif self._given:
            self._out.append(Delta(self._given))
        self._out.append(BlockStop())

    def _message_delta(self, event: JsonObject) -> None:
        self._take_usage(event.get("usage"))
        delta = as_object(event.get("delta") or {}, _AT.at("delta"))
        self._stop = text(delta, "stop_reason", _AT) or self._stop
        self._stop_sequence = text(delta, "stop_sequence", _AT) or self._stop_sequence
        self._extras.update(message_extras(delta, {}).get(FORMAT, {}))
        if event.get("context_management") is not None:
            self._extras["context_management"] = event["context_management"]

    def _message_stop(self) -> None:
        self._begin()
        self._block_stop()
        self._ended = True
        if self._usage_more:
            self._extras["usage"] = self._usage_more
        stop = stop_of(self._stop, self._calls)
        if why := explained(stop, self._extras.get("stop_details")):
            self._out += [BlockStart(why), BlockStop()]
        self._out.append(
            MessageStop(
                stop,
                self._usage,
                self._stop_sequence,
                self._tier,
                {FORMAT: self._extras} if self._extras else {},
            )
        )

    def _take_usage(self, usage: Any) -> None:
        """The latest value of each field counts: it is cumulative."""
        read_usage(FORMAT, usage, self._usage)
        self._usage_more.update(unknown_usage(usage))
        self._tier = tier_of(usage) or self._tier
