"""Responses over WebSocket where it cannot be had, or falls silent: 426 for the handshake, HTTP for the turn."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from router_core.simulator import Fault, Script
from tests.support.lab import Lab, running_lab
from tests.support.websocket import UPGRADE, code_of_close, kinds, opened, say, text_of, turn

CODEX = "/backend-api/codex/responses"
LIMIT_S = 0.6
LIMITS = {f"MITMROUTER__TIMEOUTS__{name}_S": str(LIMIT_S) for name in ("FIRST_BYTE", "IDLE")}


@pytest.fixture
def speaking(tmp_path: Path) -> Iterator[Lab]:
    """A router of its own: what it learns of a provider stays with it."""
    with running_lab(tmp_path, Script(websocket=True)) as running:
        running.fresh("codex")
        yield running


def status_of_handshake(lab: Lab, path: str = "/codex/responses") -> int:
    return lab.http.get(path, headers=UPGRADE).status_code


@pytest.mark.parametrize("path", ["", CODEX], ids=["at the first turn", "after the handshake"])
def test_a_provider_that_closes_at_once_with_1008_gets_the_turn_over_http(path: str, speaking: Lab) -> None:  # 71
    speaking.faults(Fault(fault="websocket_close", path=path, times=0))
    with opened(speaking) as socket:
        first = turn(socket, input=say("one"))
        second = turn(socket, input=say("two"), previous_response_id=first[-1]["response"]["id"])
    assert text_of(first).startswith("You said: one.")
    assert text_of(second).startswith("You said: two.")
    posts = [seen for seen in speaking.seen() if seen.method == "POST"]
    assert [seen.path for seen in posts] == [CODEX, CODEX]
    assert b"previous_response_id" not in posts[1].body
    assert b"You said: one." in posts[1].body
    assert status_of_handshake(speaking) == 426  # remembered: the client goes to HTTP itself
    assert (speaking.token().health, speaking.token().cooldowns, speaking.store.breakers()) == ("healthy", (), [])


def test_a_provider_that_closes_each_new_socket_is_asked_over_http_in_the_end(speaking: Lab) -> None:
    speaking.faults(Fault(fault="websocket_close", code="1011", times=0))
    with opened(speaking) as socket:
        assert text_of(turn(socket)).startswith("You said:")
    assert [seen.method for seen in speaking.seen()] == ["WS", "WS", "POST"]
    (row,) = speaking.rows(1)
    assert row["state"] == "ok"
    assert "over HTTP" in speaking.attempts(row)[-1]["because"]


def test_a_provider_that_stops_speaking_it_in_the_middle_gets_the_turn_over_http(speaking: Lab) -> None:
    with opened(speaking) as socket:
        first = turn(socket, input=say("one"))
        speaking.faults(
            Fault(fault="close_before_headers"), Fault(fault="status", status=404, path=CODEX, times=1, after=1)
        )  # the socket dies, and the next handshake is refused
        second = turn(socket, input=say("two"), previous_response_id=first[-1]["response"]["id"])
    assert text_of(second).startswith("You said: two.")
    assert [(seen.method, seen.status) for seen in speaking.seen()] == [("WS", 200), ("WS", 200), ("POST", 200)]


def test_a_refusal_is_asked_for_once_and_remembered(tmp_path: Path) -> None:
    with running_lab(tmp_path, Script(websocket=False)) as lab:
        lab.fresh("codex")
        assert {status_of_handshake(lab) for _ in range(5)} == {426}
        assert {status_of_handshake(lab, "/v1/responses") for _ in range(5)} == {426}
        assert [(seen.method, seen.status) for seen in lab.simulator.requests] == [("GET", 426)]
        assert lab.ask("codex").status_code == 200
        assert lab.paid() == ["first"]
        assert len(lab.rows(1)) == 1  # handshakes have no rows


def test_the_configuration_can_switch_it_off(tmp_path: Path) -> None:
    env = {"MITMROUTER__PROVIDERS__CODEX__WEBSOCKET": "false"}
    with running_lab(tmp_path, Script(websocket=True), env=env) as lab:
        lab.fresh("codex")
        assert [status_of_handshake(lab, path) for path in ("/codex/responses", "/v1/responses")] == [426, 426]
        assert lab.simulator.requests == []


@pytest.mark.parametrize("fault", ["server_error_500", "close_before_headers", "usage_limit_reached", "forbidden_403"])
def test_a_handshake_that_nobody_can_have_is_426_and_nothing_is_remembered(fault: str, speaking: Lab) -> None:
    speaking.faults(speaking.fault(fault, "*", path=CODEX))
    assert status_of_handshake(speaking) == 426
    speaking.fresh("codex")
    with opened(speaking) as socket:
        assert text_of(turn(socket))


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("impatient"), Script(websocket=True), env=LIMITS) as running:
        yield running


def test_a_silent_socket_is_given_up(impatient: Lab) -> None:
    impatient.fresh("codex")
    impatient.faults(impatient.fault("stall_before_headers", "*", times=1))
    with opened(impatient) as socket:
        assert text_of(turn(socket))
    (row,) = impatient.rows(1)
    assert [attempt["outcome"] for attempt in impatient.attempts(row)] == ["timed_out", "answered"]


def test_a_socket_that_falls_silent_in_the_middle_ends_the_turn_visibly(impatient: Lab) -> None:
    impatient.fresh("codex")
    impatient.faults(impatient.fault("stall_mid_stream", "*", times=1, at_event=3))
    with opened(impatient) as socket:
        events: list[dict[str, Any]] = turn(socket)
        assert kinds(events)[-1] == "response.failed"
        assert text_of(turn(socket))
    assert [row["state"] for row in impatient.rows(2)] == ["broken", "ok"]


def test_an_idle_socket_lives_on(impatient: Lab) -> None:
    """The limits are those of attempts; between turns a person thinks."""
    impatient.fresh("codex")
    with opened(impatient) as socket:
        first = turn(socket, input=say("one"))
        with pytest.raises(TimeoutError):
            socket.recv(timeout=2 * LIMIT_S)
        second = turn(socket, input=say("two"), previous_response_id=first[-1]["response"]["id"])
    assert text_of(second)
    assert [seen.method for seen in impatient.simulator.wait_for_requests(3)] == ["GET", "WS", "WS"]


def test_when_the_router_stops_the_client_is_let_go(tmp_path: Path) -> None:
    with running_lab(tmp_path, Script(websocket=True)) as lab:
        lab.fresh("codex")
        with opened(lab) as socket:
            turn(socket)
            lab.router.stop()
            assert code_of_close(socket) == 1006
        assert lab.router.process.returncode == 0
        assert "Traceback" not in (lab.router.home.path / "mitmdump.out").read_text()
        seen = lab.simulator.wait_for_requests(2)
        assert [one.outcome for one in seen if one.method == "GET"] == ["complete"]
