"""Providers' streams, the odd ones too, add up to the same answer as a whole response, however they are cut."""

import orjson
import pytest

from router_core.wire.events import (
    BlockStart,
    CitationDelta,
    Delta,
    Event,
    KeepAlive,
    MessageStop,
    StreamError,
    StreamFailed,
    fold,
)
from router_core.wire.model import (
    JsonObject,
    Opaque,
    Proof,
    Refusal,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
)
from router_core.wire.openai_responses.codec import CODEC
from tests.router_core.wire.golden import StreamCase, golden_streams
from tests.router_core.wire.openai_responses.cases import (
    REASONING,
    added,
    call,
    completed,
    created,
    decoded,
    delta,
    done,
    message,
    stream,
)

ARGUMENTS = '{"at":"Größe 🙂","deep":{"a":[1,2]}}'
CUSTOM: JsonObject = {
    "type": "custom_tool_call",
    "id": "ctc_1",
    "call_id": "c1",
    "name": "apply_patch",
    "input": "*** x",
}
SEARCH: JsonObject = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {"type": "search", "query": "cats", "sources": [{"type": "url", "url": "https://a.example"}]},
}
CITED: JsonObject = {
    "id": "msg_1",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "phase": "final_answer",
    "content": [
        {
            "type": "output_text",
            "text": "Hello",
            "annotations": [
                {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 5}
            ],
        },
        {"type": "refusal", "refusal": "No more."},
    ],
}

