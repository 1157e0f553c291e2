"""Every scripted fault, as its provider would show it, and when it strikes."""

import time
from typing import Any

import httpx
import orjson
import pytest

from router_core.simulator import Account, Fault, Script, SimulatorThread, Window
from tests.router_core.simulator.asking import OAUTH, OAUTH_HEADERS, ask, claude_code_body

UNIFIED = "anthropic-ratelimit-unified"

# fault, provider → status, and words that must stand in the body
ANSWERS: list[tuple[str, str, int, str]] = [
    ("window_exhausted", "oauth", 429, "rate_limit_error"),
    ("window_exhausted", "anthropic", 429, "organization's rate limit"),
    ("window_exhausted", "codex", 429, "usage_limit_reached"),
    ("window_exhausted", "chat", 429, "rate_limit_exceeded"),
    ("rate_limit", "anthropic", 429, "rate_limit_error"),
    ("rate_limit", "responses", 429, "Please try again in 30s"),
    ("rate_limit", "codex", 429, "rate_limit_exceeded"),
    ("windowless_429", "oauth", 429, "rate limit exceeded"),
    ("windowless_429", "codex", 429, "rate_limit_exceeded"),
    ("windowless_429", "chat", 429, "rate_limit_exceeded"),
    ("model_429", "oauth", 429, "rate_limit_error"),
    ("model_429", "codex", 429, "at capacity"),
    ("overage_429", "oauth", 429, "Extra usage is required"),
    ("concurrency_429", "anthropic", 429, "concurrent connections"),
    ("spend_limit", "anthropic", 429, "enforced_spend_limit_reached"),
    ("usage_limit_reached", "codex", 429, "resets_in_seconds"),
    ("usage_not_included", "codex", 429, "usage_not_included"),
    ("insufficient_quota", "chat", 429, "insufficient_quota"),
    ("insufficient_quota", "codex", 429, "insufficient_quota"),
    ("billing_402", "anthropic", 402, "billing_error"),
    ("billing_402", "codex", 402, "deactivated_workspace"),
    ("unauthorized_401", "oauth", 401, "OAuth token has expired"),
    ("unauthorized_401", "anthropic", 401, "invalid x-api-key"),
    ("unauthorized_401", "chat", 401, "invalid_api_key"),
    ("unauthorized_401", "codex", 401, "token_expired"),
    ("forbidden_403", "anthropic", 403, "permission_error"),
    ("cloudflare_403", "codex", 403, "Just a moment"),
    ("overloaded_529", "anthropic", 529, "overloaded_error"),
    ("overloaded_529", "codex", 503, "server_is_overloaded"),
    ("overloaded_503", "responses", 503, "server_is_overloaded"),
    ("server_error_500", "anthropic", 500, "api_error"),
    ("server_error_500", "chat", 500, "server_error"),
    ("bad_gateway_502_html", "anthropic", 502, "<title>502 Bad Gateway</title>"),
    ("timeout_504", "anthropic", 504, "timeout_error"),
    ("bad_request_400", "anthropic", 400, "invalid_request_error"),
    ("bad_request_400", "codex", 400, "detail"),
    ("not_found_404", "anthropic", 404, "model: claude-sonnet-5"),
    ("not_found_404", "responses", 404, "model_not_found"),
    ("request_too_large_413", "anthropic", 413, "request_too_large"),
    ("status", "anthropic", 500, "Scripted status"),
]


def script(fault: str, **fields: Any) -> Script:
    return Script(faults=[Fault.model_validate({"fault": fault, **fields})])


@pytest.mark.parametrize(("fault", "provider", "status", "words"), ANSWERS, ids=lambda value: str(value)[:24])
def test_status_fault_strikes_once(
    fault: str, provider: str, status: int, words: str, start: Any, http: httpx.Client
) -> None:
    sim = start(script(fault))
    answer = ask(http, sim, provider)
    assert answer.status_code == status
    assert words in answer.text
    assert ask(http, sim, provider).status_code == 200
    assert [seen.fault for seen in sim.requests] == [fault, ""]


def test_exhausted_window_names_its_reset(start: Any, http: httpx.Client) -> None:
    answer = ask(http, start(script("window_exhausted", retry_after_s=90)), "oauth")
    assert answer.headers[f"{UNIFIED}-status"] == "rejected"
    assert answer.headers[f"{UNIFIED}-5h-status"] == "rejected"
    assert answer.headers[f"{UNIFIED}-7d-status"] == "allowed"
    assert answer.headers[f"{UNIFIED}-representative-claim"] == "five_hour"
    assert 88 <= int(answer.headers["retry-after"]) <= 91


def test_model_429_leaves_the_account_windows_allowed(start: Any, http: httpx.Client) -> None:
    answer = ask(http, start(script("model_429")), "oauth", model="claude-opus-5-5")
    assert answer.headers[f"{UNIFIED}-5h-status"] == "allowed"
    assert answer.headers[f"{UNIFIED}-7d-status"] == "allowed"
    assert answer.headers[f"{UNIFIED}-7d_opus-status"] == "rejected"
    assert answer.headers[f"{UNIFIED}-representative-claim"] == "seven_day_opus"


