"""An answer as it was kept, put together again to be read: its words, its thinking, each tool call, how it ended.

The bytes are read by the codec of their format, as a client would; what is cut, broken or no answer at all is told as
that, with as much of it as can be read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, assert_never

import orjson

from router_core.errors import WireError
from router_core.trace.record import Usage
from router_core.trace.stream_records import is_stream
from router_core.wire.codec import codec
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
    unfold,
)
from router_core.wire.format import FormatName
from router_core.wire.google_envelope import Unwrapper, unwrap
from router_core.wire.model import (
    Block,
    Media,
    Opaque,
    Refusal,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)

Kind = Literal["text", "thinking", "tool_call", "refusal", "search", "media", "other", "error"]
_CUT = "the rest was not kept"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an answer, in the order it came.

    Args:
        text: the words; of a tool call its arguments as the model wrote them.
        title: the tool's name; what kind of thing another part is.
    """

    kind: Kind
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class AnswerText:
    """What was answered.

    Args:
        stop: why the model stopped, in the router's own words for it; "" when the end is not there.
        unread: why some or all of it cannot be read; "" when it is whole.
    """

    parts: tuple[Part, ...] = ()
    model: str = ""
    stop: str = ""
    usage: Usage | None = None
    unread: str = ""

    @property
    def words(self) -> str:
        """What it said, without thinking and calls."""
        return "\n\n".join(part.text for part in self.parts if part.kind in ("text", "refusal") and part.text)


def answer_text(
    content: bytes, format: FormatName, *, content_type: str = "", truncated: bool = False, status: int = 200
) -> AnswerText:
    """Read a kept answer. Never fails.

    Args:
        content: decompressed; event stream or JSON.
        truncated: only the beginning was kept.
        status: of the answer; from 400 on it is read as an error.
    """
    if not content.strip():
        return AnswerText(unread="there was no body")
    if is_stream(content, content_type):
        return _streamed(content, format, truncated)
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return AnswerText(unread=_CUT if truncated else "it is not JSON")
    if isinstance(value, list):  # Gemini's stream without `alt=sse` is one array of frames
        frames = b"".join(b"data: " + orjson.dumps(frame) + b"\n\n" for frame in value)
        return _streamed(frames, format, truncated)
    if not isinstance(value, dict):
        return AnswerText(unread="it is no JSON object")
    if status >= 400 or value.get("error") or value.get("type") == "error":  # OpenAI's Responses say `"error": null`
        fault = codec(format).decode_error(status if status >= 400 else 500, value, "")
        return AnswerText((Part("error", fault.message, fault.code or fault.kind),))
    try:
        response = codec(format).decode_response(orjson.loads(unwrap(content)))
    except (WireError, ValueError, TypeError, KeyError, AttributeError) as error:
        return AnswerText(unread=f"it is no answer of the format {format}: {error}")
    return _put_together(unfold(response), "")


def _streamed(content: bytes, format: FormatName, truncated: bool) -> AnswerText:
    decoder, unwrapper = codec(format).stream_decoder(), Unwrapper()
    wrapped = format == "gemini" and b'"response":' in content[:200]
    events: list[Event] = []
    try:
        plain = unwrapper.feed(content) + unwrapper.close() if wrapped else content
        events += decoder.feed(plain)
        events += decoder.close()
    except (WireError, ValueError, TypeError, KeyError, AttributeError) as error:
        return _put_together(events, f"the rest is no stream of the format {format}: {error}")
    if truncated:  # its end is missing here, not in the answer
        events = [event for event in events if not isinstance(event, StreamError)]
    return _put_together(events, _CUT if truncated else "")


def _put_together(events: Iterable[Event], unread: str) -> AnswerText:
    parts: list[Part] = []
    model, stop, usage = "", "", None
    block: Block | None = None
    more: list[str] = []
    for event in events:
        match event:
            case MessageStart():
                model = event.model
            case BlockStart():
                block, more = event.block, []
            case Delta(text=text):
                more.append(text)
            case BlockStop():
                if block is not None:
                    parts.append(part_of(block, "".join(more)))
                block = None
            case MessageStop():
                stop, usage = event.stop, event.usage
            case StreamError(fault=fault):
                if block is not None:
                    parts.append(part_of(block, "".join(more)))
                    block = None
                parts.append(Part("error", fault.message, fault.code or fault.kind))
            case KeepAlive() | ProofDelta() | CitationDelta():
                pass
            case _:
                assert_never(event)
    if block is not None:  # cut within it
        parts.append(part_of(block, "".join(more)))
    return AnswerText(tuple(parts), model, stop, usage, unread)


def part_of(block: Block, more: str = "") -> Part:
    """One block of a message as something to read.

    Args:
        more: what came of it after its beginning.
    """
    match block:
        case Text():
            return Part("text", block.text + more)
        case Refusal():
            return Part("refusal", block.text + more)
        case Thinking():
            hidden = "(withheld)" if block.redacted else ""
            return Part("thinking", block.text + more or hidden)
        case ToolCall():
            return Part("tool_call", block.arguments + more, block.name)
        case ServerCall():
            return Part("search", block.query, "web search")
        case ServerResult():
            found = "\n".join(f"{hit.title}  {hit.url}".strip() for hit in block.hits)
            return Part("search", found or block.error, f"{len(block.hits)} found")
        case ToolResult():
            inner = [part_of(each) for each in block.content]
            return Part("other", "\n".join(each.text for each in inner), "tool result")
        case Media():
            size = f", {len(block.data) * 3 // 4:,} bytes" if block.data else ""
            return Part("media", block.url or block.name, f"{block.media_type or block.kind}{size}")
        case Opaque():
            return Part("other", orjson.dumps(block.value).decode(), str(block.value.get("type", "block")))
        case _:
            assert_never(block)


def in_short(parts: Sequence[Part]) -> str:
    """One line: the first words, else the calls that it made."""
    words = next((part.text for part in parts if part.kind in ("text", "refusal") and part.text.strip()), "")
    calls = [call_in_short(part) for part in parts if part.kind == "tool_call"]
    faults = [f"{part.title}: {part.text}" for part in parts if part.kind == "error"]
    said = " ".join(words.split())
    return " → ".join(filter(None, (said, ", ".join(calls), "; ".join(faults))))


def call_in_short(part: Part) -> str:
    """`Read(src/clock.py)`: a call with the one argument that tells most."""
    try:
        arguments: Any = orjson.loads(part.text)
    except orjson.JSONDecodeError:
        return f"{part.title}()"
    if not isinstance(arguments, dict):
        return f"{part.title}()"
    told = next((value for value in arguments.values() if isinstance(value, str) and value.strip()), "")
    one = " ".join(told.split())
    return f"{part.title}({one if len(one) <= 48 else one[:47] + '…'})"
