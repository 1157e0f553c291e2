"""Bodies and streams with anything in them: only defined errors."""

import contextlib
import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router_core.errors import WireError
from router_core.trace.record import Usage
from router_core.wire.codec import Target
from router_core.wire.events import BlockStop, Event, MessageStop, StreamError, StreamFailed, fold, unfold
from router_core.wire.model import Proof, Response, Text, Thinking, ToolCall
from router_core.wire.openai_responses.codec import CODEC
from router_core.wire.openai_responses.codex import codex_body
from router_core.wire.openai_responses.collect import OutputItems
from tests.router_core.wire.openai_responses.cases import (
    CODEX,
    OPENAI,
    answering,
    completed,
    decoded,
    fixture,
    fixtures,
    sent,
    stream,
)
from tests.router_core.wire.openai_responses.test_stream_decoder import STREAMS, events_of

JUNK: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    1e300,
    "",
    "x",
    "\x00",
    [],
    {},
    [[]],
    [None],
    {"type": 7},
    {"": ""},
    "data:,",
]
LOCAL = Target("local", "openai-responses", "qwen", "127.0.0.1")
PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def mutate(value: Any, dice: random.Random) -> Any:
    """The value with one place in it replaced, removed or repeated."""
    value = copy.deepcopy(value)
    at = value
    while True:
        keys: list[Any] = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            return value
        key = dice.choice(keys)
        inner = at[key]
        if isinstance(inner, dict | list) and inner and dice.random() < 0.8:
            at = inner
            continue
        if dice.random() < 0.2:
            del at[key]
        else:
            at[key] = copy.deepcopy(dice.choice(JUNK))
        return value


@pytest.mark.parametrize("name", fixtures())
def test_mutated_requests(name: str) -> None:
    body, dice = fixture(name), random.Random(name)
    for _ in range(120):
        mutated = mutate(mutate(body, dice), dice)
        with contextlib.suppress(WireError):
            request = CODEC.decode_request(mutated)
            for target in (OPENAI, CODEX, LOCAL):
                json.dumps(CODEC.encode_request(request, target).body)
            json.dumps(codex_body(mutated)[0])
            CODEC.encode_response(Response("", "", (), "end", Usage()), answering(mutated))


@pytest.mark.parametrize("name", ["#quiet", "#input", "#additional_tools", "#reasoning", "#text", "#tool_choice"])
def test_a_client_cannot_write_the_codec_s_own_notes(name: str) -> None:
    body = {"model": "gpt-5.5", "input": [{"role": "user", "content": "hi"}], "reasoning": {"effort": "low"}, name: 7}
    request = CODEC.decode_request(body)
    assert CODEC.encode_request(request, OPENAI).body == body


@pytest.mark.parametrize("name", STREAMS)
def test_mutated_responses_and_streams(name: str) -> None:
    dice = random.Random(name)
    body = completed(STREAMS[name][1])["response"]
    records = [json.loads(record.split(b"data: ")[1]) for record in events_of(name).split(b"\n\n") if record]
    for _ in range(40):
        with contextlib.suppress(WireError):
            CODEC.encode_response(CODEC.decode_response(mutate(mutate(body, dice), dice)), answering())
        mutated = mutate(mutate(records, dice), dice)
        data = b"".join(b"data: " + json.dumps(record).encode() + b"\n\n" for record in mutated)
        events = decoded(data)
        assert sum(isinstance(event, StreamError | MessageStop) for event in events) == 1
        with contextlib.suppress(StreamFailed):
            fold(events)
        sent(events)
        items = OutputItems()
        items.feed(data)
        assert items.close().status >= 200


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    events = decoded(data)
    assert isinstance(events[-1], StreamError)


@settings(max_examples=80, deadline=None)
@given(
    st.recursive(st.none() | st.booleans() | st.integers() | PLAIN, lambda s: st.lists(s) | st.dictionaries(PLAIN, s))
)
def test_any_error_body(value: Any) -> None:
    body = value if isinstance(value, dict) else {"error": value}
    status, said = CODEC.encode_error(CODEC.decode_error(400, body, ""))
    assert status == 400
    assert isinstance(said["error"]["message"], str)


BLOCKS = st.one_of(
    st.builds(Text, PLAIN),
    st.builds(Thinking, PLAIN, st.none() | st.builds(Proof, st.just("anthropic"), PLAIN)),
    st.builds(ToolCall, PLAIN.filter(bool), PLAIN.filter(bool), PLAIN, st.booleans(), PLAIN),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(BLOCKS, max_size=6), st.integers(1, 50))
def test_any_answer_reads_back_with_its_words_and_calls(blocks: list[Any], size: int) -> None:
    response = Response("id", "m", tuple(blocks), "end", Usage(1, 1))
    data = sent(list(unfold(response)))
    back = fold(decoded(data, size)).blocks
    assert [b.text for b in back if isinstance(b, Text)] == [b.text for b in blocks if isinstance(b, Text)]
    calls = [(b.name, b.custom, b.namespace) for b in blocks if isinstance(b, ToolCall)]
    assert [(b.name, b.custom, b.namespace) for b in back if isinstance(b, ToolCall)] == calls
    whole = CODEC.decode_response(CODEC.encode_response(response, answering()))
    assert [type(block) for block in whole.blocks] == [type(block) for block in back]


@pytest.mark.parametrize("depth", [200, 900])
def test_a_deep_value_is_no_crash(depth: int) -> None:
    deep: Any = {}
    for _ in range(depth):
        deep = {"a": deep}
    item = {"type": "mcp_call", "id": "m", "x": deep}
    data = b"data: " + json.dumps({"type": "response.output_item.done", "item": item}).encode() + b"\n\n"
    events: list[Event] = decoded(data + stream(completed()))
    encoder = CODEC.stream_encoder(answering())
    with contextlib.suppress(WireError):
        for event in events:
            encoder.send(event)
    assert isinstance(events[-1], MessageStop | StreamError)
    assert any(isinstance(event, BlockStop) for event in events) or isinstance(events[-1], StreamError)


@pytest.mark.parametrize("kind", ["function_call", "custom_tool_call"])
def test_a_call_without_a_name_is_the_provider_s_mistake(kind: str) -> None:
    item = {"id": "fc_1", "type": kind, "call_id": "c", "name": "", "arguments": "{}", "input": ""}
    with pytest.raises(WireError, match="name"):
        CODEC.decode_response(completed([item])["response"])