STREAMS: dict[str, tuple[list[JsonObject], list[JsonObject]]] = {
    # name: (events between created and completed, the items that they add up to)
    "text": (
        [
            added(0, {"id": "msg_1", "type": "message", "content": []}),
            delta("output_text", 0, "Hel", content_index=0),
            delta("output_text", 0, "lo", content_index=0),
            done(0, message("Hello")),
        ],
        [message("Hello")],
    ),
    "reasoning, text, call": (
        [
            added(0, {"id": "rs_1", "type": "reasoning", "summary": []}),
            delta("reasoning_summary_text", 0, "First", summary_index=0),
            {"type": "response.reasoning_summary_part.added", "output_index": 0, "summary_index": 1},
            delta("reasoning_summary_text", 0, "Then", summary_index=1),
            done(0, REASONING),
            added(1, {"id": "msg_1", "type": "message", "content": []}),
            delta("output_text", 1, "Hello"),
            done(1, message("Hello")),
            added(2, call(1, "")),
            delta("function_call_arguments", 2, ARGUMENTS[:9]),
            delta("function_call_arguments", 2, ARGUMENTS[9:]),
            done(2, call(1, ARGUMENTS)),
        ],
        [REASONING, message("Hello"), call(1, ARGUMENTS)],
    ),
    "reasoning text of an open model": (
        [
            added(0, {"id": "rs_1", "type": "reasoning", "summary": []}),
            delta("reasoning_text", 0, "Hmm", content_index=0),
            done(0, {"id": "rs_1", "type": "reasoning", "summary": [], "content": [{"text": "Hmm."}]}),
        ],
        [{"id": "rs_1", "type": "reasoning", "summary": [], "content": [{"text": "Hmm."}]}],
    ),
    "parallel calls that alternate": (
        [
            added(0, call(1, "")),
            added(1, call(2, "")),
            delta("function_call_arguments", 1, '{"b"'),
            delta("function_call_arguments", 0, '{"a"'),
            delta("function_call_arguments", 1, ":2}"),
            done(1, call(2, '{"b":2}')),
            delta("function_call_arguments", 0, ":1}"),
            done(0, call(1, '{"a":1}')),
            added(2, call(3, "")),
            done(2, call(3, "{}")),
        ],
        [call(1, '{"a":1}'), call(2, '{"b":2}'), call(3, "{}")],
    ),
    "arguments only in done": (
        [
            added(0, call(1, "")),
            {"type": "response.function_call_arguments.done", "output_index": 0, "arguments": ARGUMENTS},
            done(0, call(1, ARGUMENTS)),
        ],
        [call(1, ARGUMENTS)],
    ),
    "arguments missing until the item": ([added(0, call(1, "")), done(0, call(1, ARGUMENTS))], [call(1, ARGUMENTS)]),
    "items without announcement": (
        [done(0, message("Hello")), done(1, call(1, ARGUMENTS)), done(2, REASONING)],
        [message("Hello"), call(1, ARGUMENTS), REASONING],
    ),
    "the name only at the end": (
        [
            added(0, {"type": "function_call", "id": "fc_1", "arguments": ""}),
            delta("function_call_arguments", 0, ARGUMENTS),
            done(0, call(1, ARGUMENTS)),
        ],
        [call(1, ARGUMENTS)],
    ),
    "deltas that leave the end out": (
        [
            added(0, {"id": "msg_1", "type": "message", "content": []}),
            delta("output_text", 0, "Hel", content_index=0),
            {"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": "Hello"},
            done(0, message("Hello there")),
        ],
        [message("Hello there")],
    ),
    "custom call": (
        [
            added(0, CUSTOM | {"input": ""}),
            delta("custom_tool_call_input", 0, "*** "),
            {"type": "response.custom_tool_call_input.done", "output_index": 0, "input": "*** x"},
            done(0, CUSTOM),
        ],
        [CUSTOM],
    ),
    "several parts, citations, refusal": (
        [
            added(0, {"id": "msg_1", "type": "message", "content": []}),
            delta("output_text", 0, "Hello", content_index=0),
            {
                "type": "response.output_text.annotation.added",
                "output_index": 0,
                "content_index": 0,
                "annotation": CITED["content"][0]["annotations"][0],
            },
            delta("refusal", 0, "No ", content_index=1),
            done(0, CITED),
        ],
        [CITED],
    ),
    "web search": (
        [
            added(0, {"id": "ws_1", "type": "web_search_call", "status": "in_progress"}),
            {"type": "response.web_search_call.searching", "output_index": 0, "item_id": "ws_1"},
            done(0, SEARCH),
        ],
        [SEARCH],
    ),
    "an unknown item": (
        [done(0, {"type": "mcp_call", "id": "mcp_1", "name": "x", "arguments": "{}"})],
        [{"type": "mcp_call", "id": "mcp_1", "name": "x", "arguments": "{}"}],
    ),
    "no indexes": (
        [
            {"type": "response.output_item.added", "item": {"id": "msg_1", "type": "message", "content": []}},
            {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "Hello"},
            {"type": "response.output_item.done", "item": message("Hello")},
            {"type": "response.output_item.added", "item": call(1, "")},
            {"type": "response.function_call_arguments.delta", "delta": ARGUMENTS},
            {"type": "response.output_item.done", "item": call(1, ARGUMENTS)},
        ],
        [message("Hello"), call(1, ARGUMENTS)],
    ),
    "all items numbered alike": (
        [
            added(0, {"id": "msg_1", "type": "message", "content": []}),
            delta("output_text", 0, "Hello"),
            done(0, message("Hello")),
            added(0, call(1, "")),
            done(0, call(1, ARGUMENTS)),
        ],
        [message("Hello"), call(1, ARGUMENTS)],
    ),
    "ids that change between events": (  # Copilot
        [
            added(0, {"id": "x1", "type": "message", "content": []}),
            {"type": "response.output_text.delta", "output_index": 0, "item_id": "x2", "delta": "Hello"},
            done(0, message("Hello")),
        ],
        [message("Hello")],
    ),
    "an item said twice": ([done(0, call(1, "{}")), done(0, call(1, "{}"))], [call(1, "{}")]),
    "equal call ids": ([done(0, call(1, "{}")), done(1, call(1, '{"a":1}'))], [call(1, "{}"), call(1, '{"a":1}')]),
}


def events_of(name: str, output: list[JsonObject] | None = None) -> bytes:
    return stream(created(), *STREAMS[name][0], completed(output))


@pytest.mark.parametrize("listed", [False, True], ids=["empty output", "full output"])
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_adds_up_to_the_whole_response(name: str, listed: bool) -> None:
    items = STREAMS[name][1]
    whole = CODEC.decode_response(completed(items)["response"])
    assert fold(decoded(events_of(name, items if listed else []))) == whole


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize("name", STREAMS)
def test_events_do_not_depend_on_chunking(name: str, size: int) -> None:
    assert decoded(events_of(name), size) == decoded(events_of(name))
    crlf = events_of(name).replace(b"\n", b"\r\n")
    assert decoded(crlf, size) == decoded(events_of(name))


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_cut_after_any_record_ends_in_an_error(name: str) -> None:
    whole = events_of(name).split(b"\n\n")
    for kept in range(len(whole) - 2):
        events = decoded(b"\n\n".join(whole[:kept]) + b"\n\n" if kept else b"")
        assert isinstance(events[-1], StreamError)
        assert events[-1].fault.status == 502
        assert sum(isinstance(event, StreamError | MessageStop) for event in events) == 1


