"""A new key for all stored secrets, in steps of which each may be the last: what was readable before stays readable.

1. The new key is stored beside the old one.
2. One transaction seals every value anew and names the new key as the one to seal with; whoever writes a secret asks
   for that name within his own transaction, so nothing is sealed with the old key afterwards.
3. The old key is forgotten.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from router_core.errors import HomeError
from router_core.home import Home, locked
from router_core.store import migrations
from router_core.store.database import open_database, transaction
from router_core.store.key_source import KeySource, Place
from router_core.store.secret_box import KEY_BYTES, SecretBox, key_id, sealed_with

SEALED = (
    ("tokens", "id", "secret"),
    ("tokens", "id", "refresh_secret"),
    ("tokens", "id", "extra_secret"),
    ("journal", "token_id", "sealed"),
)
"""Every (table, id, column) that holds a sealed value; a value is bound to the id and to the column's name."""

type Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What came of it."""

    values: int
    """Sealed anew."""
    unreadable: int
    """Left as they are: no key that we have opens them."""
    where: str


def rotate_key(home: Home, source: KeySource, place: Place | None = None, step: Step = lambda name: None) -> Rotated:
    """Replace the key, and move it if `place` says so.

    Args:
        step: called with the name of each step once it is done; for tests that end the process there.

    Raises:
        KeychainFailed: the new place does not take it; nothing has changed.
        HomeError: the folder, the database or the key cannot be used.
    """
    database = open_database(home.tokens_db, migrations.tokens)
    try:
        with locked(home.path / "tokens.rotate.lock"):
            return _rotate(database, source, place, step)
    finally:
        database.conn.close()


def _rotate(database: Database, source: KeySource, place: Place | None, step: Step) -> Rotated:
    connection = database.conn
    connection.execute("pragma secure_delete = on")  # what the old key can open does not stay in free pages
    connection.execute("pragma synchronous = full")
    box = SecretBox(source)  # makes the first key where there is none
    _tidy(connection, source)
    new = secrets.token_bytes(KEY_BYTES)
    source.add(new, place or source.place)
    step("new key stored")
    with transaction(database):
        if not box.use(key_id(new)):
            raise HomeError(f"The new key cannot be read back from {source.where}. Nothing has changed.")
        step("transaction begun")
        values, unreadable = _seal_anew(connection, box, step)
        connection.execute("insert or replace into sealing (only_row, key_id) values (1, ?)", (key_id(new),))
        connection.execute("update edits set count = count + 1")
        step("before commit")
    step("sealed anew")
    connection.execute("pragma wal_checkpoint(truncate)")
    step("written through")
    _tidy(connection, source)
    step("old key forgotten")
    return Rotated(values, unreadable, source.where)


def _seal_anew(connection: sqlite3.Connection, box: SecretBox, step: Step) -> tuple[int, int]:
    done = unreadable = 0
    for table, id_column, column in SEALED:
        rows = connection.execute(f"select {id_column}, {column} from {table} where length({column}) > 0").fetchall()
        for record, sealed in rows:
            try:
                again = box.seal(box.open(sealed, record, column), record, column)
            except HomeError:
                unreadable += 1
                continue
            connection.execute(f"update {table} set {column}=? where {id_column}=?", (again, record))
            done += 1
            step("value sealed")
    return done, unreadable


def _tidy(connection: sqlite3.Connection, source: KeySource) -> None:
    """Forget the keys that nothing is sealed with any more, among them those of a rotation that was broken off."""
    row = connection.execute("select key_id from sealing").fetchone()
    named = [sealed_with(sealed) for sealed in _sealed_values(connection)]
    keys = source.load()
    if None in named:  # from before keys had names: any of them may be the one
        return
    wanted = {name for name in named if name} | ({row[0]} if row else {next(iter(keys))})
    if wanted & keys.keys():
        source.keep_only(wanted)


def _sealed_values(connection: sqlite3.Connection) -> Iterator[bytes]:
    for table, _, column in SEALED:
        for (sealed,) in connection.execute(f"select {column} from {table} where length({column}) > 0"):
            yield sealed
