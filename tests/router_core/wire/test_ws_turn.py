"""Turns of a WebSocket as requests and answers of HTTP, and back."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_core.errors import WireError
from router_core.tokens.quota import windows_from_headers
from router_core.wire.sse import RecordSplitter, records
from router_core.wire.ws_turn import (
    as_record,
    create_message,
    error_message,
    event_of,
    may_end,
    rate_limits_in,
    read_client_message,
    refusal_of,
    warm_up_events,
    window_headers,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TOLD_AS_TEXT = {"type": "invalid_request_error", "code": None}
FIELDS = st.sampled_from(["type", "status", "status_code", "error", "headers", "rate_limits", "message", "limit_name"])


def test_a_create_becomes_a_body_and_a_body_a_create() -> None:
    message = read_client_message(
        '{"type":"response.create","model":"gpt-5.5","input":[],"previous_response_id":"resp_1"}'
    )
    assert message.kind == "response.create"
    body = orjson.loads(message.http_body())
    assert body == {"model": "gpt-5.5", "input": [], "previous_response_id": "resp_1", "stream": True}
    assert orjson.loads(create_message(message.http_body())) == {"type": "response.create", **body}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "5", '"x"', "{}", '{"type":null}', '{"type":""}', '{"type":["a"]}', "[" * 9999]
)
def test_what_is_no_message_is_a_wire_error(text: str) -> None:
    with pytest.raises(WireError):
        read_client_message(text)


def test_a_refusal_is_the_http_answer_that_it_stands_for() -> None:
    error = {"type": "usage_limit_reached", "message": "The usage limit has been reached", "resets_at": 1766948068}
    told = {"x-codex-primary-used-percent": "100", "X-Codex-Primary-Window-Minutes": 300, "retry-after": 7.5}
    refusal = refusal_of({"type": "error", "status": 429, "error": error, "headers": told})
    assert refusal is not None
    assert (refusal.status, refusal.code) == (429, "usage_limit_reached")
    assert orjson.loads(refusal.body) == {"error": error}
    assert dict(refusal.headers) == {
        "x-codex-primary-used-percent": "100", "x-codex-primary-window-minutes": "300", "retry-after": "7.5"
    }  # fmt: skip


def test_the_older_name_of_the_status_is_understood() -> None:
    refusal = refusal_of({"type": "error", "status_code": 400, "error": {"code": "previous_response_not_found"}})
    assert refusal is not None
    assert (refusal.status, refusal.code) == (400, "previous_response_not_found")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "error": {"code": "x"}},
        {"type": "error", "status": 200},
        {"type": "error", "status": True},
        {"type": "error", "status": "429"},
        {"type": "error", "status": 99999},
        {"type": "response.failed", "status": 429},
    ],
)
def test_an_event_without_a_status_of_an_error_is_no_refusal(event: dict[str, Any]) -> None:
    assert refusal_of(event) is None


@pytest.mark.parametrize(
    "told",
    [
        {"x-evil": "a\r\nset-cookie: b"},
        {"x-a\r\nb": "c"},
        {"set-cookie": "a=b"},
        {"x-a": "€"},
        {"x-a": ["b"]},
        {"content-length": "5"},
        "no headers",
    ],
)
def test_headers_that_could_not_be_sent_or_are_none_of_ours_are_left_out(told: Any) -> None:
    refusal = refusal_of({"type": "error", "status": 500, "error": None, "headers": told})
    assert refusal is not None
    assert refusal.headers == []


def test_windows_of_a_message_are_those_of_the_headers() -> None:
    event = {
        "type": "codex.rate_limits",
        "rate_limits": {
            "primary": {"used_percent": 12.5, "window_minutes": 300, "reset_at": 1704069000},
            "secondary": {"used_percent": 43, "window_minutes": 10080, "reset_at": 1704669000},
        },
    }
    windows = windows_from_headers(dict(window_headers(event)), now=1704060000.0)
    assert [(w.name, w.used, w.reset_at) for w in windows] == [("5h", 0.125, 1704069000), ("7d", 0.43, 1704669000)]
    (other,) = windows_from_headers(
        dict(window_headers({"limit_name": "bengalfox", "rate_limits": {"primary": event["rate_limits"]["primary"]}})),  # type: ignore[index]
        now=1704060000.0,
    )
    assert other.name == "5h_bengalfox"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"message":"m","type":"t","code":"c"}}', {"message": "m", "type": "t", "code": "c"}),
        (b'{"detail":"Unsupported parameter: x"}', TOLD_AS_TEXT | {"message": "Unsupported parameter: x"}),
        (b"<html>", TOLD_AS_TEXT | {"message": "<html>"}),
        (b"", TOLD_AS_TEXT | {"message": "HTTP 400"}),
        (b'{"error":"text"}', TOLD_AS_TEXT | {"message": '{"error":"text"}'}),
    ],
)
def test_an_http_error_becomes_a_message(body: bytes, message: dict[str, Any]) -> None:
    told = orjson.loads(
        error_message(400, body, {"retry-after": "3", "set-cookie": "secret", "x-codex-plan-type": "plus"})
    )
    assert told == {
        "type": "error", "status": 400, "error": message,
        "headers": {"retry-after": "3", "x-codex-plan-type": "plus"},
    }  # fmt: skip


@given(st.dictionaries(FIELDS, JSON, max_size=5))
def test_no_message_of_a_provider_raises(event: dict[str, Any]) -> None:
    refusal = refusal_of(event)
    if refusal is not None:
        assert 400 <= refusal.status <= 599
        orjson.loads(refusal.body)
    assert all(value.isascii() for _, value in window_headers(event))
    assert isinstance(error_message(500, orjson.dumps(event), {}), str)


@pytest.mark.parametrize("text", ['{"type":"x",\n"a":"b\\nc"}', '{"type":"x"}\r\n', '{"type":"ü\u2028"}'])
def test_a_message_is_one_record_of_a_stream(text: str) -> None:
    (record,) = records(RecordSplitter().feed(as_record(text)))
    assert orjson.loads(record.data) == orjson.loads(text)


def test_only_ends_are_looked_at_twice() -> None:
    assert may_end('{"type":"response.completed","response":{}}')
    assert may_end('{"type": "error"}')
    assert not may_end('{"type":"response.output_text.delta","delta":"say \\"error\\" or response.completed"}')
    assert event_of("[]") is event_of('{"type":5}') is event_of("{") is None


def test_a_warm_up_of_ours_is_a_whole_answer_that_says_nothing() -> None:
    created, completed = warm_up_events("resp_1", "claude-opus-5", 1704060000.9)
    assert (created["type"], completed["type"]) == ("response.created", "response.completed")
    assert completed["response"]["output"] == []
    assert completed["response"]["usage"]["total_tokens"] == 0
    assert created["response"]["id"] == completed["response"]["id"] == "resp_1"


def test_credits_and_plan_of_a_rate_limits_event_become_headers() -> None:
    event = {
        "type": "codex.rate_limits",
        "plan_type": "plus",
        "rate_limits": {},
        "credits": {"has_credits": True, "unlimited": False, "balance": "12.5"},
    }
    assert dict(window_headers(event)) == {
        "x-codex-plan-type": "plus",
        "x-codex-credits-has-credits": "true",
        "x-codex-credits-unlimited": "false",
        "x-codex-credits-balance": "12.5",
    }
    assert dict(rate_limits_in(orjson.dumps(event))) == dict(window_headers(event))
    assert rate_limits_in(b'{"type":"response.created"}') == []
    assert rate_limits_in(b"no json") == []