@pytest.mark.parametrize("case", [c for c in golden_streams() if c.format == "openai-responses"], ids=str)
def test_golden_streams(case: StreamCase) -> None:
    events = decoded(case.stream)
    expected = case.expected()
    for size in (1, 3, 4096):
        assert decoded(case.stream, size) == events
    if expected["error"] or not expected["terminal"]:
        assert isinstance(events[-1], StreamError)
    else:
        assert fold(events).blocks
        usage = {name: getattr(fold(events).usage, name) for name in expected["usage"]}
        assert usage == expected["usage"]


def test_the_first_item_is_told_as_it_comes() -> None:
    decoder = CODEC.stream_decoder()
    decoder.feed(stream(created(), added(0, call(1, "")), added(1, call(2, ""))))
    assert list(decoder.feed(stream(delta("function_call_arguments", 0, "{")))) == [Delta("{")]
    assert list(decoder.feed(stream(delta("function_call_arguments", 1, "{")))) == []


def test_items_that_were_never_streamed_are_told_at_the_end() -> None:
    items = [message("Hello"), call(1, ARGUMENTS)]
    response = fold(decoded(stream(created(), completed(items))))
    assert response == CODEC.decode_response(completed(items)["response"])
    assert response.stop == "tool_use"


def test_an_item_that_is_never_done_counts_as_it_came() -> None:
    events = stream(created(), delta("output_text", 0, "Hi"), completed())
    assert fold(decoded(events)).blocks == (Text("Hi"),)


@pytest.mark.parametrize("type", ["response.completed", "response.done"])
def test_response_done_ends_like_completed(type: str) -> None:
    events = decoded(stream(created(), done(0, message("Hi")), completed() | {"type": type}))
    assert isinstance(events[-1], MessageStop)


@pytest.mark.parametrize(
    ("reason", "stop"),
    [("max_output_tokens", "max_tokens"), ("content_filter", "refusal"), (None, "max_tokens")],
    ids=str,
)
def test_an_incomplete_answer_says_why(reason: str | None, stop: str) -> None:
    # router-for-me/CLIProxyAPI #4675: a call that was cut stays cut
    end: JsonObject = {
        "id": "resp_1",
        "status": "incomplete",
        "incomplete_details": reason and {"reason": reason},
        "output": [],
    }
    events = stream(created(), done(0, call(1, '{"a')), {"type": "response.incomplete", "response": end})
    response = fold(decoded(events))
    assert response.stop == stop
    assert response.blocks[0].arguments == '{"a'  # type: ignore[union-attr]


def test_blocks_are_what_they_mean() -> None:
    def blocks(name: str) -> list[object]:
        return list(fold(decoded(events_of(name))).blocks)

    thinking, text, tool = blocks("reasoning, text, call")
    assert isinstance(thinking, Thinking)
    assert (thinking.text, thinking.proof) == ("First\n\nThen", Proof("openai", "gAAAA", REASONING))
    assert isinstance(text, Text)
    assert isinstance(tool, ToolCall)
    assert (tool.id, tool.name, tool.arguments) == ("call_1", "look", ARGUMENTS)
    (custom,) = blocks("custom call")
    assert isinstance(custom, ToolCall)
    assert (custom.custom, custom.arguments) == (True, "*** x")
    cited, refusal = blocks("several parts, citations, refusal")
    assert isinstance(cited, Text)
    assert cited.citations[0].url == "https://a.example"
    assert isinstance(refusal, Refusal)
    search, found = blocks("web search")
    assert isinstance(search, ServerCall)
    assert search.query == "cats"
    assert isinstance(found, ServerResult)
    assert found.hits[0].url == "https://a.example"
    assert isinstance(blocks("an unknown item")[0], Opaque)
    first, second = blocks("equal call ids")
    assert isinstance(first, ToolCall)
    assert isinstance(second, ToolCall)
    assert (first.id, second.id) == ("call_1", "call_1_2")


