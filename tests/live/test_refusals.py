"""When the router itself says no: nobody can pay, the client may not, the request cannot be read. Always JSON, always
in the form that makes this client do the sensible thing."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.live.raw_http import send_raw, send_request
from tests.support.lab import ASKING, Lab, running_lab

CODEX_CLI = {"originator": "codex_exec", "user-agent": "codex_exec/0.169.0"}


def error(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()["error"]
    return found


# ---- no token can pay ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", ["oauth", "chat", "responses", "codex"])
def test_with_every_token_resting_the_answer_names_who_comes_back_when(ask: str, lab: Lab) -> None:
    lab.fresh(ask)
    fault = "window_exhausted" if ask != "codex" else "usage_limit_reached"
    lab.faults(lab.fault(fault, "second", retry_after_s=40), lab.fault(fault, "first", retry_after_s=7000))
    last = lab.ask(ask)
    again = lab.ask(ask)  # nothing is asked upstream any more
    assert lab.paid() == ["first", "second"]
    for answer in (last, again):
        assert answer.status_code == 429
        assert 35 <= int(answer.headers["retry-after"]) <= 42
        message = error(answer)["message"]
        assert re.search(r"first: resting.* for 1h", message), message
        assert re.search(r"second: resting.* for (3\d|40)s", message), message
        assert error(answer)["type"] == "rate_limit_error"
    rows = lab.rows(2)
    assert [row["state"] for row in rows] == ["failed", "refused"]
    assert [row["attempts"] for row in rows] == [2, 0]


def test_codex_is_told_to_stop_when_the_wait_is_long(lab: Lab) -> None:
    """It would sit out any `retry-after`, for days if need be."""
    lab.fresh("codex")
    lab.faults(lab.fault("usage_limit_reached", "*", retry_after_s=7000))
    answer = lab.ask("codex", headers=CODEX_CLI)
    assert answer.status_code == 429
    assert "retry-after" not in answer.headers
    assert error(answer)["type"] == "usage_limit_reached"
    assert error(answer)["resets_in_seconds"] == pytest.approx(7000, abs=5)
    assert error(answer)["resets_at"] == pytest.approx(time.time() + 7000, abs=5)
    assert "first" in error(answer)["message"]


def test_codex_is_told_to_wait_when_the_wait_is_short(lab: Lab) -> None:
    lab.fresh("codex")
    lab.faults(lab.fault("usage_limit_reached", "*", retry_after_s=20))
    answer = lab.ask("codex", headers=CODEX_CLI)
    assert 15 <= int(answer.headers["retry-after"]) <= 22


def test_without_any_token_waiting_does_not_help_and_the_remedy_is_named(lab: Lab) -> None:
    lab.fresh("anthropic")
    answer = lab.ask("codex")
    assert answer.status_code == 429
    assert answer.headers["x-should-retry"] == "false"
    assert "retry-after" not in answer.headers
    assert "mitmrouter auth login codex" in error(answer)["message"]


def test_unhealthy_and_disabled_tokens_are_named_with_their_reason(lab: Lab) -> None:
    lab.fresh("anthropic", tokens=("first",))
    lab.add("off", "anthropic", enabled=False)
    lab.faults(lab.fault("unauthorized_401"))
    answer = lab.ask("anthropic")
    assert answer.status_code == 429
    assert answer.headers["x-should-retry"] == "false"
    message = error(answer)["message"]
    assert "first: unhealthy" in message
    assert "off: disabled" in message
    assert lab.secrets["first"] not in answer.text


# ---- the client may not ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "shape"), [("/claude/v1/messages", "permission_error"), ("/codex/responses", "invalid_request_error")]
)
def test_a_wrong_client_token_is_403_and_nothing_goes_upstream(path: str, shape: str, lab: Lab) -> None:
    lab.fresh("anthropic")
    for headers in ({"authorization": "Bearer sk-placeholder"}, {"authorization": "", "x-api-key": "wrong"}):
        answer = lab.http.post(path, json={"model": "m"}, headers=headers)
        assert (answer.status_code, error(answer)["type"]) == (403, shape)
        assert "mitmrouter activate" in error(answer)["message"]
    assert lab.seen() == []


@pytest.mark.parametrize(
    "headers",
    [{"host": "rebound.example.com"}, {"origin": "https://evil.example.com"}, {"sec-fetch-site": "cross-site"}],
    ids=str,
)
def test_a_web_page_cannot_use_the_router(headers: dict[str, str], lab: Lab) -> None:
    lab.fresh("anthropic")
    answer = lab.ask("anthropic", headers=headers)
    assert (answer.status_code, error(answer)["type"]) == (403, "permission_error")
    assert lab.seen() == []


@pytest.mark.parametrize(
    "path", ["/nothing/here", "/v1/messages", "/", "/claude/../../etc/passwd", "/v1/chat/completions"]
)
def test_an_unknown_path_is_a_404_or_400_in_json(path: str, lab: Lab) -> None:
    lab.fresh("anthropic")
    status, _, body = send_request(lab.router.port, f"POST {path} HTTP/1.1", lab.router.home.gateway_token(), b"{}")
    assert status in (400, 404)
    assert json.loads(body)["error"]["message"]
    assert lab.seen() == []


def test_a_websocket_is_refused_with_426_so_that_codex_falls_back_at_once(lab: Lab) -> None:
    lab.fresh("codex")
    upgrade = {
        "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "openai-beta": "responses_websockets=2026-02-06",
    }  # fmt: skip
    for path in ("/codex/responses", "/codex/v1/responses", "/openai/v1/responses"):
        answer = lab.http.get(path, headers=upgrade)
        assert answer.status_code == 426
        assert error(answer)["message"]
    asked = [(seen.method, seen.status) for seen in lab.simulator.requests]
    assert asked in ([], [("GET", 426)])  # once at most: that it refused is remembered
    assert lab.ask("codex").status_code == 200  # the connection is still good for HTTP


# ---- it cannot be read -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A router that takes 100 kB at most."""
    env = {"MITMROUTER__SERVER__MAX_BODY_BYTES": "100000"}
    with running_lab(tmp_path_factory.mktemp("small"), env=env) as running:
        yield running


