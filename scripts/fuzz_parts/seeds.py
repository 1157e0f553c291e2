"""What is damaged: the requests and streams of the codecs' own tests, and the answers that the streams add up to.

They are taken from the tests, so a form that a codec learns is fuzzed from the day its fixture is there.
"""
# ruff: noqa: TID251 - a tool of the tests, not a part of the program that they test

from functools import cache
from typing import get_args

import orjson

from router_core.wire.codec import Answering, CountedMinting, codec
from router_core.wire.events import StreamFailed, fold
from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject, Request
from tests.router_core.wire.anthropic.samples import REQUESTS as ANTHROPIC
from tests.router_core.wire.gemini.samples import REQUESTS as GEMINI
from tests.router_core.wire.golden import golden_streams
from tests.router_core.wire.openai_chat.bodies import AS_WRITTEN
from tests.router_core.wire.openai_responses.cases import fixture, fixtures

FORMATS: tuple[FormatName, ...] = get_args(FormatName)
_LARGEST_BYTES = 30_000
"""Larger ones would cost the time of many small ones and show nothing else."""


@cache
def requests(format: FormatName) -> list[bytes]:
    """Request bodies as JSON text."""
    bodies: list[JsonObject]
    match format:
        case "anthropic":
            bodies = list(ANTHROPIC.values())
        case "gemini":
            bodies = list(GEMINI.values())
        case "openai-chat":
            bodies = [body for _, body in AS_WRITTEN.values()]
        case "openai-responses":
            bodies = [fixture(name) for name in fixtures()]
    return [text for body in bodies if len(text := orjson.dumps(body)) <= _LARGEST_BYTES]


@cache
def streams(format: FormatName) -> list[bytes]:
    """Event streams, line ends as `\\n`."""
    found = [case.stream for case in golden_streams() if case.format == format]
    lines = [stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n") for stream in found]
    return [stream for stream in lines if 0 < len(stream) <= _LARGEST_BYTES]


@cache
def answers(format: FormatName) -> list[bytes]:
    """Whole answers as JSON text: each stream, of any format, folded and said in this one."""
    out = []
    for source in FORMATS:
        for stream in streams(source):
            decoder = codec(source).stream_decoder()
            try:
                response = fold([*decoder.feed(stream), *decoder.close()])
            except StreamFailed:
                continue
            out.append(orjson.dumps(codec(format).encode_response(response, answering())))
    return out


@cache
def errors(format: FormatName) -> list[bytes]:
    """Error bodies as JSON text."""
    bodies = [
        {"error": {"message": "Rate limit reached", "type": "rate_limit_error", "code": "x", "param": None}},
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "r"},
        {"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED", "details": [{"@type": "x"}]}},
        {"error": {"message": "This model's maximum context length is 5 tokens", "code": "context_length_exceeded"}},
        {"error": {"message": "prompt is too long: 210000 tokens > 200000 maximum", "type": "invalid_request_error"}},
        {"detail": "Unauthorized"},
        {"error": "plain words", "status": 500},
    ]
    return [orjson.dumps(body) for body in bodies]


def answering() -> Answering:
    return Answering(Request("asked", ()), "asked", CountedMinting(), 7)
