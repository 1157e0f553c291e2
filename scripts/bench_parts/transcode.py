"""What translation costs: CPU per streamed event, and per request of a megabyte, for each pair of formats.

In process and on one core: no network stands between. The yardsticks are those that everybody has: parsing and dumping
the same events with orjson, and the same request with Python's own json.
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import orjson

from router_core.trace.record import Usage
from router_core.wire.codec import Answering, Codec, CountedMinting, Encoded, Target, codec
from router_core.wire.events import BlockStart, BlockStop, Delta, Event, MessageStart, MessageStop
from router_core.wire.format import FormatName
from router_core.wire.json_bytes import json_bytes
from router_core.wire.model import Block, FunctionTool, Message, Request, Text, Thinking, ToolCall, ToolResult
from router_core.wire.sse import records
from router_core.wire.transcode import StreamTranscoder

FORMATS: tuple[FormatName, ...] = get_args(FormatName)
CROSS = [(provider, client) for provider in FORMATS for client in FORMATS if provider != client]
TARGETS: dict[FormatName, Target] = {
    "anthropic": Target("claude", "anthropic", "claude-opus-4-8", "api.anthropic.com"),
    "openai-chat": Target("openai", "openai", "gpt-4o", "api.openai.com"),
    "openai-responses": Target("openai", "openai", "gpt-5.5", "api.openai.com"),
    "gemini": Target("gemini", "gemini", "gemini-3.5-flash", "generativelanguage.googleapis.com"),
}
MB = 1024 * 1024


@dataclass(frozen=True)
class Cost:
    """Of one pair."""

    provider: FormatName
    client: FormatName
    us: float
    """CPU per event, or per request."""
    yardstick_us: float

    @property
    def ratio(self) -> float:
        return self.us / self.yardstick_us


def per_event(rounds: int) -> list[Cost]:
    """Added CPU per event of the provider's stream, each event fed as it arrives; the best of some rounds."""
    return [_event_cost(codec(provider), codec(client), rounds) for provider, client in CROSS]


def per_request(rounds: int, size: int = MB, *, small: bool = False) -> list[Cost]:
    """A client's request of about `size` bytes → the provider's, bytes to bytes; the best of some rounds.

    Args:
        small: messages of a line each, the worst case; else what a coding tool sends after an hour.
    """
    bodies = {client: _request_body(client, size, small) for client in FORMATS}
    return [_request_cost(provider, client, bodies[client], rounds) for provider, client in CROSS]


def median_us(costs: list[Cost]) -> float:
    return statistics.median(cost.us for cost in costs)


def _event_cost(provider: Codec, client: Codec, rounds: int) -> Cost:
    encoder = provider.stream_encoder(_answering())
    stream = b"".join(encoder.send(event) for event in _turn())
    end = b"\r\n\r\n" if b"\r\n\r\n" in stream else b"\n\n"
    events = [event + end for event in stream.split(end) if event]
    parts = [record.data for event in events for record in records(event.replace(b"\r\n", b"\n"))]
    values = [data for data in parts if data != b"[DONE]"]

    def transcode() -> None:
        transcoder = StreamTranscoder(provider, client, Encoded({}), _answering())
        for event in events:
            transcoder.feed(event)
        transcoder.close()

    def parse_and_dump() -> None:
        for value in values:
            orjson.dumps(orjson.loads(value))

    ours, theirs = _best_us(transcode, rounds), _best_us(parse_and_dump, rounds)
    return Cost(provider.name, client.name, ours / len(events), theirs / len(values))


def _request_cost(provider: FormatName, client: FormatName, body: bytes, rounds: int) -> Cost:
    def translate() -> None:
        request = codec(client).decode_request(orjson.loads(body))
        json_bytes(codec(provider).encode_request(request, TARGETS[provider]).body)

    def parse_and_dump() -> None:
        json.dumps(json.loads(body))

    return Cost(provider, client, _best_us(translate, rounds), _best_us(parse_and_dump, rounds))


def _best_us(work: Callable[[], None], rounds: int) -> float:
    work()
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best * 1e6


def _answering() -> Answering:
    return Answering(Request("asked", ()), "asked", CountedMinting())


def _turn() -> list[Event]:
    """A turn of a coding tool: some thinking, an explanation, an edit."""

    def block(start: Block, pieces: list[str]) -> list[Event]:
        return [BlockStart(start), *(Delta(piece) for piece in pieces), BlockStop()]

    edit = json.dumps({"path": "a.py", "text": "def f():\n    return 'ü'\n" * 60}, ensure_ascii=False)
    return [
        MessageStart("r_1", "upstream"),
        *block(Thinking(), [f"thought {n}, " for n in range(60)]),
        *block(Text(""), [f"word {n} \n" for n in range(240)]),
        *block(ToolCall("call_1", "edit"), [edit[at : at + 12] for at in range(0, len(edit), 12)]),
        MessageStop("tool_use", Usage(1000, 500, 200)),
    ]


def _request_body(client: FormatName, size: int, small: bool) -> bytes:
    """A long conversation of a coding tool in the client's format: files read, edits made, thirty tools."""
    schema = {
        "type": "object",
        "properties": {f"p{n}": {"type": "string", "description": "what it is for " * 3} for n in range(8)},
    }
    tools = tuple(FunctionTool(f"tool_{n}", "does this and that " * 20, schema) for n in range(30))
    lines = 2 if small else 60
    source = "".join(f"    def method_{n}(self) -> str:\n        return 'ü \"{n}\"'\n\n" for n in range(lines))
    arguments = json.dumps({"path": "/src/a.py", "text": source[:600]})
    turns: list[Message] = []
    made = 0
    while made < size:
        n = len(turns)
        calls = tuple(ToolCall(f"call_{n}_{at}", "tool_1", arguments) for at in range(2))
        results = tuple(ToolResult(call.id, (Text(source),)) for call in calls)
        turns += [
            Message("user", (Text(f"Please change method {n}, and look at the others."),)),
            Message("assistant", (Text("I will look at it first. " * (1 if small else 8)), *calls)),
            Message("user", results),
            Message("assistant", (Text("It is done now, as you wished. " * (1 if small else 8)),)),
        ]
        made += 2 * len(source) + 2 * len(arguments) + 500
    turns.append(Message("user", (Text("Thank you. Go on."),)))
    request = Request("m", tuple(turns), (Text("You are a coding tool. " * 400),), tools, max_tokens=8000)
    return orjson.dumps(codec(client).encode_request(request, TARGETS[client]).body | {"model": "m"})
