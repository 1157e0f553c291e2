"""Databases: damaged, of a newer version, with a log that grew."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from router_core.clock import SystemClock
from router_core.doctor import databases
from router_core.doctor.databases import damage_in
from router_core.doctor.finding import Finding
from router_core.home import Home
from router_core.store.tokens import open_tokens
from router_core.store.traces import open_traces
from tests.router_core.doctor.conftest import Examine


def make(home: Home) -> None:
    open_tokens(home, SystemClock()).database.conn.close()
    with closing(open_traces(home).conn) as connection:
        connection.execute("create table filler (text)")
        connection.executemany("insert into filler values (?)", [("x" * 500,)] * 400)
        connection.commit()
        connection.execute("pragma wal_checkpoint(truncate)")


def damage(file: Path) -> None:
    """Overwrite pages in its middle."""
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(size // 2 // 4096 * 4096)
        opened.write(b"\xde\xad" * 8192)


def found(examine: Examine, name: str) -> list[Finding]:
    return [finding for finding in databases.check(examine()) if finding.check == f"database {name}"]


def test_whole_ones_are_well(examine: Examine) -> None:
    assert [finding.verdict for finding in databases.check(examine())] == ["ok"]  # none yet
    make(examine().home)
    assert {finding.verdict for finding in databases.check(examine())} == {"ok"}


def test_a_damaged_trace_database_is_set_aside_and_nothing_is_deleted(examine: Examine) -> None:
    home = examine().home
    make(home)
    damage(home.traces_db)
    (finding,) = found(examine, "traces.db")
    assert finding.verdict == "problem"
    assert finding.mend is not None
    said = finding.mend()
    assert said.startswith("moved to traces.db.damaged-")
    assert (home.path / said.removeprefix("moved to ")).stat().st_size > 100_000
    assert not found(examine, "traces.db")


def test_what_is_no_database_at_all_is_a_problem(examine: Examine) -> None:
    examine().home.state_db.write_bytes(b"not a database, whatever it is called " * 100)
    (finding,) = found(examine, "state.db")
    assert (finding.verdict, "not a database" in finding.says) == ("problem", True)


def test_damaged_tokens_are_never_touched(examine: Examine) -> None:
    home = examine().home
    make(home)
    home.tokens_db.write_bytes(b"\0" * 8192)
    (finding,) = found(examine, "tokens.db")
    assert (finding.verdict, finding.mend) == ("problem", None)
    assert "backup restore" in finding.remedy


def test_one_of_a_newer_version_is_named_with_what_it_has(examine: Examine) -> None:
    home = examine().home
    make(home)
    with closing(sqlite3.connect(home.traces_db)) as connection, connection:
        connection.execute("insert into _sqlite_migrations (migration_set, name) values ('traces', 'm099_future')")
    (finding,) = found(examine, "traces.db")
    assert (finding.verdict, "m099_future" in finding.says) == ("problem", True)


def test_a_large_write_ahead_log_is_taken_in(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    home = examine().home
    make(home)
    monkeypatch.setattr(databases, "LARGE_WAL_BYTES", 1000)
    with closing(sqlite3.connect(home.traces_db)) as writer, closing(sqlite3.connect(home.traces_db)) as reader:
        reader.execute("select count(*) from filler").fetchone()  # open, so that the log is not taken in at the end
        with writer:
            writer.execute("insert into filler select * from filler")
        # a copy of the log stays behind where a process was killed
        _, warning = found(examine, "traces.db")
        assert warning.verdict == "warning"
        assert warning.mend is not None
        assert warning.mend() == "taken in"
        assert [finding.verdict for finding in found(examine, "traces.db")] == ["ok"]


def test_the_check_of_a_large_one_ends_in_time(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    make(examine().home)
    monkeypatch.setattr(databases, "STEPS", 10)
    with closing(sqlite3.connect(examine().home.traces_db)) as connection:
        assert damage_in(connection, longest_s=-1.0) == ""


def test_one_that_cannot_be_looked_at_is_not_taken_for_damaged(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To set it aside would throw a sound history away."""
    home = examine().home
    make(home)
    sql = "pragma locking_mode = exclusive; pragma journal_mode = delete; begin exclusive"
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **{**k, "timeout": 0.05}))
    with closing(connect(home.traces_db, isolation_level=None)) as other:
        for statement in sql.split(";"):
            other.execute(statement)
        (finding,) = found(examine, "traces.db")
    assert (finding.verdict, finding.mend, "locked" in finding.says) == ("problem", None, True)