def test_a_citation_is_told_once() -> None:
    events = decoded(events_of("several parts, citations, refusal"))
    assert sum(isinstance(event, CitationDelta) for event in events) == 1


def test_logprobs_of_deltas_or_of_the_item() -> None:
    probability = {"token": "Hi", "logprob": -0.1, "top_logprobs": []}
    item = message("Hi")
    item["content"][0]["logprobs"] = [probability]
    for first in ([delta("output_text", 0, "Hi", logprobs=[probability])], [delta("output_text", 0, "Hi")], []):
        response = fold(decoded(stream(created(), *first, done(0, item), completed())))
        assert response.logprobs == (probability,)
        assert response == CODEC.decode_response(completed([item])["response"])


def failed(type: str, **response: object) -> JsonObject:
    return {"type": f"response.{type}", "response": response}


@pytest.mark.parametrize(
    ("event", "status", "kind"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "Try again in 2s"}, 429, "rate_limit"),
        ({"type": "error", "error": {"code": "server_is_overloaded", "message": "busy"}}, 503, "overloaded"),
        ({"type": "error", "status": 429, "error": {"type": "usage_limit_reached"}}, 429, "quota"),
        (failed("failed", error={"code": "context_length_exceeded"}), 400, "context_length"),
        (failed("failed", error={"code": "insufficient_quota"}), 429, "quota"),
        (failed("failed", error=None), 500, "server"),
        ({"type": "response.failed"}, 500, "server"),
        (failed("completed", status="failed", error={"code": "slow_down"}), 503, "overloaded"),
        ({"type": "", "error": {"message": "oops"}}, 500, "server"),
    ],
    ids=["flat", "nested", "usage limit", "context", "quota", "no reason", "no response", "in completed", "bare"],
)
def test_errors_within_a_stream(event: JsonObject, status: int, kind: str) -> None:
    events = decoded(stream(created(), delta("output_text", 0, "Hi"), event, completed()))
    assert isinstance(events[-1], StreamError)
    assert (events[-1].fault.status, events[-1].fault.kind) == (status, kind)
    with pytest.raises(StreamFailed):
        fold(events)


@pytest.mark.parametrize(
    "data",
    [b"{not json", b"[1]", b'"text"', b'{"type":"response.output_item.done","item":7}'],
    ids=["broken", "array", "string", "wrong type"],
)
def test_an_unreadable_event_ends_the_stream_in_an_error(data: bytes) -> None:
    events = decoded(stream(created()) + b"data: " + data + b"\n\n" + stream(completed()))
    assert isinstance(events[-1], StreamError)
    assert events[-1].fault.kind == "server"


def test_other_events_only_show_that_the_provider_lives() -> None:
    other: list[JsonObject] = [
        {"type": "codex.rate_limits", "rate_limits": {}},
        {"type": "keepalive"},
        {"type": "response.image_generation_call.partial_image"},
    ]
    events = decoded(b": comment\n\n" + stream(*other, created(), completed()) + b"data: [DONE]\n\n")
    assert events[:3] == [KeepAlive()] * 3
    assert isinstance(events[-1], MessageStop)


def test_a_last_event_without_its_empty_line_counts() -> None:
    events = decoded(stream(created(), done(0, message("Hi")), completed()).rstrip(b"\n"))
    assert isinstance(events[-1], MessageStop)


def test_an_endless_item_is_an_error_not_a_full_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router_core.wire.openai_responses.stream_slot.LIMIT", 1000)
    decoder = CODEC.stream_decoder()
    events: list[Event] = []
    for _ in range(30):
        events += decoder.feed(stream(delta("output_text", 0, "x" * 100)))
    assert isinstance(events[-1], StreamError)
    assert sum(isinstance(event, BlockStart) for event in events) == 1


def test_large_arguments_in_many_and_in_one_piece() -> None:
    large = orjson.dumps({"text": "ü" * 100_000}).decode()
    pieces = [delta("function_call_arguments", 0, large[i : i + 5000]) for i in range(0, len(large), 5000)]
    for middle in (pieces, [delta("function_call_arguments", 0, large)], []):
        response = fold(
            decoded(stream(created(), added(0, call(1, "")), *middle, done(0, call(1, large)), completed()))
        )
        assert response.blocks[0].arguments == large  # type: ignore[union-attr]
