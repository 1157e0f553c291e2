"""A history of an older version, before the router starts."""

from contextlib import closing

import pytest
from sqlite_utils import Database

from router_core.cli import upgrade
from router_core.cli.upgrade import bring_up_to_date
from router_core.home import Home
from router_core.store.database import open_database, open_read_only
from router_core.store.statistics import Span, totals
from router_core.store.trace_migrations import traces
from router_core.store.traces import open_traces


@pytest.fixture
def old(home: Home) -> Home:
    """A home whose traces were written before there were statistics."""
    home.ensure()
    with closing(open_database(home.traces_db, type(traces)("nothing")).conn) as connection:
        traces.apply(Database(connection), stop_before="m006_statistics")
        connection.executemany(
            "insert into requests (id, started_at, finished_at, method, path, format, provider, model, state,"
            " input_tokens, cost_nano_usd)"
            " values (?, ?, ?, 'POST', '/v1/messages', 'anthropic', 'claude', 'm', 'ok', 10, 7)",
            [(f"r{number}", 1_000 + number, 1_001 + number) for number in range(50)],
        )
        connection.commit()
    return home


def test_an_older_history_is_added_up_and_nothing_of_it_is_lost(old: Home, capsys: pytest.CaptureFixture[str]) -> None:
    bring_up_to_date(old)
    with closing((database := open_read_only(old.traces_db)).conn):
        assert not traces.pending(database)
        sums = totals(database, Span(0, 10_000_000))
    assert (sums.requests, sums.input_tokens, sums.cost_nano_usd) == (50, 500, 350)
    assert capsys.readouterr().err == ""


def test_a_long_one_is_said_aloud_once(
    old: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade, "LONG", 50)
    bring_up_to_date(old)
    assert "The history of 50 requests is added up" in capsys.readouterr().err
    bring_up_to_date(old)
    assert capsys.readouterr().err == ""


def test_nothing_is_made_where_nothing_is(home: Home) -> None:
    bring_up_to_date(home)
    assert not home.traces_db.exists()
    open_traces(home.ensure()).conn.close()
    bring_up_to_date(home)


def test_what_is_no_database_is_left_to_the_router_to_complain_of(home: Home) -> None:
    home.ensure().traces_db.write_bytes(b"not a database at all" * 100)
    bring_up_to_date(home)
    assert home.traces_db.read_bytes().startswith(b"not a database")
