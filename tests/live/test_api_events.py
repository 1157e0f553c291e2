"""The event stream of a real router, through mitmproxy."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.live.test_admin_api import admin
from tests.support.lab import Lab, restarted, running_lab


class Stream:
    """One reader."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()
        self.last_id = ""

    def next(self) -> tuple[str, dict[str, Any]]:
        """(kind, data) of the next event."""
        kind, data = "", {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            match name:
                case "id":
                    self.last_id = value
                case "event":
                    kind = value
                case "data":
                    data = orjson.loads(value)
                case "" if kind:
                    return kind, data
        raise EOFError

    def until(self, *wanted: str, **fields: Any) -> dict[str, Any]:
        """Data of the first event of these kinds with these fields."""
        while True:
            kind, data = self.next()
            if kind in wanted and fields.items() <= data.items():
                return data


@contextlib.contextmanager
def events(lab: Lab, last_id: str = "") -> Iterator[Stream]:
    headers = {**lab.router.admin_headers, **({"last-event-id": last_id} if last_id else {})}
    with lab.http.stream("GET", "/api/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        yield Stream(answer)


def test_what_happens_is_told_and_can_be_read_then(lab: Lab) -> None:
    lab.fresh("anthropic")
    with events(lab) as one, events(lab) as other:
        lab.ask("anthropic", headers={"x-claude-code-session-id": "told"})
        started = one.until("request.started", session="told")
        finished = one.until("request.finished", session="told")
        assert started["id"] == finished["id"] == other.until("request.finished", session="told")["id"]
        row = admin(lab, "GET", f"/api/traces/{finished['id']}").json()
        assert finished == {name: row[name] for name in finished}
        admin(lab, "PATCH", "/api/tokens/first", {"enabled": False})
        assert one.until("token.changed", name="first", enabled=False)["status"] == "disabled"
        admin(lab, "PUT", "/api/lock", {"target": "codex"})
        assert one.until("lock.changed")["target"] == "codex"
        admin(lab, "PUT", "/api/lock", {"target": None})
        assert other.until("lock.changed", target=None)


def test_who_comes_back_is_told_what_it_has_missed(lab: Lab) -> None:
    lab.fresh("anthropic")
    with events(lab) as stream:
        lab.ask("anthropic", headers={"x-claude-code-session-id": "seen"})
        stream.until("request.finished", session="seen")
        last = stream.last_id
    lab.ask("anthropic", headers={"x-claude-code-session-id": "missed"})
    lab.rows(2)
    with events(lab, last) as again:
        assert again.next()[1]["session"] == "missed"
        assert again.until("request.finished")["session"] == "missed"
    with events(lab, f"{lab.began_ms}-0") as older:  # not remembered: from the database
        older.until("request.finished", session="seen")
        older.until("request.finished", session="missed")
        assert older.until("token.changed", name="first")
        assert older.until("lock.changed") == {"target": None, "since_ms": None}


@pytest.mark.parametrize("last_id", ["nonsense", "1-1", "99999999999999-1"])
def test_what_cannot_be_told_any_more_is_said(lab: Lab, last_id: str) -> None:
    lab.fresh("anthropic")
    with events(lab, last_id) as stream:
        kind, data = stream.next()
        assert kind == "reset"
        assert "Last-Event-ID" in data["because"]
        assert stream.until("token.changed", name="first")


def test_a_client_without_keep_alive_is_answered_and_head_has_no_body(lab: Lab) -> None:
    token = lab.router.admin_headers["authorization"]
    with socket.create_connection(("127.0.0.1", lab.router.port), timeout=5) as connection:
        connection.sendall(f"GET /api/events HTTP/1.0\r\nhost: localhost\r\nauthorization: {token}\r\n\r\n".encode())
        heard = b""
        while b"retry: 2000" not in heard:
            heard += connection.recv(4096)
        assert b"chunked" not in heard
    head = lab.http.head("/api/events", headers=lab.router.admin_headers)
    assert (head.status_code, head.headers["content-type"], head.content) == (200, "text/event-stream", b"")
    assert lab.http.get("/health").status_code == 200


def test_the_router_ends_its_streams_and_goes_on_with_them_after_a_restart(tmp_path: Path) -> None:
    with running_lab(tmp_path, env={"MITMROUTER__TRACE__JSONL": "true"}) as lab:
        lab.fresh("anthropic")
        with events(lab) as stream:
            lab.ask("anthropic", headers={"x-claude-code-session-id": "before"})
            stream.until("request.finished", session="before")
            began = time.monotonic()
            lab.router.stop()
            assert stream.until("end") == {"because": "the router is stopped"}
            with pytest.raises(EOFError):
                stream.next()
            assert time.monotonic() - began < 5
        with restarted(lab) as again, events(again, stream.last_id) as resumed:
            assert resumed.until("request.finished", session="before")
        written = [orjson.loads(line) for line in (lab.router.home.path / "trace.jsonl").read_bytes().splitlines()]
        assert [line["session"] for line in written][-1] == "before"
        assert [attempt["outcome"] for attempt in written[-1]["attempts_made"]] == ["answered"]
