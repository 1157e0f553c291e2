"""Anything at all, as a request, an answer, or a stream: only defined errors, and bounded work."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router_core.errors import WireError
from router_core.wire.events import Event, MessageStop, StreamError, StreamFailed, fold
from router_core.wire.gemini import CODEC, decode_count
from tests.router_core.wire.gemini.samples import GOLDEN, NEW, OLD, REQUESTS, answering, target

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def defined(status: int, function: Callable[..., Any], *arguments: Any) -> Any:
    """What it gives; None when it refuses with the one error that it may raise."""
    try:
        return function(*arguments)
    except WireError as error:
        if error.status != status:
            raise AssertionError(f"{error.status} instead of {status}") from error
        return None


def spoiled(value: Any, chance: random.Random, instead: Any) -> Any:
    """The value with something in it replaced, now and then."""
    if chance.random() < 0.06:
        return instead
    if isinstance(value, dict):
        return {key: spoiled(inner, chance, instead) for key, inner in value.items() if chance.random() > 0.03}
    if isinstance(value, list):
        return [spoiled(inner, chance, instead) for inner in value]
    return value


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(REQUESTS)), st.integers(0, 10**6), json_values)
def test_a_spoiled_request_is_read_or_refused(name: str, seed: int, instead: Any) -> None:
    body = spoiled(REQUESTS[name], random.Random(seed), instead)
    if not isinstance(body, dict):
        return
    for decode in (CODEC.decode_request, decode_count):
        request = defined(400, decode, body)
        for model in (NEW, OLD) if request else ():
            defined(400, CODEC.encode_request, request, target(model))


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(case.name for case in GOLDEN.iterdir())), st.integers(0, 10**6), json_values)
def test_a_spoiled_stream_ends_in_one_terminal_event(name: str, seed: int, instead: Any) -> None:
    chance = random.Random(seed)
    stream = (GOLDEN / name / "stream.sse").read_bytes()
    frames = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith(b"data: {")]
    frames = [spoiled(frame, chance, instead) for frame in frames]
    text = b"".join(b"data: " + json.dumps(frame).encode() + b"\r\n\r\n" for frame in frames)
    ended = run(text)
    array = run(json.dumps(frames).encode())
    if frames and all(isinstance(frame, dict) for frame in frames):
        assert type(array) is type(ended)
    for frame in frames:
        if isinstance(frame, dict) and (answer := defined(502, CODEC.decode_response, frame)):
            CODEC.encode_response(answer, answering())
            CODEC.decode_error(400, frame, "")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 3))
def test_bytes_that_are_no_stream(noise: bytes, at: int) -> None:
    stream = (GOLDEN / "tool_call" / "stream.sse").read_bytes()
    place = at * len(stream) // 3
    run(noise)
    run(stream[:place] + noise + stream[place:])


def run(stream: bytes) -> Event:
    """The stream decoded; its only terminal event."""
    decoder = CODEC.stream_decoder()
    events = [*decoder.feed(stream), *decoder.close(), *decoder.feed(stream), *decoder.close()]
    assert [event for event in events if isinstance(event, MessageStop | StreamError)] == events[-1:]
    try:
        answer = fold(events)
    except StreamFailed:
        pass
    else:
        CODEC.encode_response(answer, answering())
    encoder = CODEC.stream_encoder(answering())
    assert b"".join(encoder.send(event) for event in events).endswith(b"\r\n\r\n")
    return events[-1]


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("levels", [300, 900, 20_000])
def test_deep_nesting_is_a_defined_error_or_none(levels: int) -> None:
    part = {"functionCall": {"name": "f", "args": {"a": deep(levels)}}}
    schema = {"type": "object", "properties": {"a": deep(levels)}}
    for body in (
        {"contents": [{"role": "model", "parts": [part]}]},
        {
            "contents": [{"parts": [{"text": "x"}]}],
            "tools": [{"functionDeclarations": [{"name": "f", "parameters": schema}]}],
        },
    ):
        if request := defined(400, CODEC.decode_request, body):
            defined(400, CODEC.encode_request, request, target(OLD))


def test_arguments_with_numbers_beyond_64_bits_stay_as_they_are() -> None:
    part = {"functionCall": {"name": "f", "args": {"n": 2**80, "s": "\ud800"}}}
    (call,) = CODEC.decode_request({"contents": [{"role": "model", "parts": [part]}]}).messages[0].blocks
    assert json.loads(getattr(call, "arguments", "")) == {"n": 2**80, "s": "\ud800"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"contents": 5}, "contents"), ({"contents": [5]}, "contents[0]"),
        ({"contents": [{"role": "system", "parts": []}]}, "contents[0].role"),
        ({"contents": [{"parts": [{"text": 5}]}]}, "contents[0].parts[0].text"),
        ({"contents": [{"parts": [{"functionCall": {}}]}]}, "contents[0].parts[0].functionCall.name"),
        ({"contents": [{"parts": [{"functionCall": {"name": "f", "args": "x"}}]}]},
         "contents[0].parts[0].functionCall.args"),
        ({"contents": [], "generationConfig": {"topP": "x"}}, "generationConfig.topP"),
        ({"contents": [], "generationConfig": {"maxOutputTokens": 1.5}}, "generationConfig.maxOutputTokens"),
        ({"contents": [], "tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name"),
        ({"contents": [], "toolConfig": {"functionCallingConfig": {"mode": "x"}}},
         "toolConfig.functionCallingConfig.mode"),
        ({"contents": [], "systemInstruction": {"parts": [{"functionCall": {"name": "f"}}]}},
         "systemInstruction.parts[0]"),
        ({"contents": [], "model": 5}, "model"), ({"contents": [], "stream": 5}, "stream"),
    ],
)  # fmt: skip
def test_the_field_at_fault_is_named(body: dict[str, Any], param: str) -> None:
    with pytest.raises(WireError) as refused:
        CODEC.decode_request(body)
    assert (refused.value.status, refused.value.param) == (400, param)
