"""Requests are found stretch by stretch: the same ones, in the same order, as by looking at all of them."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from router_core.home import Home
from router_core.store import trace_search
from router_core.store.database import transaction
from router_core.store.trace_search import (
    Place,
    Search,
    greatest,
    matching,
    neighbour,
    resolved,
    sort_key,
    stretch,
    values_of,
)
from router_core.store.traces import open_traces, write_trace
from router_core.trace.record import Usage
from tests.router_core.trace.make import NOW, finished

MODELS = ("claude-opus-4-5", "claude-sonnet-4-5", "gpt_5%mini")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """600 requests, some at the very same moment."""
    opened = open_traces(Home(tmp_path_factory.mktemp("search") / "home").ensure())
    chance = random.Random(5)
    with transaction(opened) as connection:
        for number in range(600):
            failed = number % 37 == 0
            write_trace(
                connection,
                finished(
                    NOW + number // 3, id=f"r{number:05}", model=chance.choice(MODELS), token=chance.choice("abc"),
                    session=f"s{number // 50}", project="/home/anna/clock" if number % 5 else "",
                    client_key="laptop" if number % 91 == 0 else "", state="failed" if failed else "ok",
                    status=chance.choice([429, 500]) if failed else 200, error="no quota left" if failed else "",
                    cost_nano_usd=chance.randint(1, 900) if number % 7 else None,
                    usage=Usage(chance.randint(1, 500), 2, 3),
                    finished_at=NOW + number // 3 + chance.uniform(1, 9),
                ),
            )  # fmt: skip
    yield opened
    opened.conn.close()


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_search, "STRETCH", 70)


def all_of(database: Database, search: Search, **more: Any) -> list[str]:
    """Every request that fits, however many stretches it takes."""
    ids, place = [], None
    for _ in range(2000):
        found = stretch(database, resolved(database, search), before=place, **more)
        ids += [row["id"] for row in found.rows]
        place = found.next
        if place is None:
            return ids
    raise AssertionError("it never comes to an end")


SEARCHES = [
    (Search(), "true"),
    (Search(parts={"model": "opus"}), "model like '%opus%'"),
    (Search(parts={"model": "CLAUDE"}), "model like 'claude%'"),
    (Search(parts={"model": "5%m"}), "model = 'gpt_5%mini'"),
    (Search(parts={"model": "claude-opus-4-5", "token": "a"}), "model = 'claude-opus-4-5' and token = 'a'"),
    (Search(parts={"session": "s1"}), "session = 's1'"),
    (Search(parts={"session": "1"}), "session like '%1%'"),
    (Search(parts={"state": "fail"}), "state = 'failed'"),
    (Search(parts={"state": "ok"}), "state = 'ok'"),
    (Search(parts={"status": "429"}), "status = 429"),
    (Search(parts={"status": "200"}), "status = 200"),
    (Search(parts={"status": "4xx"}), "status between 400 and 499"),
    (Search(parts={"client_key": "lap"}), "client_key = 'laptop'"),
    (Search(parts={"project": "clock"}), "project <> ''"),
    (Search(parts={"model": "nobody"}), "false"),
    (Search(words=("QUOTA",)), "error like '%quota%'"),
    (Search(words=("opus", "clock")), "model like '%opus%' and project like '%clock%'"),
    (Search(words=("_5%",)), "model = 'gpt_5%mini'"),
    (Search(since_ms=round((NOW + 150) * 1000)), f"started_at >= {round((NOW + 150) * 1000)}"),
    (Search(until_ms=round((NOW + 20) * 1000)), f"started_at < {round((NOW + 20) * 1000)}"),
    (
        Search(parts={"token": "b"}, since_ms=round((NOW + 10) * 1000), until_ms=round((NOW + 60) * 1000)),
        f"token = 'b' and started_at >= {round((NOW + 10) * 1000)} and started_at < {round((NOW + 60) * 1000)}",
    ),
]


@pytest.mark.parametrize(("search", "where"), SEARCHES, ids=[where for _, where in SEARCHES])
@pytest.mark.parametrize("limit", [7, 500])
def test_everything_that_fits_is_found_once_newest_first(
    database: Database, search: Search, where: str, limit: int
) -> None:
    expected = [row[0] for row in database.execute(f"select id from requests where {where} order by id desc")]
    assert all_of(database, search, limit=limit) == expected
    ids = [f"r{number:05}" for number in range(0, 600, 3)]
    assert matching(database, resolved(database, search), ids) == set(expected) & set(ids)


@pytest.mark.parametrize("sort", ["duration", "tokens", "cost"])
@pytest.mark.parametrize("search", [Search(), Search(parts={"model": "opus"}), Search(words=("anna",))], ids=str)
def test_the_greatest_of_all_stretches_are_the_greatest_of_all(
    database: Database, search: Search, sort: trace_search.Sort
) -> None:
    rows: list[dict[str, Any]] = []
    place: Place | None = None
    while True:
        found = stretch(database, resolved(database, search), before=place, sort=sort, limit=10)
        rows = greatest([*rows, *found.rows], sort, 10)
        place = found.next
        if place is None:
            break
    everything = database.query("select rowid as row_number, * from requests")
    fitting = matching(database, resolved(database, search), [f"r{number:05}" for number in range(600)])
    expected = greatest((row for row in everything if row["id"] in fitting), sort, 10)
    assert [row["id"] for row in rows] == [row["id"] for row in expected]
    keys = [sort_key(row, sort)[0] for row in rows]
    assert keys == sorted(keys, reverse=True)
    assert keys[0] > keys[-1]


def test_a_stretch_looks_at_no_more_than_it_may(database: Database) -> None:
    found = stretch(database, Search(words=("nowhere to be found",)))
    assert not found.rows
    looked_at = database.execute("select count(*) from requests where started_at >= ?", [found.since_ms]).fetchone()[0]
    assert 70 <= looked_at <= 73


def test_exact_values_are_found_by_their_index(database: Database) -> None:
    for column, value in (("status", 429), ("state", "failed"), ("session", "s1"), ("client_key", "laptop")):
        search = resolved(database, Search(parts={column: str(value)}))
        assert search.exact[column] == (value,)
        statements: list[str] = []
        database.conn.set_trace_callback(statements.append)
        stretch(database, search)
        database.conn.set_trace_callback(None)
        for statement in [each for each in statements if each.startswith("select")]:
            plan = " ".join(str(row[3]) for row in database.execute(f"explain query plan {statement}"))
            assert f"requests_{column}" in plan, plan


def test_values_are_listed_without_the_empty_one(database: Database) -> None:
    assert values_of(database, "model") == sorted(MODELS)
    steps: list[None] = []
    database.conn.set_progress_handler(lambda: steps.append(None), 1)
    assert values_of(database, "client_key") == ["laptop"]
    database.conn.set_progress_handler(None, 0)
    assert len(steps) < 300  # of 600 requests not one is read
    with pytest.raises(ValueError, match="'error' are not listed"):
        values_of(database, "error")


def test_names_that_cannot_be_looked_for_are_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="'decision'"):
        resolved(database, Search(parts={"decision": "x"}))


def test_neighbours_of_a_request(database: Database) -> None:
    assert neighbour(database, "r00300", newer=True) == "r00301"
    assert neighbour(database, "r00300", newer=False) == "r00299"
    assert neighbour(database, "r00599", newer=True) is None
    assert neighbour(database, "r00000", newer=False) is None


def test_without_any_request_nothing_is_found(tmp_path: Path) -> None:
    database = open_traces(Home(tmp_path / "empty").ensure())
    found = stretch(database, resolved(database, Search(words=("x",), parts={"model": "y"})))
    assert (found.rows, found.next) == ([], None)
    database.conn.close()
