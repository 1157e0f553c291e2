"""state.db: its first schema, what each call reads and writes, and what is forgotten first."""

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlite_utils import Database

from router_core.home import Home
from router_core.state.link import Link
from router_core.state.owner import Owner
from router_core.store import migrations
from router_core.store.database import transaction
from router_core.store.state import (
    Head,
    StateStore,
    forget_from,
    head,
    heads_with,
    open_state,
    response_totals,
    touch_response,
    trim_minted,
    trim_responses,
    write_link,
    write_minted,
)

OWNER = Owner("anthropic", "claude", "t1", "signature")
LINK = Link("r1", "", "r1", 0, b"f1", "codex", "t1", "s1", 1000.0, b"12345")


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    database = open_state(home)
    yield database
    database.close()


def _link(id_: str, chain: str, used_at: float, size: int = 10) -> Link:
    return replace(LINK, id=id_, chain=chain, used_at=used_at, content=b"x" * size, fingerprint=id_.encode())


def _left(database: Database) -> list[str]:
    return [row[0] for row in database.execute("select id from responses order by id")]


def test_the_schema_is_what_m001_made(home: Home, database: Database) -> None:
    assert home.state_db.stat().st_mode & 0o777 == 0o600
    assert migrations.state.pending(database) == []
    columns = {
        table: " ".join(c.name for c in database[table].columns) for table in ("minted", "responses", "response_items")
    }
    assert columns == {
        "minted": "hash kind issuer provider token_id used_at",
        "responses": "id previous_id chain depth fingerprint provider token_id session used_at size content",
        "response_items": "id response_id",
    }


def test_every_read_of_a_request_uses_an_index(database: Database) -> None:
    queries = (
        "select * from responses where id = 'x'",
        "select * from responses where fingerprint in (x'00', x'01')",
        "select response_id from response_items where id = 'x'",
        "delete from responses where chain = 'x'",
        "delete from response_items where response_id = 'x'",
    )
    for query in queries:
        plan = " ".join(row[3] for row in database.execute(f"explain query plan {query}"))
        assert "SEARCH" in plan, query
        assert "SCAN" not in plan, query


def test_a_link_comes_back_as_it_was(database: Database) -> None:
    with transaction(database) as connection:
        write_link(connection, replace(LINK, item_ids=("msg_1", "rs_1")))
    store = StateStore(database)
    assert store.link("r1") == LINK
    assert store.link("r2") is None
    assert store.response_of_item("rs_1") == "r1"
    assert store.response_of_item("r1") is None
    assert head(database.conn, "r1") == Head("r1", "r1", 0, b"f1")
    assert heads_with(database.conn, [b"f0", b"f1"]) == [Head("r1", "r1", 0, b"f1")]
    assert response_totals(database.conn) == (1, 5)


def test_a_response_is_forgotten_with_its_items_and_what_continues_it(database: Database) -> None:
    with transaction(database) as connection:
        for number, id_ in enumerate(("r1", "r2", "r3")):
            write_link(connection, replace(LINK, id=id_, depth=number, item_ids=(f"msg_{id_}",)))
        write_link(connection, replace(LINK, id="other", chain="other", depth=5))
        old = head(connection, "r2")
        assert old is not None
        forget_from(connection, old)
    assert _left(database) == ["other", "r1"]
    assert StateStore(database).response_of_item("msg_r1") == "r1"
    assert StateStore(database).response_of_item("msg_r2") is None


def test_an_item_id_that_two_responses_claim_belongs_to_the_later(database: Database) -> None:
    with transaction(database) as connection:
        write_link(connection, replace(LINK, item_ids=("msg_1",)))
        write_link(connection, replace(LINK, id="r2", chain="r2", item_ids=("msg_1",)))
    assert StateStore(database).response_of_item("msg_1") == "r2"


@pytest.mark.parametrize(
    ("max_count", "max_bytes", "before", "left"),
    [
        (100, 1000, 0.0, ["a1", "a2", "b1", "c1"]),
        (3, 1000, 0.0, ["a1", "a2"]),
        (100, 35, 0.0, ["a1", "a2", "c1"]),
        (100, 1000, 25.0, ["a1", "a2", "c1"]),
        (1, 1000, 0.0, []),
        (100, 1000, 40.0, []),
    ],
    ids=["within", "count", "bytes", "age", "the newest alone is too much", "all old"],
)
def test_whole_chains_are_forgotten_least_recently_used_first(
    database: Database, max_count: int, max_bytes: int, before: float, left: list[str]
) -> None:
    with transaction(database) as connection:
        for link in (_link("a1", "a", 10), _link("b1", "b", 20), _link("c1", "c", 30), _link("a2", "a", 40)):
            write_link(connection, replace(link, item_ids=(f"msg_{link.id}",)))
        forgotten = trim_responses(connection, max_count=max_count, max_bytes=max_bytes, before=before)
    assert _left(database) == left
    assert forgotten == {"a", "b", "c"} - {id_[0] for id_ in left}
    assert response_totals(database.conn) == (len(left), 10 * len(left))
    assert [row[0] for row in database.execute("select response_id from response_items order by 1")] == left


def test_a_touched_response_keeps_its_chain(database: Database) -> None:
    with transaction(database) as connection:
        write_link(connection, _link("a1", "a", 10))
        write_link(connection, _link("b1", "b", 20))
        touch_response(connection, "a1", 30)
        trim_responses(connection, max_count=1, max_bytes=1000, before=0)
    assert _left(database) == []  # down to nine tenths of one
    with transaction(database) as connection:
        for link in (_link("a1", "a", 10), _link("b1", "b", 20), _link("c1", "c", 25)):
            write_link(connection, link)
        touch_response(connection, "a1", 30)
        trim_responses(connection, max_count=2, max_bytes=1000, before=0)
    assert _left(database) == ["a1"]


def test_owners_come_back_oldest_first_and_bounded(database: Database) -> None:
    with transaction(database) as connection:
        for number in range(5):
            write_minted(connection, bytes([number]), OWNER, 100.0 + number)
        write_minted(connection, bytes([0]), OWNER, 200.0)
    store = StateStore(database)
    assert [row[0][0] for row in store.minted(limit=10, after=0)] == [1, 2, 3, 4, 0]
    assert [row[0][0] for row in store.minted(limit=2, after=0)] == [4, 0]
    assert [row[0][0] for row in store.minted(limit=10, after=103.0)] == [4, 0]
    assert store.minted(limit=1, after=0) == [(bytes([0]), OWNER, 200.0)]
    with transaction(database) as connection:
        trim_minted(connection, keep=3, before=101.0)
    assert [row[0][0] for row in store.minted(limit=10, after=0)] == [3, 4, 0]


def test_a_database_that_fails_knows_nothing(home: Home) -> None:
    database = open_state(home)
    database.close()
    assert StateStore(database).link("r1") is None
    assert StateStore(database).response_of_item("msg") is None


def test_reading_does_not_wait_for_a_write_under_way(home: Home, database: Database) -> None:
    with transaction(database) as connection:
        write_link(connection, LINK)
    reader = open_state(home)
    answers: list[Link | None] = []
    with transaction(database) as connection:
        write_link(connection, replace(LINK, id="r2"))
        thread = threading.Thread(target=lambda: answers.append(StateStore(reader).link("r1")))
        thread.start()
        thread.join(timeout=2)
        assert answers == [LINK]
    reader.close()


def test_a_row_that_breaks_the_rules_is_refused(database: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError), transaction(database) as connection:
        connection.execute("insert into response_items values ('msg', 'no such response')")
