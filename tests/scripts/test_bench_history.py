"""A history of many requests is quick to ask: what is measured with ten million (`scripts/bench --only history`) is
held here by the work that SQLite does, which is the same on any machine."""

import importlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from sqlite_utils import Database

from router_core.home import Home
from router_core.store import trace_search
from router_core.store.database import open_read_only
from router_core.store.trace_search import SORTS
from router_core.store.usage_columns import SUMMED
from tests.scripts.fake_checkout import REPOSITORY

REQUESTS = 20_000
WORDS = ("a word that never was", "a rare word", "a common word", "two words")
STEP = 100
"""Of SQLite's virtual machine: how often it tells how far it is."""

STEPS = 100_000
"""Some milliseconds. To read all of these requests once takes many times more."""
MORE_STEPS = {
    "over time by session, 90 d": 600_000,  # the requests of twenty sessions
    "over time by session, 2 years": 1_200_000,
    **dict.fromkeys((f"traces, {words}" for words in WORDS), 2_000_000),  # no more than LOOKED_THROUGH, however many
    **{  # no more than STRETCH, however many
        f"list of requests by {sort}, {what}": 1_000_000
        for sort in SORTS
        for what in ("no filter", "model:opus", "opus", "no-such-thing")
    },
}


@pytest.fixture(scope="module")
def parts() -> Iterator[tuple[ModuleType, ModuleType]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(REPOSITORY / "scripts"))
        yield importlib.import_module("bench_parts.history"), importlib.import_module("bench_parts.history_questions")


@pytest.fixture(scope="module")
def database(parts: tuple[ModuleType, ModuleType], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    home: Home = parts[0].build(tmp_path_factory.mktemp("long") / "home", REQUESTS, parts[0].UNTIL_MS)
    database = open_read_only(home.traces_db)
    yield database
    database.close()


def _questions(parts: tuple[ModuleType, ModuleType], database: Database) -> list[tuple[str, Callable[[Database], Any]]]:
    session = database.execute("select session from session_usage where session <> '' limit 1").fetchone()[0]
    return list(parts[1].questions(parts[0].UNTIL_MS, session))


def _steps(database: Database, ask: Callable[[Database], object]) -> int:
    told = 0

    def count() -> int:
        nonlocal told
        told += 1
        return 0

    database.conn.set_progress_handler(count, STEP)
    try:
        ask(database)
    finally:
        database.conn.set_progress_handler(None, STEP)
    return told * STEP


def _plans(database: Database, ask: Callable[[Database], object]) -> list[str]:
    asked: list[tuple[str, Any]] = []
    with database.tracer(lambda sql, arguments: asked.append((sql, arguments))):
        ask(database)
    return [
        row[3]
        for sql, arguments in asked
        for row in database.conn.execute(f"explain query plan {sql}", arguments or ())
    ]


def test_the_history_is_as_the_writer_leaves_it(database: Database) -> None:
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in SUMMED)
    every = [
        tuple(database.execute(f"select {sums} from {table}").fetchone())
        for table in ("usage_daily", "usage_hourly", "session_usage", "session_parts")
    ]
    assert every[0][0] == database.execute("select count(*) from requests").fetchone()[0] == REQUESTS
    assert len(set(every)) == 1
    until = database.execute("select max(until) from usage_folded").fetchone()[0]
    folded = tuple(database.execute(f"select {sums} from usage_hourly where hour < ?", [until]).fetchone())
    assert tuple(database.execute(f"select {sums} from usage_days").fetchone()) == folded
    for (facet,) in database.execute("select distinct facet from usage_facets").fetchall():
        row = database.execute(f"select {sums} from usage_facets where facet = ?", [facet]).fetchone()
        assert tuple(row) == folded, facet


def test_every_question_is_answered_with_bounded_work(parts: tuple[ModuleType, ModuleType], database: Database) -> None:
    for name, ask in _questions(parts, database):
        assert _steps(database, ask) < MORE_STEPS.get(name, STEPS), name


def test_no_question_reads_all_requests(
    parts: tuple[ModuleType, ModuleType], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_search, "STRETCH", REQUESTS // 4)  # there are more than it looks at
    for name, ask in _questions(parts, database):
        scans = [plan for plan in _plans(database, ask) if plan.startswith(("SCAN requests", "SCAN usage_"))]
        assert not [plan for plan in scans if "INDEX" not in plan], name
