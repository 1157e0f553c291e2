"""Silence: while connecting, before the headers, before the content, in the middle. Each has its own limit."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from router_core.simulator import Pace
from router_core.tokens.token import Token
from tests.router_core.simulator.asking import chat_body
from tests.support.lab import Lab, running_lab
from tests.support.router import free_port, wait_until

LIMIT_S = 0.7
HOLD_S = 0.2
TOTAL_S = 2.5
LIMITS = {
    "MITMROUTER__TIMEOUTS__CONNECT_S": str(LIMIT_S),
    "MITMROUTER__TIMEOUTS__FIRST_BYTE_S": str(LIMIT_S),
    "MITMROUTER__TIMEOUTS__IDLE_S": str(LIMIT_S),
    "MITMROUTER__TIMEOUTS__TOTAL_S": str(TOTAL_S),
    "MITMROUTER__FAILOVER__HOLD_S": str(HOLD_S),
}


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """Takes connections and never says a word."""
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        done = threading.Event()

        def accept() -> None:
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    kept.append(listening.accept()[0])

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            done.set()
            thread.join()
            for connection in kept:
                connection.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Small limits; nobody listens where `openai` and `groq` are; `codex` never finishes the TLS handshake."""
    with silent_server() as silent:
        urls = {
            "groq": f"http://127.0.0.1:{free_port()}/openai/v1",
            "openai": f"http://127.0.0.1:{free_port()}/v1",
            "codex": f"https://127.0.0.1:{silent}/backend-api/codex",
        }
        with running_lab(tmp_path_factory.mktemp("lab"), base_urls=urls, env=LIMITS) as running:
            yield running


def events(text: str) -> list[dict[str, Any]]:
    return [orjson.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]


