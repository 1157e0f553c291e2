"""What is deleted from traces.db, in what slices, and that the file becomes smaller."""

import itertools
import os
import sqlite3
from collections.abc import Iterator

import pytest
from sqlite_utils import Database

from router_core.clock import FixedClock, to_ms
from router_core.config.schema import TraceConfig
from router_core.home import Home
from router_core.store import retention, traces
from router_core.store.database import Writer, transaction
from router_core.store.retention import Limits, cut, delete_slice, shrink_slice
from router_core.trace.record import TraceRecord
from router_core.trace.redact import Redactor
from router_core.trace.writer import TraceWriter
from tests.router_core.trace.make import NOW, attempt, body, finished, record

MUCH = 1 << 40


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    database = traces.open_traces(home)
    yield database
    database.close()


def _write(database: Database, *records: TraceRecord, content: int = 0) -> None:
    with transaction(database) as connection:
        for one in records:
            traces.write_trace(connection, one)
            if content:
                traces.write_body(connection, body(one.id, os.urandom(content)))


def _clean(database: Database, limits: Limits) -> int:
    """How many slices it took."""
    slices = 1
    with transaction(database) as connection:
        beyond = cut(connection, limits)
    while True:
        with transaction(database) as connection:
            if not delete_slice(connection, beyond):
                return slices
        slices += 1


def _with_bodies(database: Database) -> list[str]:
    return [row[0] for row in database.execute("select distinct request_id from bodies order by 1")]


def _said(database: Database) -> tuple[int, int]:
    """The size of all bodies as it is kept, and as it is."""
    return (
        database.execute("select bytes from bodies_size").fetchone()[0],
        database.execute("select coalesce(sum(length(content)), 0) from bodies").fetchone()[0],
    )


def test_the_newest_keep_their_details_and_all_usage_stays(database: Database) -> None:
    old, lost, running = finished(NOW - 900), record(NOW - 900, state="lost"), record(NOW - 900)
    new = [finished(NOW + number, attempts=[attempt()]) for number in range(5)]
    _write(database, old, lost, running, *new)
    with transaction(database) as connection:
        for one in new:
            traces.write_body(connection, body(one.id, b"x"))
    _clean(database, Limits(2, MUCH, to_ms(NOW - 100)))
    assert {r["id"] for r in traces.recent(database)} == {running.id, *(one.id for one in new)}
    assert [one.id for one in new if traces.attempts_of(database, one.id)] == [new[3].id, new[4].id]
    assert _with_bodies(database) == [new[3].id, new[4].id]
    for table in ("usage_daily", "usage_hourly", "session_usage"):
        assert database.execute(f"select sum(requests) from {table}").fetchone() == (6,), table


def test_with_fewer_than_kept_nothing_goes(database: Database) -> None:
    _write(database, finished(attempts=[attempt()]), content=10)
    assert _clean(database, Limits(1, MUCH, 0)) == 1
    assert (traces.count(database), len(_with_bodies(database))) == (1, 1)
    assert database.execute("select count(*) from attempts").fetchone() == (1,)


def test_bodies_beyond_their_quota_go_the_oldest_first_and_nothing_else_does(database: Database) -> None:
    ones = [finished(NOW + number, attempts=[attempt()]) for number in range(10)]
    _write(database, *ones, content=1000)
    _clean(database, Limits(1000, 3100, 0))
    assert _with_bodies(database) == [one.id for one in ones[-3:]]
    assert traces.count(database) == database.execute("select count(*) from attempts").fetchone()[0] == 10
    assert _clean(database, Limits(1000, 3100, 0)) == 1


def test_the_size_of_all_bodies_is_known_whatever_happens_to_them(database: Database) -> None:
    one, other = finished(), finished(NOW + 1)
    _write(database, one, other, content=5000)
    with transaction(database) as connection:
        traces.write_body(connection, body(one.id, os.urandom(100)))  # in the place of the first
    said, real = _said(database)
    assert said == real < 6000
    _clean(database, Limits(1, MUCH, 0))
    assert _said(database)[0] == _said(database)[1] > 5000
    database.execute("delete from requests")  # by hand: its bodies go with it
    assert _said(database) == (0, 0)


