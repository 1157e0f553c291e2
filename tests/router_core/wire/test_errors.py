"""Our own errors in each client's words, in the form that makes that client do the right thing."""

import json
from typing import Any, get_args

import pytest

from router_core.wire.errors import CODEX_WAITS_UP_TO_S, error_answer, error_event, none_available_answer
from router_core.wire.format import FormatName
from router_core.wire.tap import StreamTap

NOW = 1_800_000_000.0
formats = pytest.mark.parametrize("name", get_args(FormatName))


@formats
@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 421, 426, 429, 500, 502, 503, 504, 529])
def test_every_error_is_json_with_message_and_type(name: FormatName, status: int) -> None:
    answer = error_answer(name, status, "some_kind", 'say "what" to do\n')
    assert answer.status == status
    assert dict(answer.headers) == {"content-type": "application/json", "x-mitmrouter-error": "some_kind"}
    body = json.loads(answer.body)
    assert body["error"]["message"] == 'say "what" to do\n'
    assert (body.get("type") == "error") == (name == "anthropic")
    if name == "gemini":
        assert (body["error"]["code"], body["error"]["status"].isupper()) == (status, True)
        return
    assert body["error"]["type"].endswith(("_error", "_large"))
    if name != "anthropic":
        assert body["error"]["code"] == "some_kind"


@formats
def test_half_a_character_in_a_message_spoils_no_error(name: FormatName) -> None:
    said = "no such path: /\udcff"
    assert json.loads(error_answer(name, 404, "k", said).body)["error"]["message"] == said
    assert b"udcff" in error_event(name, 502, "k", said)


@pytest.mark.parametrize(
    ("name", "status", "type_"),
    [
        ("anthropic", 403, "permission_error"), ("anthropic", 413, "request_too_large"),
        ("anthropic", 429, "rate_limit_error"), ("anthropic", 502, "api_error"), ("anthropic", 529, "overloaded_error"),
        ("anthropic", 426, "invalid_request_error"),
        ("openai-chat", 404, "invalid_request_error"), ("openai-responses", 429, "rate_limit_error"),
        ("openai-responses", 502, "server_error"), ("openai-chat", 529, "server_error"),
    ],
)  # fmt: skip
def test_types_are_the_vendors_own_words(name: FormatName, status: int, type_: str) -> None:
    assert json.loads(error_answer(name, status, "k", "m").body)["error"]["type"] == type_


def _none(name: FormatName, retry_after_s: float | None, *, is_codex: bool) -> tuple[dict[str, str], dict[str, Any]]:
    answer = none_available_answer(name, "resting: a, b", retry_after_s, now=NOW, is_codex=is_codex)
    hopeless = 403 if name == "gemini" else 400 if is_codex else 429
    assert answer.status == (hopeless if retry_after_s is None else 429)
    return dict(answer.headers), json.loads(answer.body)


@formats
@pytest.mark.parametrize(
    ("wait", "header"), [(0.0, "1"), (0.2, "1"), (1.0, "1"), (1.2, "2"), (2.0, "2"), (3.0, "3"), (59.01, "60")]
)
def test_a_wait_is_429_with_retry_after_in_whole_seconds_never_too_short(
    name: FormatName, wait: float, header: str
) -> None:
    headers, body = _none(name, wait, is_codex=False)
    assert headers["retry-after"] == header
    assert body["error"]["message"] == "resting: a, b"


def test_codex_would_sit_out_a_long_wait_so_it_is_told_in_the_form_that_stops_it() -> None:
    headers, body = _none("openai-responses", 3600.5, is_codex=True)
    assert "retry-after" not in headers
    assert body["error"]["type"] == "usage_limit_reached"
    assert body["error"]["resets_at"] == int(NOW + 3600.5)
    assert body["error"]["resets_in_seconds"] == 3601


def test_codex_waits_when_it_is_short() -> None:
    headers, _ = _none("openai-responses", CODEX_WAITS_UP_TO_S, is_codex=True)
    assert headers["retry-after"] == "60"


def test_other_clients_get_retry_after_however_long() -> None:
    headers, body = _none("anthropic", 18000, is_codex=False)
    assert headers["retry-after"] == "18000"
    assert body["error"]["type"] == "rate_limit_error"


@formats
@pytest.mark.parametrize("is_codex", [True, False])
def test_where_waiting_does_not_help_the_client_is_told_not_to_retry(name: FormatName, is_codex: bool) -> None:
    headers, _ = _none(name, None, is_codex=is_codex)
    assert "retry-after" not in headers
    assert headers["x-should-retry"] == "false"


def test_googles_clients_read_the_wait_in_the_body_and_do_not_try_again_at_403() -> None:
    _, body = _none("gemini", 6.2, is_codex=False)
    assert (body["error"]["code"], body["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert body["error"]["details"] == [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]
    _, body = _none("gemini", None, is_codex=False)
    assert (body["error"]["code"], body["error"]["status"]) == (403, "PERMISSION_DENIED")


@formats
def test_the_event_that_ends_a_broken_stream_is_an_error_to_our_own_reader(name: FormatName) -> None:
    event = error_event(name, 502, "connection_closed", "the provider\nwent away")
    assert event.endswith(b"\r\n\r\n" if name == "gemini" else b"\n\n")
    tap = StreamTap(name)
    tap.feed(event)
    assert tap.terminal
    assert tap.error is not None
    assert "went away" in json.dumps(tap.error)