def test_a_refused_connection_is_tried_twice_and_is_json_at_once(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.add("refused", "chat")
    began = time.monotonic()
    answer = lab.ask("chat")
    assert time.monotonic() - began < 2
    assert (answer.status_code, answer.json()["error"]["type"]) == (502, "server_error")
    assert "127.0.0.1" in answer.json()["error"]["message"]
    assert lab.outcomes() == [("refused", "connect_failed", "same_token"), ("refused", "connect_failed", "give_up")]
    assert (lab.token("refused").health, lab.token("refused").cooldowns) == ("healthy", ())


def test_a_connection_that_never_stands_is_given_up_in_time(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.add("silent", "codex")
    began = time.monotonic()
    answer = lab.ask("codex")
    assert 2 * LIMIT_S <= time.monotonic() - began < 2 * LIMIT_S + 2
    assert answer.status_code == 504
    assert "connect_timeout" in answer.json()["error"]["message"]
    assert [outcome for _, outcome, _ in lab.outcomes()] == ["connect_failed", "connect_failed"]
    for attempt in lab.attempts(lab.rows()[0]):
        assert LIMIT_S * 1000 - 50 <= attempt["connect_ms"] <= attempt["total_ms"]
        assert attempt["first_byte_ms"] is None
    assert (lab.token("silent").health, lab.token("silent").cooldowns) == ("healthy", ())


def test_another_clients_requests_are_served_while_one_connects_in_vain(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.add("silent", "codex")
    waiting = threading.Thread(target=lab.ask, args=("codex",))
    waiting.start()
    assert lab.ask("anthropic").status_code == 200
    assert waiting.is_alive()
    waiting.join()


def test_silence_before_the_headers_is_tried_once_more(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("stall_before_headers", times=1))
    answer = lab.ask("anthropic", stream=True)
    assert (answer.status_code, answer.content) == (200, lab.seen()[-1].response_bytes)
    assert lab.paid() == ["first", "first"]
    assert lab.outcomes() == [("first", "timed_out", "same_token"), ("first", "answered", "done")]
    assert lab.seen()[0].outcome == "client_closed"  # the silent attempt was cancelled
    assert (lab.token().cooldowns, lab.token().health) == ((), "healthy")


def test_silence_that_goes_on_is_tried_with_another_token_and_then_504(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("stall_before_headers"))
    assert lab.ask("anthropic").status_code == 200
    assert lab.paid() == ["first", "first", "second"]

    lab.fresh("anthropic")
    lab.faults(lab.fault("stall_before_headers", "*"))
    answer = lab.ask("anthropic")
    assert (answer.status_code, answer.json()["error"]["type"]) == (504, "timeout_error")
    assert lab.paid() == ["first", "first", "second"]


def test_silence_in_a_plain_answer_is_tried_once_more(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("stall_mid_stream", times=1))
    answer = lab.ask("anthropic")
    assert (answer.status_code, answer.content) == (200, lab.seen()[-1].response_bytes)
    assert lab.paid() == ["first", "first"]


def test_silence_after_content_ends_with_an_error_event(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("stall_mid_stream", at_event=3))
    answer = lab.ask("anthropic", stream=True)
    assert answer.content.startswith(lab.seen()[0].response_bytes)
    assert events(answer.text)[-1]["type"] == "error"
    assert lab.rows()[0]["state"] == "broken"
    assert lab.outcomes() == [("first", "timed_out", "give_up")]
    assert lab.simulator.wait_for_requests(1)[0].outcome == "client_closed"
    assert (lab.token().cooldowns, lab.token().health) == ((), "healthy")


def test_a_stream_that_begins_but_says_nothing_yet_is_let_through_in_the_end(lab: Lab) -> None:
    """Its client shows that something is happening; the failover has waited long enough."""
    lab.fresh("anthropic")
    lab.faults(lab.fault("stall_mid_stream", at_event=0, delay_s=LIMIT_S - 0.25, times=1))
    arrivals: list[tuple[float, str]] = []
    began = time.monotonic()
    with lab.stream("anthropic") as answer:
        for part in answer.iter_text():
            arrivals.append((time.monotonic() - began, part))
    assert "message_start" in arrivals[0][1]
    assert "content_block" not in arrivals[0][1]
    assert HOLD_S - 0.05 <= arrivals[0][0] < arrivals[1][0]
    assert "".join(part for _, part in arrivals).encode() == lab.seen()[0].response_bytes
    assert lab.paid() == ["first"]


def test_a_slow_stream_is_not_a_silent_one(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.simulator.set_pace(Pace(delay_s=LIMIT_S / 5, events_per_chunk=6))
    began = time.monotonic()
    answer = lab.ask("anthropic", stream=True)
    assert time.monotonic() - began > LIMIT_S  # longer in all than the silence allowed
    assert answer.content == lab.seen()[0].response_bytes
    assert lab.rows()[0]["state"] == "ok"


def test_a_deadline_of_an_attempt_does_not_strike_the_next_request_of_the_connection(lab: Lab) -> None:
    lab.fresh("anthropic")
    for _ in range(3):
        assert lab.ask("anthropic", stream=True).status_code == 200
        time.sleep(LIMIT_S / 2)
    assert [row["state"] for row in lab.rows(3)] == ["ok"] * 3


def test_an_answer_that_never_ends_is_ended(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.simulator.set_pace(Pace(delay_s=LIMIT_S / 4))
    began = time.monotonic()
    answer = lab.ask("anthropic", stream=True)
    assert TOTAL_S <= time.monotonic() - began < TOTAL_S + 2
    assert events(answer.text)[-1]["type"] == "error"
    assert lab.rows()[0]["state"] == "broken"
    assert lab.simulator.wait_for_requests(1)[0].outcome == "client_closed"


def test_a_host_that_fails_again_and_again_is_left_alone_for_a_while(lab: Lab) -> None:
    """It is about the host: no token is to blame, and other providers go on."""
    lab.fresh("anthropic")
    lab.store.add(Token("", "unlucky", "groq", "gsk_unlucky-0123456789"))
    wait_until(lambda: "unlucky" in {token["name"] for token in lab.status()})
    answers = [lab.http.post("/groq/v1/chat/completions", json=chat_body()) for _ in range(12)]
    assert {answer.status_code for answer in answers[:10]} == {502}
    assert {answer.status_code for answer in answers[10:]} == {503}
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert "again and again" in answers[-1].json()["error"]["message"]
    assert (lab.token("unlucky").health, lab.token("unlucky").cooldowns) == ("healthy", ())
    assert lab.ask("anthropic").status_code == 200
