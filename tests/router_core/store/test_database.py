"""How a database is opened, and the one thread that writes."""

import logging
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database, Migrations

from router_core.errors import HomeError
from router_core.home import Home
from router_core.store import migrations
from router_core.store.database import Write, Writer, open_database, open_read_only, transaction
from tests.router_core.together import together

notes = Migrations("notes")


@notes()
def m001_notes(db: Database) -> None:
    db.execute("create table notes (id integer primary key, text text not null)")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "notes.db", notes)
    yield database
    database.close()


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    writer = Writer(database, "test")
    yield writer
    writer.close()


def _note(text: Any) -> Any:
    return lambda connection: connection.execute("insert into notes (text) values (?)", (text,))


def _texts(database: Database) -> list[str]:
    return [row[0] for row in database.execute("select text from notes order by id")]


def test_a_database_is_private_wal_and_migrated(tmp_path: Path, database: Database) -> None:
    with transaction(database) as connection:
        _note("one")(connection)
    files = sorted(tmp_path.glob("notes.db*"))
    assert [file.name for file in files] == ["notes.db", "notes.db-shm", "notes.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert database.execute("pragma journal_mode").fetchone() == ("wal",)
    assert database.execute("pragma foreign_keys").fetchone() == (1,)
    assert notes.pending(database) == []


def test_a_database_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.touch(mode=0o644)
    open_database(path, notes).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_database_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_bytes(b"this is not a database, it is a text" * 100)
    with pytest.raises(HomeError, match="move it away") as caught:
        open_database(path, notes)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


def test_a_missing_folder_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="cannot be used"):
        open_database(tmp_path / "missing" / "notes.db", notes)


def test_reading_only_never_creates_or_changes(tmp_path: Path, database: Database) -> None:
    with pytest.raises(HomeError, match="Start the router once"):
        open_read_only(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    with transaction(database) as connection:
        _note("one")(connection)
    view = open_read_only(tmp_path / "notes.db")
    assert _texts(view) == ["one"]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        view.execute("delete from notes")
    view.close()


def test_a_path_with_odd_characters_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%20é.db"
    open_database(path, notes).close()
    open_read_only(path).close()


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    def half_done() -> None:
        with transaction(database) as connection:
            _note("one")(connection)
            raise KeyError

    with pytest.raises(KeyError):
        half_done()
    assert _texts(database) == []


def test_processes_that_open_a_new_home_together_all_succeed(tmp_path: Path) -> None:
    code = """
from pathlib import Path
from router_core.clock import SystemClock
from router_core.home import Home
from router_core.store.tokens import open_tokens
from router_core.store.traces import open_traces
# go
home = Home(Path(sys.argv[1])).ensure()
store = open_tokens(home, SystemClock())
open_traces(home)
print(store.edits())
"""
    assert together(code, str(tmp_path / "home")) == ["0"] * 4


def test_two_processes_write_the_same_database(home: Home) -> None:
    code = """
from pathlib import Path
from router_core.clock import SystemClock
from router_core.home import Home
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
import os
store = open_tokens(Home(Path(sys.argv[1])), SystemClock())
# go
for number in range(25):
    store.add(Token("", f"{os.getpid()}-{number}", "claude", "secret"))
"""
    assert together(code, str(home.path)) == [""] * 4
    database = open_database(home.tokens_db, migrations.tokens)
    assert database.execute("select count(*), (select count from edits) from tokens").fetchone() == (100, 100)
    database.close()


def test_writes_are_applied_in_order(database: Database, writer: Writer) -> None:
    for number in range(5000):
        writer.submit(_note(str(number)))
    assert writer.flush()
    assert writer.pending == 0
    assert _texts(database) == [str(number) for number in range(5000)]


def test_many_threads_may_submit(database: Database, writer: Writer) -> None:
    def submit_many() -> None:
        for _ in range(200):
            writer.submit(_note("x"))

    threads = [threading.Thread(target=submit_many) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.flush()
    assert len(_texts(database)) == 1000


def test_flush_with_nothing_to_do_returns_at_once(writer: Writer) -> None:
    assert writer.flush(0.0)


def test_a_flush_that_takes_too_long_says_so(writer: Writer) -> None:
    go = threading.Event()
    writer.submit(lambda connection: go.wait(10))
    assert not writer.flush(0.01)
    go.set()
    assert writer.flush()


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(_note(None), id="against-a-rule-of-the-table"),
        pytest.param(_note(2**64), id="a-number-too-large"),
        pytest.param(_note("\udcff"), id="text-that-is-no-unicode"),
        pytest.param(lambda connection: int("no number"), id="a-mistake-of-ours"),
    ],
)
def test_one_bad_write_does_not_take_the_others_with_it(
    database: Database, writer: Writer, bad: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "mitmrouter.store"):
        for write in (_note("before"), bad, _note("after")):
            writer.submit(write)
        assert writer.flush()
        writer.submit(_note("later"))
        assert writer.flush()
    assert _texts(database) == ["before", "after", "later"]
    assert ["a write was lost" in record.message for record in caplog.records] == [True]


def test_closing_writes_what_is_left(database: Database) -> None:
    writer = Writer(database, "test")
    for number in range(3000):
        writer.submit(_note(str(number)))
    writer.close()
    assert len(_texts(database)) == 3000
    writer.close()


def test_what_follows_a_write_is_done_once_it_can_be_read_and_not_for_one_that_was_lost(
    database: Database, writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def write(name: str, *, bad: bool = False) -> Write:
        def written(connection: sqlite3.Connection) -> None:
            writer.when_committed(lambda: done.append(name))
            if bad:
                raise ValueError(name)

        return written

    def follow_badly(connection: sqlite3.Connection) -> None:
        writer.when_committed(lambda: int("no number"))

    for each in (write("first"), write("lost", bad=True), follow_badly, write("last")):
        writer.submit(each)
    assert writer.flush()
    assert done == ["first", "last"]
    assert "what follows a write failed" in caplog.text


def test_steps_of_a_schema_are_cut_at_the_ends_of_their_statements_and_done_wholly_or_not_at_all(
    database: Database,
) -> None:
    steps = Migrations("notes")

    @steps()
    def m002_shouting(db: Database) -> None:
        db.executescript(
            """
            create table loud (
                text text not null default ';'  -- '; is no end', nor is this;
            );
            create trigger shouting after insert on notes begin
                insert into loud values (upper(new.text));
                insert into loud (rowid) values (null);
            end;
            insert into notes (text) values ('hi')"""
        )

    steps.apply(database)
    assert [row["text"] for row in database.query("select text from loud")] == ["HI", ";"]

    @steps()
    def m003_broken(db: Database) -> None:
        db.executescript("drop table loud;\ninsert into nowhere values (1);")

    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        steps.apply(database)
    assert [row["text"] for row in database.query("select text from loud")] == ["HI", ";"]
