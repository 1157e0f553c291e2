"""Providers' streams: recorded and odd ones, cut anywhere."""

import json
from typing import Any

import pytest

from router_core.trace.record import Usage
from router_core.wire.anthropic.stream_decoder import AnthropicDecoder
from router_core.wire.events import (
    Event,
    KeepAlive,
    MessageStop,
    StreamError,
    fold,
)
from router_core.wire.model import (
    Thinking,
)
from tests.router_core.wire.anthropic.samples import CODEC, RESPONSES, answering
from tests.router_core.wire.anthropic.streams import (
    CASES,
    as_anthropic_streams,
    decoded,
    sse,
)
from tests.router_core.wire.golden import StreamCase


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_events_do_not_depend_on_chunking(case: StreamCase, size: int) -> None:
    assert decoded(case.stream, size) == decoded(case.stream)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_recorded_stream_means_what_it_meant(case: StreamCase, update_golden: bool) -> None:
    events = decoded(case.stream)
    last = events[-1]
    if isinstance(last, StreamError):
        answer = CODEC.encode_error(last.fault)[1]
    else:
        answer = CODEC.encode_response(fold(events), answering("claude"))
    file = case.folder / "answer.json"
    if update_golden:
        file.write_text(json.dumps(answer, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert answer == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", RESPONSES)
def test_a_stream_adds_up_to_the_whole_answer(name: str) -> None:
    assert fold(decoded(as_anthropic_streams(RESPONSES[name]))) == CODEC.decode_response(RESPONSES[name])


@pytest.mark.parametrize("name", ["thinking and a call", "web search with citations", "refusal"])
def test_a_stream_cut_after_any_event_ends_in_an_error(name: str) -> None:
    """Gotcha 44: a bare end made clients retry the whole turn (router-for-me/CLIProxyAPI #1407)."""
    whole = as_anthropic_streams(RESPONSES[name]).split(b"\n\n")
    for kept in range(len(whole) - 2):
        events = decoded(b"\n\n".join(whole[:kept]) + b"\n\n")
        last = events[-1]
        assert isinstance(last, StreamError)
        assert (last.fault.status, last.fault.kind) == (502, "server")
        assert sum(isinstance(event, StreamError | MessageStop) for event in events) == 1


START = {"type": "message_start", "message": {"id": "msg_1", "model": "m", "usage": {"input_tokens": 3}}}
TEXT_START = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
CALL_START = {
    "type": "content_block_start",
    "index": 0,
    "content_block": {"type": "tool_use", "id": "t", "name": "n", "input": {}},
}
STOP = {"type": "content_block_stop", "index": 0}


def delta(kind: str, index: int = 0, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


MALFORMED: dict[str, bytes] = {
    "not JSON": b"data: {nonsense\n\n",
    "an array": b"data: []\n\n",
    "a message that is none": b'data: {"type":"message_start","message":3}\n\n',
    "a block that is none": sse(START, {"type": "content_block_start", "index": 0}),
    "a block without a type": sse(START, {"type": "content_block_start", "index": 0, "content_block": {}}),
    "a call without a name": sse(
        START, {"type": "content_block_start", "content_block": {"type": "tool_use", "id": "x"}}
    ),
    "a delta that is none": sse(START, TEXT_START, {"type": "content_block_delta", "index": 0}),
    "text that is a number": sse(START, TEXT_START, delta("text_delta", text=3)),
    "input outside a call": sse(START, TEXT_START, delta("input_json_delta", partial_json="{")),
    "a delta for a block that has ended": sse(START, TEXT_START, STOP, delta("text_delta", text="x")),
    "search input that is no object": sse(
        START,
        {"type": "content_block_start", "content_block": {"type": "server_tool_use", "id": "s", "name": "web_search"}},
        delta("input_json_delta", partial_json="[1"),
        STOP,
    ),
    "signature that is a number": sse(START, delta("signature_delta", signature=3)),
    "stop reason that is a list": sse(START, {"type": "message_delta", "delta": {"stop_reason": []}}),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_event_ends_the_stream_in_an_error(name: str) -> None:
    events = decoded(MALFORMED[name] + sse({"type": "message_stop"}))
    last = events[-1]
    assert isinstance(last, StreamError)
    assert last.fault.status == 502
    assert not any(isinstance(event, MessageStop) for event in events)


@pytest.mark.parametrize(
    ("event", "status", "kind"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 529, "overloaded"),
        ({"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}, 429, "rate_limit"),
        ({"type": "error", "error": {"type": "api_error", "message": "oops"}}, 500, "server"),
        ({"type": "error"}, 500, "server"),
        ({"error": {"message": "of a compatible provider"}}, 500, "server"),
    ],
)
def test_an_error_inside_a_stream(event: dict[str, Any], status: int, kind: str) -> None:
    last = decoded(sse(START, event, {"type": "message_stop"}))[-1]
    assert isinstance(last, StreamError)
    assert (last.fault.status, last.fault.kind) == (status, kind)


@pytest.mark.parametrize("kind", ["thinking_delta", "input_json_delta"])
def test_what_a_block_may_make_us_keep_is_bounded(kind: str) -> None:
    block = {"type": "thinking", "thinking": ""} if kind == "thinking_delta" else {"type": "mcp_tool_use", "id": "x"}
    field = "thinking" if kind == "thinking_delta" else "partial_json"
    decoder = AnthropicDecoder(limit_bytes=1000)
    events: list[Event] = []
    stream = sse(START, {"type": "content_block_start", "index": 0, "content_block": block})
    events += decoder.feed(stream)
    for _ in range(20):
        events += decoder.feed(sse(delta(kind, 0, **{field: "x" * 100})))
    last = events[-1]
    assert isinstance(last, StreamError)
    assert "1000 bytes" in last.fault.message


def test_a_signature_that_begins_as_null_is_read() -> None:
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "signature": None}}
    end = {"type": "message_stop"}
    answer = fold(decoded(sse(START, start, delta("signature_delta", signature="EqQB"), STOP, end)))
    assert [block.proof.value for block in answer.blocks if isinstance(block, Thinking) and block.proof] == ["EqQB"]


def test_pings_are_keep_alives() -> None:
    assert decoded(sse({"type": "ping"}))[0] == KeepAlive()


def test_usage_of_the_end_replaces_that_of_the_start() -> None:
    """Gotcha 49: message_delta is cumulative; nulls keep the earlier value."""
    case = next(case for case in CASES if case.folder.name == "cumulative_usage")
    assert fold(decoded(case.stream)).usage == Usage(30, 120, 9500, 300, 100, 40, web_search_requests=1)
    case = next(case for case in CASES if case.folder.name == "null_usage_fields")
    assert fold(decoded(case.stream)).usage == Usage(25, 64)
