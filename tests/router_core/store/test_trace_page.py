"""Pages of traces: filtered, counted, and by the index that makes it quick."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from sqlite_utils import Database

from router_core.clock import to_ms
from router_core.home import Home
from router_core.store import trace_page, traces
from router_core.store.database import transaction
from router_core.trace.record import TraceRecord
from tests.router_core.trace.make import NOW, finished, record

NOW_MS = to_ms(NOW)


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    database = traces.open_traces(home)
    yield database
    database.close()


def _write(database: Database, *records: TraceRecord) -> None:
    with transaction(database) as connection:
        for one in records:
            traces.write_trace(connection, one)


def test_a_page_of_traces_is_filtered_and_counted(database: Database) -> None:
    ones = [
        finished(
            NOW + n, id=f"r{n:02}", model=f"m{n % 2}", client_key="ci" if n % 3 == 0 else "",
            status=200 if n % 4 else 429, state="ok" if n % 4 else "failed",
        )
        for n in range(12)
    ]  # fmt: skip
    _write(database, *ones)

    def ids(page: int = 1, size: int = 100, **wanted: Any) -> tuple[list[int], int]:
        rows, total = trace_page.page(database, trace_page.TraceFilter(**wanted), page, size)
        return [int(row["id"][1:]) for row in rows], total

    assert ids(1, 5) == ([11, 10, 9, 8, 7], 12)
    assert ids(3, 5) == ([1, 0], 12)
    assert ids(4, 5) == ([], 12)
    assert ids(model="m0", state="failed") == ([8, 4, 0], 3)
    assert ids(client_key="ci", status=200) == ([9, 6, 3], 3)
    assert ids(status=429) == ([8, 4, 0], 3)
    assert ids(state="ok", model="m0") == ([10, 6, 2], 3)
    assert ids(text="M1 429") == ([], 0)
    assert ids(text="m0 429", since_ms=NOW_MS + 1000, until_ms=NOW_MS + 8000) == ([4], 1)
    assert ids(session="s", project="nowhere") == ([], 0)
    assert set(dataclasses.asdict(trace_page.TraceFilter()).values()) == {"", None}


def test_more_than_is_counted_is_told_apart(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_page, "COUNTED", 3)
    _write(database, *(finished(NOW + n) for n in range(6)))
    assert trace_page.page(database, trace_page.TraceFilter(), 1, 2)[1] == 4


def test_words_are_looked_for_in_the_newest_that_fit_the_other_filters(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_page, "LOOKED_THROUGH", 2)
    ones = [finished(NOW + n, session=f"s{n}", model="old" if n < 2 else "new") for n in range(4)]
    _write(database, *ones)

    def found(text: str, **wanted: str) -> list[str]:
        rows, _ = trace_page.page(database, trace_page.TraceFilter(text=text, **wanted), 1, 9)
        return [row["session"] for row in rows]

    assert found("NEW claude") == ["s3", "s2"]
    assert found("old") == []
    assert found("ol", model="old") == ["s1", "s0"]
    assert found("s0") == ["s0"]  # a whole session's id is found wherever it is
    assert found("s0 nothing") == []
    assert found("s0 s1") == []


def test_filters_that_never_met_still_find_what_has_not_been_counted(database: Database) -> None:
    _write(
        database,
        finished(NOW, model="m1", token="t1"),
        finished(NOW + 1, model="m2", token="t2"),
        record(NOW + 2, model="m1", token="t2"),
    )
    rows, total = trace_page.page(database, trace_page.TraceFilter(model="m1", token="t2"), 1, 9)
    assert ([row["state"] for row in rows], total) == (["running"], 1)
    rows, total = trace_page.page(database, trace_page.TraceFilter(model="m1", token="t1"), 1, 9)
    assert ([row["state"] for row in rows], total) == (["ok"], 1)
