"""traces.db ↔ TraceRecord: what was written, found, counted once, and kept."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlite_utils import Database

from router_core.home import Home
from router_core.store import traces
from router_core.store.database import transaction
from router_core.trace.record import TraceRecord, Usage
from tests.router_core.trace.make import NOW, attempt, body, finished, record


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    database = traces.open_traces(home)
    yield database
    database.close()


def _write(database: Database, *records: TraceRecord) -> None:
    with transaction(database) as connection:
        for one in records:
            traces.write_trace(connection, one)


def _daily(database: Database) -> list[dict[str, Any]]:
    return list(database.query("select * from usage_daily order by provider, token, model, session"))


def test_a_finished_request_is_a_row_of_the_public_schema(database: Database) -> None:
    one = finished(
        client="claude-code", user_agent="claude-cli/2", streamed=True, because="priority", ttft_ms=120,
        stop_reason="end_turn", attempts=[attempt(1, status=429, outcome="rate_limited"), attempt(2, status=200)],
    )  # fmt: skip
    _write(database, one)
    row = traces.find(database, one.id)
    assert row is not None
    assert row["started_at"] == NOW * 1000
    assert row["finished_at"] - row["started_at"] == row["total_ms"] == 2500
    assert (row["state"], row["status"], row["attempts"], row["ttft_ms"], row["streamed"]) == ("ok", 200, 2, 120, 1)
    assert (row["input_tokens"], row["output_tokens"], row["cache_read_tokens"]) == (10, 5, 100)
    assert (row["cache_write_tokens"], row["reasoning_tokens"], row["cost_nano_usd"]) == (None, None, None)


def test_a_clock_that_is_put_back_meanwhile_makes_no_request_shorter_than_nothing(database: Database) -> None:
    one = finished(finished_at=NOW - 3600, session="s", attempts=[attempt(1, finished_at=NOW - 3600)])
    _write(database, one)
    row = traces.find(database, one.id)
    assert row is not None
    assert (row["total_ms"], traces.attempts_of(database, one.id)[0]["total_ms"]) == (0, 0)
    assert database.execute("select sum(total_ms) from usage_hourly").fetchone() == (0,)
    assert database.execute("select first_at, last_at from session_usage").fetchone() == (NOW * 1000, NOW * 1000)


def test_attempts_keep_order_headers_and_reasons(database: Database) -> None:
    headers = [("X-Twice", "1"), ("x-twice", "ü")]
    one = finished(attempts=[attempt(2), attempt(1, request_headers=headers, finished_at=NOW + 1, reason="429")])
    _write(database, one)
    first, second = traces.attempts_of(database, one.id)
    assert (first["number"], second["number"]) == (1, 2)
    assert first["request_headers"] == [list(pair) for pair in headers]
    assert (first["total_ms"], first["reason"], second["total_ms"]) == (1000, "429", None)


def test_usage_is_counted_once_however_often_a_request_is_written(database: Database) -> None:
    one = record()
    _write(database, one)
    assert _daily(database) == []
    one.state, one.finished_at, one.usage = "ok", NOW + 1, Usage(input_tokens=10, output_tokens=5)
    for _ in range(3):
        _write(database, one)
    (row,) = _daily(database)
    assert (row["requests"], row["failures"], row["input_tokens"], row["cache_read_tokens"]) == (1, 0, 10, 0)


def test_usage_is_added_up_by_day_provider_token_model_and_session(database: Database) -> None:
    day = time.strftime("%Y-%m-%d", time.localtime(NOW))
    _write(
        database, finished(), finished(), finished(state="failed"), finished(model="haiku"), finished(NOW + 2 * 86400)
    )
    rows = [row for row in _daily(database) if row["day"] == day]
    assert [(r["model"], r["requests"], r["failures"], r["input_tokens"]) for r in rows] == [
        ("haiku", 1, 0, 10),
        ("opus", 3, 1, 30),
    ]
    assert traces.usage_on(database, day)["output_tokens"] == 20
    assert traces.usage_on(database, "1999-01-01")["requests"] == 0


def test_what_never_reached_a_provider_is_no_usage(database: Database) -> None:
    _write(database, finished(provider="", state="refused"))
    assert _daily(database) == []


def test_lost_requests_are_no_usage(database: Database) -> None:
    _write(database, record())
    with transaction(database) as connection:
        traces.mark_lost(connection)
    assert [r["state"] for r in traces.recent(database)] == ["lost"]
    assert _daily(database) == []


def test_bodies_come_back_in_order_as_they_were(database: Database) -> None:
    one = finished()
    _write(database, one)
    with transaction(database) as connection:
        for kind, content in (("request", b"\x00\xff" * 1000), ("attempt-1", b"{}"), ("response", b"")):
            traces.write_body(connection, body(one.id, content, kind, content_type="application/json"))
    found = list(traces.bodies_of(database, one.id))
    assert [(b["kind"], b["content"]) for b in found] == [
        ("request", b"\x00\xff" * 1000), ("attempt-1", b"{}"), ("response", b""),
    ]  # fmt: skip


def test_recent_is_newest_first(database: Database) -> None:
    ids = [finished(NOW + number, session=str(number % 2)) for number in range(6)]
    _write(database, *ids)
    newest = [one.id for one in reversed(ids)]
    assert [r["id"] for r in traces.recent(database, limit=2)] == newest[:2]
    assert [r["id"] for r in traces.recent(database, where={"session": "1"})] == newest[::2]
    with pytest.raises(ValueError, match="no column"):
        traces.recent(database, where={"1=1; --": "x"})
    assert {r["id"] for r in traces.by_ids(database, newest[:2])} == set(newest[:2])
    assert traces.by_ids(database, []) == []


def test_what_was_added_since_a_row_is_told(database: Database) -> None:
    ones = [finished(NOW + number) for number in range(4)]
    _write(database, *ones[:3])
    seen = traces.last_row(database)
    ones[3].id = "000-out-of-order"
    _write(database, ones[3])
    assert [r["id"] for r in traces.newest(database, since_row=seen)] == [ones[3].id]
    assert [r["id"] for r in traces.newest(database, limit=2)] == [ones[2].id, ones[1].id]
    assert traces.newest(database, limit=1)[0]["row_number"] == 3


def test_an_empty_database_has_no_rows(database: Database) -> None:
    assert (traces.last_row(database), traces.count(database), traces.recent(database)) == (0, 0, [])
    assert traces.find(database, "last") is None


def test_a_request_is_found_by_id_its_start_or_its_end(database: Database) -> None:
    _write(database, finished(id="r00aa11"), finished(id="r00bb22"))
    for reference, found in (("r00aa11", "r00aa11"), ("r00a", "r00aa11"), ("b22", "r00bb22"), ("last", "r00bb22")):
        row = traces.find(database, reference)
        assert row is not None
        assert row["id"] == found
    assert traces.find(database, "zz") is None


def test_an_old_request_is_found_by_its_id_or_its_start_without_looking_at_all_the_newer_ones(
    database: Database,
) -> None:
    _write(database, *(finished(id=f"r{number:05}") for number in range(2000)))
    steps: list[None] = []
    database.conn.set_progress_handler(lambda: steps.append(None), 1)
    for reference, newest in (("r00000", "r00000"), ("r0000", "r00009")):
        steps.clear()
        row = traces.find(database, reference)
        assert row is not None
        assert row["id"] == newest
        assert len(steps) < 500


@pytest.mark.parametrize("reference", ["", "%", "_", "%%", "\0"])
def test_a_reference_of_wildcards_finds_nothing(database: Database, reference: str) -> None:
    _write(database, finished())
    assert traces.find(database, reference) is None
