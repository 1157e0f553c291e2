"""One JSON body of a stream, for a client that asked for none."""

import pytest

from router_core.wire.model import JsonObject
from router_core.wire.openai_responses.collect import Collected, OutputItems
from tests.router_core.wire.golden import StreamCase, golden_streams
from tests.router_core.wire.openai_responses.cases import (
    REASONING,
    call,
    completed,
    created,
    delta,
    done,
    message,
    stream,
)

ITEMS: list[JsonObject] = [REASONING, message("Hello"), call(1, '{"a":"ü"}')]
EVENTS = stream(created(), *(done(i, item) for i, item in enumerate(ITEMS)), completed([]))


def collected(data: bytes, size: int | None = None) -> Collected:
    items = OutputItems()
    for start in range(0, len(data), size or max(1, len(data))):
        items.feed(data[start : start + (size or len(data))])
    return items.close()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
def test_an_empty_output_is_filled_from_the_items(size: int) -> None:
    result = collected(EVENTS, size)
    assert result == Collected(200, completed(ITEMS)["response"])


def test_a_full_output_stays_as_it_is() -> None:
    assert collected(stream(created(), done(0, message("x")), completed(ITEMS))).body["output"] == ITEMS


def test_items_come_in_order_of_their_index() -> None:
    data = stream(done(1, ITEMS[1]), done(0, ITEMS[0]), completed([]))
    assert collected(data).body["output"] == ITEMS[:2]


def test_items_that_are_numbered_alike_are_all_kept() -> None:
    data = stream(*(done(0, item) for item in ITEMS), completed([]))
    assert collected(data).body["output"] == ITEMS


def test_a_message_that_only_came_as_deltas_is_kept() -> None:
    data = stream(created(), delta("output_text", 0, "Hel"), delta("output_text", 0, "lo"), completed([]))
    assert collected(data).body["output"][0]["content"][0]["text"] == "Hello"


@pytest.mark.parametrize(
    ("end", "status", "code"),
    [
        ({"type": "response.failed", "response": {"error": {"code": "context_length_exceeded"}}}, 400, None),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "x"}, 429, "rate_limit_exceeded"),
        ({"type": "response.in_progress", "response": {}}, 502, "server_error"),
    ],
    ids=["failed", "error", "broken off"],
)
def test_an_error_becomes_an_error_body(end: JsonObject, status: int, code: str | None) -> None:
    result = collected(stream(created(), end))
    assert result.status == status
    assert result.body["error"]["code"] == (code or "context_length_exceeded")


def test_an_incomplete_response_is_an_answer() -> None:
    end = {"id": "resp_1", "incomplete_details": {"reason": "max_output_tokens"}}
    result = collected(stream(created(), done(0, message("x")), {"type": "response.incomplete", "response": end}))
    assert (result.status, result.body["status"], len(result.body["output"])) == (200, "incomplete", 1)


def test_too_much_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router_core.wire.openai_responses.collect._LIMIT_BYTES", 1000)
    assert collected(stream(done(0, message("x" * 2000)), completed([]))).status == 502


@pytest.mark.parametrize("case", [c for c in golden_streams() if c.format == "openai-responses"], ids=str)
def test_golden_streams(case: StreamCase) -> None:
    expected = case.expected()
    result = collected(case.stream)
    assert (result.status == 200) == (expected["terminal"] and not expected["error"])
