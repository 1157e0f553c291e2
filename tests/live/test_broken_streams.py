"""Streams that break after their first content: no splice, no clean end, an error in the client's own format.

Claude Code and the SDKs take a stream that just ends for a finished answer, so this is what must never happen.
"""

import socket
from typing import Any

import httpx
import orjson
import pytest

from router_core.simulator import Fault, Pace
from tests.support.lab import ASKING, Lab
from tests.support.router import wait_until

STREAMS = ["anthropic", "responses", "codex", "chat"]
TERMINAL = {
    "anthropic": "message_stop",
    "responses": "response.completed",
    "codex": "response.completed",
    "chat": "[DONE]",
}


def events(text: str) -> list[dict[str, Any]]:
    return [orjson.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]


def error_of(ask: str, event: dict[str, Any]) -> dict[str, Any]:
    """The error object of an error event; fails when the event is none in this client's format."""
    match ask:
        case "anthropic":
            assert event["type"] == "error"
            error: dict[str, Any] = event["error"]
        case "chat":
            assert "choices" not in event
            error = event["error"]
        case _:
            assert (event["type"], event["response"]["status"]) == ("response.failed", "failed")
            error = event["response"]["error"]
    return error


@pytest.mark.parametrize("ask", STREAMS)
@pytest.mark.parametrize("fault", ["cut_stream", "reset", "end_without_terminal"])
def test_a_stream_that_loses_its_provider_ends_with_an_error_event(fault: str, ask: str, lab: Lab) -> None:
    lab.fresh(ask)
    lab.faults(lab.fault(fault, at_event=4))
    lab.simulator.set_pace(Pace(delay_s=0.002))  # so that a reset does not overtake what was sent before it
    answer = lab.ask(ask, stream=True)
    sent = lab.seen()[0].response_bytes
    assert answer.status_code == 200
    assert answer.content.startswith(sent)
    first, *_, last = events(answer.text)
    error = error_of(ask, last)
    if "response" in first:
        assert last["response"]["id"] == first["response"]["id"]
    assert "broke off" in error["message"]
    assert TERMINAL[ask] not in answer.text
    assert lab.paid() == ["first"]  # what the client has seen is never asked for again
    row = lab.rows()[0]
    assert (row["state"], row["status"]) == ("broken", 200)
    attempt = lab.attempts(row)[0]
    assert (attempt["outcome"], attempt["action"]) == ("connection_closed", "give_up")
    assert "content had been sent already" in attempt["reason"]
    assert (lab.token().cooldowns, lab.token().health) == ((), "healthy")


@pytest.mark.parametrize(
    ("ask", "code", "rests"),
    [
        ("anthropic", "overloaded_error", "claude-sonnet-5"),
        ("codex", "usage_limit_reached", ""),
        ("responses", "server_is_overloaded", "gpt-5.5"),
        ("chat", "server_is_overloaded", "gpt-5.5"),
        ("anthropic", "api_error", None),
    ],
)
def test_an_error_event_after_content_is_the_clients_but_the_token_still_rests(
    ask: str, code: str, rests: str | None, lab: Lab
) -> None:
    lab.fresh(ask)
    lab.faults(lab.fault("error_in_stream", at_event=3, code=code))
    answer = lab.ask(ask, stream=True)
    assert answer.content == lab.seen()[0].response_bytes  # the provider's own words, and only once
    assert events(answer.text)[-1]
    assert lab.paid() == ["first"]
    assert lab.rows()[0]["state"] == "broken"
    assert [c.model for c in lab.token().cooldowns] == ([] if rests is None else [rests])


def test_a_plain_answer_that_is_cut_is_no_answer(lab: Lab) -> None:
    """It was held back whole, so nothing of it had been sent: another attempt is possible."""
    lab.fresh("responses")
    lab.faults(lab.fault("cut_stream"))
    assert lab.ask("responses").content == lab.seen()[-1].response_bytes
    assert lab.paid() == ["first", "first", "second"]


# ---- when the client goes first --------------------------------------------------------------------------------------


def test_a_client_that_leaves_mid_stream_cancels_the_provider(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.simulator.set_pace(Pace(delay_s=0.02))
    with lab.stream("anthropic", max_tokens=2000) as answer:
        assert next(answer.iter_bytes())
    seen = lab.simulator.wait_for_requests(1)
    assert seen[0].outcome == "client_closed"
    row = lab.rows()[0]
    assert (row["state"], row["error"]) == ("client_closed", "the client went away")
    assert row["input_tokens"]  # message_start had told
    assert lab.outcomes() == [("first", "client_closed", "cancelled")]
    assert (lab.token().cooldowns, lab.token().health) == ((), "healthy")


def test_a_client_that_leaves_before_the_answer_cancels_the_provider(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("stall_before_headers"))
    with pytest.raises(httpx.ReadTimeout):
        lab.http.post("/claude/v1/messages", json=ASKING["anthropic"][2](), headers=ASKING["anthropic"][3], timeout=0.3)
    seen = lab.simulator.wait_for_requests(1)
    assert seen[0].outcome == "client_closed"
    assert lab.rows()[0]["state"] == "client_closed"
    assert lab.paid() == ["first"]


def test_a_client_that_leaves_while_an_answer_is_held_back_cancels_the_provider(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("stall_mid_stream", at_event=0))
    with pytest.raises(httpx.ReadTimeout):
        lab.http.post(
            "/claude/v1/messages", json=ASKING["anthropic"][2](stream=True), headers=ASKING["anthropic"][3], timeout=0.3
        )
    assert lab.simulator.wait_for_requests(1)[0].outcome == "client_closed"
    assert lab.rows()[0]["state"] == "client_closed"


def test_codex_closing_at_response_completed_is_no_failure(lab: Lab) -> None:
    """The real client closes the connection at that event, often before the provider has ended the stream."""
    lab.fresh("codex")
    all_events_then_silence = Fault(fault="stall_mid_stream", at_event=100_000, times=0)
    lab.faults(all_events_then_silence)
    with lab.stream("codex") as answer:
        text = ""
        for part in answer.iter_text():
            text += part
            if "response.completed" in text and text.endswith("\n\n"):
                break
    row = lab.rows()[0]
    assert (row["state"], row["stop_reason"], row["error"]) == ("ok", "completed", "")
    assert row["output_tokens"]
    assert lab.outcomes() == [("first", "answered", "done")]
    assert lab.simulator.wait_for_requests(1)[0].outcome == "client_closed"


def test_a_client_that_resets_the_connection_harms_nobody_else(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.simulator.set_pace(Pace(delay_s=0.02))
    address = ("127.0.0.1", lab.router.port)
    body = orjson.dumps(ASKING["anthropic"][2](stream=True))
    head = (
        f"POST /claude/v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: {lab.router.home.gateway_token()}\r\n"
        f"anthropic-version: 2023-06-01\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(address, timeout=5) as rude:
        rude.sendall(head.encode() + body)
        assert rude.recv(200).startswith(b"HTTP/1.1 200")
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wait_until(lambda: lab.rows()[0]["state"] == "client_closed")
    lab.simulator.set_pace(Pace())
    assert lab.ask("anthropic").status_code == 200