def test_windowless_429_says_nothing_about_windows_or_waiting(start: Any, http: httpx.Client) -> None:
    answer = ask(http, start(script("windowless_429")), "oauth")
    assert "retry-after" not in answer.headers
    assert not [name for name in answer.headers if "ratelimit" in name]
    assert answer.headers["x-should-retry"] == "true"


def test_overage_429_names_the_pool_only(start: Any, http: httpx.Client) -> None:
    answer = ask(http, start(script("overage_429")), "oauth")
    assert answer.headers[f"{UNIFIED}-5h-status"] == "allowed"
    assert answer.headers[f"{UNIFIED}-overage-disabled-reason"] == "out_of_credits"


def test_row_overrides_status_body_and_headers(start: Any, http: httpx.Client) -> None:
    plain = start(script("status", status=418, body="a teapot", headers={"x-extra": "1", "request-id": ""}))
    answer = ask(http, plain, "anthropic")
    assert answer.status_code == 418
    assert answer.json()["error"]["message"] == "a teapot"
    assert answer.headers["x-extra"] == "1"
    assert "request-id" not in answer.headers
    html = ask(http, start(script("status", status=520, body="<h1>no</h1>")), "chat")
    assert (html.status_code, html.text, html.headers["content-type"]) == (520, "<h1>no</h1>", "text/html")


def test_rows_choose_by_token_model_path_and_order(start: Any, http: httpx.Client) -> None:
    faults = [
        Fault(fault="overloaded_529", token=OAUTH, times=0),
        Fault(fault="server_error_500", model="claude-opus-*"),
        Fault(fault="timeout_504", path="/v1/chat/*", after=1),
    ]
    sim = start(Script(faults=faults))
    assert [ask(http, sim, "oauth").status_code for _ in range(3)] == [529, 529, 529]
    assert ask(http, sim, "anthropic").status_code == 200
    assert ask(http, sim, "anthropic", model="claude-opus-5-5").status_code == 500
    assert ask(http, sim, "anthropic", model="claude-opus-5-5").status_code == 200
    assert [ask(http, sim, "chat").status_code for _ in range(3)] == [200, 504, 200]


def test_listing_models_does_not_use_a_fault_up(start: Any, http: httpx.Client) -> None:
    sim = start(script("overloaded_529"))
    headers = {"x-api-key": "sk-ant-api03-x", "anthropic-version": "2023-06-01"}
    assert http.get(f"{sim.url}/v1/models", headers=headers).status_code == 200
    assert ask(http, sim, "anthropic").status_code == 529


def events(text: str) -> list[dict[str, Any]]:
    return [orjson.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]


@pytest.mark.parametrize(("at_event", "deltas"), [(None, 0), (0, 0), (1, 1), (3, 3)])
def test_anthropic_error_event(at_event: int | None, deltas: int, start: Any, http: httpx.Client) -> None:
    answer = ask(http, start(script("error_in_stream", at_event=at_event)), "anthropic", stream=True)
    assert answer.status_code == 200
    kinds = [event["type"] for event in events(answer.text)]
    assert kinds.count("content_block_delta") == deltas
    assert kinds[0] == "message_start"
    assert kinds[-1] == "error"
    assert "message_stop" not in kinds
    assert ("content_block_start" in kinds) == bool(deltas)
    assert events(answer.text)[-1]["error"] == {"type": "overloaded_error", "message": "Overloaded"}


def test_responses_error_events(start: Any, http: httpx.Client) -> None:
    row = {"code": "rate_limit_exceeded", "retry_after_s": 4.2}
    failed = events(ask(http, start(script("error_in_stream", **row)), "codex").text)
    assert [event["type"] for event in failed] == ["response.created", "response.in_progress", "response.failed"]
    assert failed[-1]["response"]["error"]["code"] == "rate_limit_exceeded"
    assert "try again in 4.2s" in failed[-1]["response"]["error"]["message"]
    assert [event["sequence_number"] for event in failed] == [0, 1, 2]
    flat = events(ask(http, start(script("error_in_stream", flat_error_event=True)), "codex").text)
    assert flat[-1]["type"] == "error"
    assert flat[-1]["code"] == "server_is_overloaded"


def test_chat_error_event(start: Any, http: httpx.Client) -> None:
    answer = ask(http, start(script("error_in_stream", at_event=1)), "chat", stream=True)
    assert events(answer.text)[-1]["error"]["code"] == "server_is_overloaded"
    assert "[DONE]" not in answer.text


def test_error_in_stream_without_a_stream_is_a_status(start: Any, http: httpx.Client) -> None:
    assert ask(http, start(script("error_in_stream")), "anthropic").status_code == 529
    rate = script("error_in_stream", code="rate_limit_error")
    assert ask(http, start(rate), "anthropic").status_code == 429


