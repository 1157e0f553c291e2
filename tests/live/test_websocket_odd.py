"""Strangers and odd clients at the router's WebSocket: refused, answered, or ended with the code for it."""

import orjson
import pytest

from tests.support.lab import Lab
from tests.support.websocket import TIMEOUT_S, UPGRADE, code_of_close, opened, say, send, text_of, turn


@pytest.fixture(scope="module")
def lab(sockets: Lab) -> Lab:
    return sockets


STRANGERS = {
    "origin": {"origin": "https://evil.example"},
    "fetch site": {"sec-fetch-site": "cross-site"},
    "token": {"authorization": "Bearer wrong"},
    "host": {"host": "evil.example"},
}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
def test_a_handshake_of_a_stranger_is_refused(headers: dict[str, str], lab: Lab) -> None:
    lab.fresh("codex")
    answer = lab.http.get("/codex/responses", headers=UPGRADE | headers)
    assert answer.status_code == 403
    assert lab.simulator.requests == []


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("/codex/models", {}),
        ("/claude/v1/responses", {}),
        ("/nobody/responses", {}),
        ("/v1/messages", {}),
        ("/codex/responses", {"sec-websocket-version": "8"}),
        ("/codex/responses", {"sec-websocket-key": ""}),
    ],
)
def test_other_handshakes_are_answered_426_without_asking_anybody(path: str, changes: dict[str, str], lab: Lab) -> None:
    lab.fresh("codex")
    assert lab.http.get(path, headers=UPGRADE | changes).status_code == 426
    assert lab.simulator.requests == []


def test_messages_that_are_no_turns_are_answered_and_the_connection_lives(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        for text in ("{", "[]", '{"type": 5}', '{"type": null}', '"x"', "[" * 5000):
            socket.send(text)
            error = orjson.loads(socket.recv(timeout=TIMEOUT_S))
            assert (error["type"], error["status"], error["error"]["code"]) == ("error", 400, "invalid_event")
        assert text_of(turn(socket))


def test_a_message_for_the_provider_alone_reaches_it(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        id_ = turn(socket)[-1]["response"]["id"]
        socket.send(orjson.dumps({"type": "response.processed", "response_id": id_}).decode())
        assert text_of(turn(socket))  # the simulator takes it and says nothing, as the provider does


def test_a_huge_message_ends_the_connection_with_the_code_for_it(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        send(socket, input=say("x" * 400_000))
        assert code_of_close(socket) == 1009
    assert lab.seen() == []


def test_a_binary_message_ends_the_connection_with_the_code_for_it(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        socket.send(b"\x00\x01")
        assert code_of_close(socket) == 1003


def test_more_turns_ahead_than_anyone_needs_end_the_connection(lab: Lab) -> None:
    lab.fresh("codex")
    lab.faults(lab.fault("stall_before_headers", "*", times=1, delay_s=3))
    with opened(lab) as socket:
        for _ in range(18):
            send(socket)
        assert code_of_close(socket) == 1008


def test_a_ping_is_answered(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        assert socket.ping().wait(TIMEOUT_S)
