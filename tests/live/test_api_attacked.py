"""The admin API and the portal of a real router, hammered and held up: requests go on, and nothing is used up."""

import contextlib
import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live.test_admin_api import admin
from tests.live.test_api_traces import told
from tests.live.test_portal import session
from tests.support.lab import Lab, wait_until


def _sent(lab: Lab, method: str, path: str, *headers: str, body: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", lab.router.port), timeout=5)
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", f"content-length: {len(body)}", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode() + body)
    return connection


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_asks_for_events_and_is_gone_before_they_begin_is_no_reader(lab: Lab, method: str) -> None:
    token = f"authorization: {lab.router.admin_headers['authorization']}"
    for last in ("", "last-event-id: 1-1"):
        for _ in range(10):
            _sent(lab, method, "/api/events", token, *[last] * bool(last)).close()
    assert admin(lab, "HEAD", "/api/events").status_code == 200
    wait_until(lambda: told(lab, "/api/health")["event_readers"] == 0)


@contextlib.contextmanager
def _held(lab: Lab) -> Iterator[sqlite3.Connection]:
    """tokens.db, while another program writes to it."""
    with contextlib.closing(sqlite3.connect(lab.router.home.tokens_db, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield other


@pytest.mark.parametrize(
    ("method", "path", "change"),
    [
        ("PATCH", "/api/tokens/first", {"priority": 3}),
        ("PUT", "/api/tokens/order", {"names": ["second", "first"]}),
        ("POST", "/api/tokens/first/test", {}),
        ("DELETE", "/api/tokens/second", None),
    ],
)
def test_requests_go_on_while_a_change_waits_for_another_program(
    lab: Lab, method: str, path: str, change: dict[str, object] | None
) -> None:
    lab.fresh("anthropic")
    with lab.router.http() as client, ThreadPoolExecutor(1) as pool, _held(lab) as other:
        answer = pool.submit(lambda: client.request(method, path, json=change, headers=_admin(lab)))
        threading.Event().wait(0.2)
        assert lab.http.get("/health", timeout=1).status_code == 200
        other.execute("rollback")
        assert answer.result(5).status_code == 200


def _admin(lab: Lab) -> dict[str, str]:
    return {**lab.router.admin_headers, "content-type": "application/json"}


def test_providers_that_do_not_answer_a_test_hold_up_nothing_else(lab: Lab) -> None:
    names = tuple(f"t{number}" for number in range(8))
    lab.fresh("anthropic", tokens=names)
    lab.faults(lab.fault("stall_before_headers", "*", delay_s=2))
    waiting = [
        _sent(lab, "POST", f"/api/tokens/{name}/test", *(f"{k}: {v}" for k, v in _admin(lab).items()), body=b"{}")
        for name in names
    ]
    try:
        wait_until(lambda: len(lab.simulator.requests) >= len(names), timeout_s=1.5)
        assert lab.http.get("/api/config", headers=lab.router.admin_headers, timeout=1).status_code == 200
    finally:
        lab.simulator.reset()
        for connection in waiting:
            connection.close()


@pytest.mark.parametrize("path", ["/portal/ws/", "/portal//ws", "/portal/session/", "/portal/static//app.js"])
def test_the_portal_has_one_spelling_of_each_path(lab: Lab, path: str) -> None:
    """Its guard looks for the WebSocket's path: no other may lead there."""
    upgrade = {"origin": lab.router.url, **session(lab), "upgrade": "websocket", "connection": "upgrade"}
    asked = lab.http.get(path, headers=upgrade)
    assert asked.status_code == 404, asked.text


def test_what_cannot_be_credentials_is_not_even_read(lab: Lab) -> None:
    given = json.dumps({"admin_token": lab.router.home.admin_token()}) + " " * 10_000
    own = {"origin": lab.router.url, "content-type": "application/json"}
    assert lab.http.post("/portal/session", content=given, headers=own).status_code == 400