@pytest.mark.parametrize("fault", ["cut_stream", "reset"])
@pytest.mark.parametrize("stream", [True, None])
def test_cut_connection_is_not_a_complete_answer(
    fault: str, stream: bool | None, start: Any, http: httpx.Client
) -> None:
    sim = start(script(fault, at_event=2))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        ask(http, sim, "anthropic", stream=stream)
    seen = sim.wait_for_requests(1)[0]
    assert (seen.status, seen.outcome) == (200, "cut")
    assert seen.response_bytes


@pytest.mark.parametrize("provider", ["anthropic", "chat", "codex"])
def test_stream_may_end_cleanly_without_its_terminal_event(provider: str, start: Any, http: httpx.Client) -> None:
    sim = start(script("end_without_terminal"))
    answer = ask(http, sim, provider, stream=True)
    assert answer.status_code == 200
    assert not [word for word in ("message_stop", "[DONE]", "response.completed") if word in answer.text]
    assert "You said" in answer.text or "hello" in answer.text


@pytest.mark.parametrize("fault", ["close_before_headers", "reset", "garbage"])
def test_connection_fault_before_the_headers(fault: str, start: Any, http: httpx.Client) -> None:
    sim = start(script(fault))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        ask(http, sim, "anthropic")
    seen = sim.wait_for_requests(1)[0]
    assert (seen.status, seen.outcome) == (None, "cut")
    assert ask(http, sim, "anthropic").status_code == 200


@pytest.mark.parametrize("fault", ["stall_before_headers", "stall_mid_stream"])
def test_stall_ends_when_the_client_leaves(fault: str, start: Any) -> None:
    sim = start(script(fault))
    with httpx.Client(timeout=0.2, trust_env=False) as hurried, pytest.raises(httpx.ReadTimeout):
        ask(hurried, sim, "anthropic", stream=True)
    assert sim.wait_for_requests(1)[0].outcome == "client_closed"


@pytest.mark.parametrize("fault", ["stall_before_headers", "stall_mid_stream"])
@pytest.mark.parametrize("stream", [True, None])
def test_stall_ends_when_its_time_has_passed(fault: str, stream: bool | None, start: Any, http: httpx.Client) -> None:
    sim = start(script(fault, delay_s=0.1))
    began = time.monotonic()
    answer = ask(http, sim, "anthropic", stream=stream)
    assert time.monotonic() - began >= 0.1
    assert answer.text == ask(http, start(), "anthropic", stream=stream).text


def test_slow_stream_is_whole_but_slow(start: Any, http: httpx.Client) -> None:
    sim = start(script("slow_stream", delay_s=0.01).model_copy(update={"reply_words": 5}))
    began = time.monotonic()
    answer = ask(http, sim, "anthropic", stream=True)
    assert time.monotonic() - began >= 0.05
    assert answer.text.endswith('data: {"type":"message_stop"}\n\n')


@pytest.mark.parametrize(
    ("fields", "stream", "status"), [({}, True, 200), ({}, None, 200), ({"status": 500}, None, 500)]
)
def test_huge_body_is_huge_and_valid(
    fields: dict[str, Any], stream: bool | None, status: int, start: Any, http: httpx.Client
) -> None:
    sim = start(script("huge_body", size_bytes=2_000_000, **fields))
    answer = ask(http, sim, "anthropic", stream=stream)
    assert answer.status_code == status
    assert len(answer.content) >= 2_000_000
    if stream:
        assert events(answer.text)[-1]["type"] == "message_stop"
    else:
        assert answer.json()
    assert sim.wait_for_requests(1)[0].response_size == len(answer.content)


def test_fault_does_not_change_what_the_next_attempt_gets(start: Any, http: httpx.Client) -> None:
    calm = ask(http, start(), "oauth", stream=True)
    for fault in ("overloaded_529", "error_in_stream", "end_without_terminal"):
        sim = start(script(fault))
        ask(http, sim, "oauth", stream=True)
        assert ask(http, sim, "oauth", stream=True).content == calm.content


def test_fault_shows_the_window_as_full_without_filling_it(start: Any, http: httpx.Client) -> None:
    windows = [Window(name="5h", length_s=18_000, capacity_tokens=1_000_000, used=0.25)]
    faults = [Fault(fault="window_exhausted")]
    sim: SimulatorThread = start(
        Script(accounts=[Account(token=OAUTH, kind="anthropic_oauth", windows=windows)], faults=faults)
    )
    url = f"{sim.url}/v1/messages"
    full, after = (http.post(url, json=claude_code_body(), headers=OAUTH_HEADERS) for _ in range(2))
    assert full.headers[f"{UNIFIED}-5h-utilization"] == "1.01"
    assert after.headers[f"{UNIFIED}-5h-utilization"].startswith("0.25")