def test_much_goes_in_slices_of_few_rows_and_bytes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "SLICE_ROWS", 10)
    monkeypatch.setattr(retention, "SLICE_BYTES", 2500)
    _write(database, *(finished(NOW + number, attempts=[attempt()]) for number in range(30)), content=1000)
    with transaction(database) as connection:
        beyond = cut(connection, Limits(1, MUCH, to_ms(NOW + 1000)))
        kept = []
        while delete_slice(connection, beyond):
            kept.append((len(_with_bodies(database)), traces.count(database)))
    assert kept[0] == (27, 30)
    assert max(before[0] - after[0] for before, after in itertools.pairwise(kept)) == 3
    assert max(before[1] - after[1] for before, after in itertools.pairwise(kept)) <= 10
    assert (traces.count(database), _said(database)) == (0, (0, 0))


def test_the_file_gives_back_what_is_free_but_for_a_reserve(
    home: Home, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "FREE_PAGES", 20)
    monkeypatch.setattr(retention, "SLICE_PAGES", 50)
    _write(database, *(finished(NOW + number) for number in range(100)), content=10_000)
    database.execute("pragma wal_checkpoint(truncate)")
    before = home.traces_db.stat().st_size
    _clean(database, Limits(1, MUCH, 0))
    slices = 0
    while True:
        with transaction(database) as connection:
            if not shrink_slice(connection):
                break
        slices += 1
    database.execute("pragma wal_checkpoint(truncate)")
    assert slices >= 4
    assert home.traces_db.stat().st_size < before - 900_000
    assert database.execute("pragma freelist_count").fetchone() == (20,)


def test_a_file_of_an_older_version_learns_to_shrink(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    old = sqlite3.connect(home.traces_db)
    old.execute("pragma journal_mode = wal")
    old.execute("create table mine (x)")
    old.execute("insert into mine values ('kept')")
    old.commit()
    old.close()
    monkeypatch.setattr(retention, "REWRITTEN_BYTES", 0)
    large = traces.open_traces(home)
    assert large.execute("pragma auto_vacuum").fetchone() == (0,)
    large.close()
    monkeypatch.undo()
    database = traces.open_traces(home)
    assert database.execute("pragma auto_vacuum").fetchone() == (2,)
    assert database.execute("select x from mine").fetchone() == ("kept",)
    database.close()


def test_who_has_it_open_is_not_disturbed(home: Home) -> None:
    old = sqlite3.connect(home.traces_db)
    old.execute("pragma journal_mode = wal")
    old.execute("create table mine (x)")
    old.commit()
    traces.open_database(home.traces_db, traces.trace_migrations.traces).close()
    old.execute("begin immediate")
    database = Database(sqlite3.connect(home.traces_db, timeout=0))
    retention.make_shrinkable(database)
    assert database.execute("pragma auto_vacuum").fetchone() == (0,)
    database.close()
    old.close()


def test_the_writer_adds_up_the_days_that_are_over(home: Home) -> None:
    writer = Writer(traces.open_traces(home), "traces")
    tracer = TraceWriter(writer, Redactor(), FixedClock(NOW), TraceConfig())
    for days in (0, 1, 3):
        tracer.finished(finished(NOW - days * 86400, model=f"m{days}"))
    writer.flush()
    tracer.started(record(NOW))
    writer.flush()
    rows = writer.database.execute("select first, requests from usage_facets where facet = 'model' order by day")
    assert rows.fetchall() == [("m3", 1), ("m1", 1)]
    assert writer.database.execute("select count(*) from usage_folded").fetchone() == (3,)
    writer.close()
    writer.database.close()


def test_the_writer_deletes_while_it_writes_and_checks_again_when_many_bodies_came(home: Home) -> None:
    writer = Writer(traces.open_traces(home), "traces")
    config = TraceConfig(bodies_max_bytes=40_000, bodies="full")
    tracer = TraceWriter(writer, Redactor(), FixedClock(NOW), config)
    for number in range(30):
        one = finished(NOW + number)
        tracer.started(one)
        tracer.body(body(one.id, os.urandom(5000)))
        tracer.finished(one)
        if number % 5 == 0:
            writer.flush()
    writer.flush()
    tracer.started(record(NOW + 100))
    writer.flush()
    said, real = _said(writer.database)
    assert said == real <= 40_000
    assert traces.count(writer.database) == 31
    writer.close()
    writer.database.close()