def test_a_body_that_is_declared_too_large_is_413(small: Lab) -> None:
    small.fresh("anthropic")
    answer = small.ask("anthropic", metadata={"user_id": "x" * 200_000})
    assert (answer.status_code, error(answer)["type"]) == (413, "request_too_large")
    assert small.seen() == []
    assert small.ask("anthropic").status_code == 200


def test_a_body_that_turns_out_too_large_is_413(small: Lab) -> None:
    small.fresh("anthropic")

    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 10_000

    answer = small.http.post("/claude/v1/messages", content=chunks(), headers=ASKING["anthropic"][3])
    assert (answer.status_code, error(answer)["type"]) == (413, "request_too_large")
    assert small.seen() == []
    assert small.ask("anthropic").status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        b"THIS IS NOT HTTP\r\n\r\n",
        b"POST /claude/v1/messages HTTP/1.1\r\nbroken header line\r\n\r\n",
        b"POST /claude/v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: x\r\n\r\n",
        b"POST /claude/ HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n",
    ],
)
def test_a_request_head_that_is_no_http_is_400_in_json(head: bytes, lab: Lab) -> None:
    lab.fresh("anthropic")
    status, headers, body = send_raw(lab.router.port, head)
    assert status == 400
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["error"]["message"]
    assert lab.ask("anthropic").status_code == 200


def test_endless_headers_are_431(lab: Lab) -> None:
    lab.fresh("anthropic")
    endless = b"POST /claude/v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\n" + b"x-filler: 1\r\n" * 40_000
    status, headers, body = send_raw(lab.router.port, endless)
    assert (status, headers["content-type"]) == (431, "application/json")
    assert json.loads(body)["error"]["message"]
