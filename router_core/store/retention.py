"""What of traces.db is deleted, a slice at a time: nobody who writes has to wait until all of it is gone.

The usage stays. The file gives back what has become free, but for a reserve that the next bodies take.
"""

import contextlib
import sqlite3
from dataclasses import dataclass

from sqlite_utils import Database

SLICE_ROWS = 200
SLICE_BYTES = 4 * 1024 * 1024
"""Of bodies: to delete one, every page of it is read and changed."""
FREE_PAGES = 4096
"""16 MB that stay free in the file."""
SLICE_PAGES = 250
REWRITTEN_BYTES = 512 * 1024 * 1024
"""A file of an older version is rewritten at start, so that it can shrink, if that takes no more than a few seconds."""
_INCREMENTAL = 2


@dataclass(frozen=True)
class Limits:
    """How much may stay."""

    keep: int
    """Newest requests with their attempts and bodies."""
    bodies_max_bytes: int
    """Of all bodies, as they are stored; the oldest go first."""
    before_ms: int
    """Requests that started before go altogether, but for running ones."""


@dataclass(frozen=True)
class Cut:
    """What goes: attempts and bodies up to an id, bodies that are too much, and the requests of before a time."""

    last_id: str
    bodies_max_bytes: int
    before_ms: int


def cut(connection: sqlite3.Connection, limits: Limits) -> Cut:
    """Where the limits are now."""
    by_count = _first(connection, "select id from requests order by id desc limit 1 offset ?", limits.keep)
    by_age = _first(connection, "select max(id) from requests where started_at < ?", limits.before_ms)
    return Cut(max(by_count, by_age), limits.bodies_max_bytes, limits.before_ms)


def delete_slice(connection: sqlite3.Connection, cut: Cut) -> bool:
    """Delete a part of what is beyond the cut; says whether there is more."""
    if _delete_bodies(connection, cut):
        return True
    return any(
        connection.execute(statement, (end, SLICE_ROWS)).rowcount == SLICE_ROWS
        for statement, end in ((_DELETE_ATTEMPTS, cut.last_id), (_DELETE_REQUESTS, cut.before_ms))
    )


def shrink_slice(connection: sqlite3.Connection) -> bool:
    """Give a part of the file's free pages back to the file system; says whether there is more to give."""
    spare = _number(connection, "freelist_count") - FREE_PAGES
    if spare <= 0 or _number(connection, "auto_vacuum") != _INCREMENTAL:
        return False
    connection.execute(f"pragma incremental_vacuum({min(spare, SLICE_PAGES)})").fetchall()
    return spare > SLICE_PAGES


def make_shrinkable(database: Database) -> None:
    """A file of before it was made so is rewritten, unless that takes long or another process has it open."""
    connection = database.conn
    used = _number(connection, "page_count") - _number(connection, "freelist_count")
    if _number(connection, "auto_vacuum") == _INCREMENTAL or used * _number(connection, "page_size") > REWRITTEN_BYTES:
        return
    connection.execute("pragma auto_vacuum = incremental")
    with contextlib.suppress(sqlite3.OperationalError):  # busy, or the disk is full: at the next start, then
        connection.execute("vacuum")


_OLDEST_BODIES = "select rowid, request_id, length(content) from bodies order by request_id limit ?"
_DELETE_ATTEMPTS = (
    "delete from attempts where rowid in (select rowid from attempts where request_id <= ? order by request_id limit ?)"
)
_DELETE_REQUESTS = (
    "delete from requests where rowid in (select rowid from requests where started_at < ? and state <> 'running'"
    " order by started_at limit ?)"
)


def _delete_bodies(connection: sqlite3.Connection, cut: Cut) -> bool:
    """The oldest first."""
    (total,) = connection.execute("select bytes from bodies_size").fetchone()
    size, chosen = 0, []
    for rowid, request_id, length in connection.execute(_OLDEST_BODIES, (SLICE_ROWS,)).fetchall():
        if size > SLICE_BYTES or (request_id > cut.last_id and total - size <= cut.bodies_max_bytes):
            break
        chosen.append((rowid,))
        size += length
    connection.executemany("delete from bodies where rowid = ?", chosen)
    return size > SLICE_BYTES or len(chosen) == SLICE_ROWS


def _first(connection: sqlite3.Connection, query: str, argument: int) -> str:
    row = connection.execute(query, (argument,)).fetchone()
    return (row and row[0]) or ""


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    value: int = connection.execute(f"pragma {pragma}").fetchone()[0]
    return value
