"""state.db ↔ Owner and Link: who minted which proof, and the responses of each conversation as chains.

The database holds conversations as they were, so it is as private as the home folder (0600). Of proofs only hashes.
"""

import logging
import sqlite3
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlite_utils import Database

from router_core.clock import to_ms
from router_core.home import Home
from router_core.state.link import Link
from router_core.state.owner import Owner
from router_core.store import migrations
from router_core.store.database import open_database

log = logging.getLogger("mitmrouter.store")

_LINK_COLUMNS = (
    "id, previous_id, chain, depth, fingerprint, provider, token_id, session, used_at, content"  # and size: not read
)
_TRIM_TO = 0.9
"""What is over a bound goes down to this part of it, so that the next write is not over it again."""


def open_state(home: Home) -> Database:
    """The state database of a home folder, made if need be."""
    return open_database(home.state_db, migrations.state)


class StateStore:
    """Reads; a database that fails in the middle of a request counts as one that knows nothing."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._lock = threading.Lock()  # threads that share a connection share its statements, and would mix their rows

    def minted(self, *, limit: int, after: float) -> list[tuple[bytes, Owner, float]]:
        """`(hash, owner, used at)` of the newest proofs, oldest first.

        Args:
            after: epoch seconds; what was not used since is left out.
        """
        rows = self.database.execute(
            "select hash, issuer, provider, token_id, kind, used_at from minted where used_at > ?"
            " order by used_at desc limit ?",
            [to_ms(after), limit],
        ).fetchall()
        return [(row[0], Owner(*row[1:5]), row[5] / 1000) for row in reversed(rows)]

    def link(self, response_id: str) -> Link | None:
        """One response by its id; reads one row by its key."""
        row = self._one(f"select {_LINK_COLUMNS} from responses where id = ?", response_id)
        if row is None:
            return None
        return Link(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8] / 1000, row[9])

    def response_of_item(self, item_id: str) -> str | None:
        """Id of the response in which an output item came."""
        row = self._one("select response_id from response_items where id = ?", item_id)
        return None if row is None else str(row[0])

    def _one(self, query: str, argument: str) -> tuple[Any, ...] | None:
        try:
            with self._lock:
                row: tuple[Any, ...] | None = self.database.execute(query, [argument]).fetchone()
        except (sqlite3.Error, UnicodeEncodeError) as error:  # a lone surrogate in an id cannot have been stored
            log.error("state.db could not be read: %s", error)
            return None
        return row


def write_minted(connection: sqlite3.Connection, hash_: bytes, owner: Owner, used_at: float) -> None:
    """Remember, or mark as used, one proof."""
    connection.execute(
        "insert or replace into minted (hash, kind, issuer, provider, token_id, used_at) values (?,?,?,?,?,?)",
        (hash_, owner.kind, owner.issuer, owner.provider, owner.token_id, to_ms(used_at)),
    )


def trim_minted(connection: sqlite3.Connection, *, keep: int, before: float) -> None:
    """Forget what was last used before `before` (epoch seconds), and all but the `keep` newest."""
    connection.execute("delete from minted where used_at <= ?", (to_ms(before),))
    connection.execute(
        "delete from minted where hash in (select hash from minted order by used_at desc limit -1 offset ?)", (keep,)
    )


class Head(NamedTuple):
    """Where a chain can be continued."""

    id: str
    chain: str
    depth: int
    fingerprint: bytes


def head(connection: sqlite3.Connection, response_id: str) -> Head | None:
    """The end of a chain by its response id."""
    row = connection.execute(
        "select id, chain, depth, fingerprint from responses where id = ?", (response_id,)
    ).fetchone()
    return Head(*row) if row else None


def heads_with(connection: sqlite3.Connection, fingerprints: Sequence[bytes]) -> list[Head]:
    """All responses whose conversation has one of these fingerprints; at most 500 are asked for in one call."""
    marks = ", ".join("?" * len(fingerprints))
    query = f"select id, chain, depth, fingerprint from responses where fingerprint in ({marks}) order by used_at"
    return [Head(*row) for row in connection.execute(query, list(fingerprints))]


def forget_from(connection: sqlite3.Connection, old: Head) -> None:
    """Forget a response and what may continue it: all of its chain that is deeper."""
    connection.execute("delete from responses where chain = ? and depth > ?", (old.chain, old.depth))
    connection.execute("delete from responses where id = ?", (old.id,))


def write_link(connection: sqlite3.Connection, link: Link) -> None:
    """One response of an id that is not there yet."""
    connection.execute(
        f"insert into responses ({_LINK_COLUMNS}, size) values (?,?,?,?,?,?,?,?,?,?,?)",
        (
            link.id, link.previous_id, link.chain, link.depth, link.fingerprint, link.provider, link.token_id,
            link.session, to_ms(link.used_at), link.content, len(link.content),
        ),
    )  # fmt: skip
    connection.executemany(
        "insert or replace into response_items (id, response_id) values (?,?)",
        [(item_id, link.id) for item_id in link.item_ids],
    )


def touch_response(connection: sqlite3.Connection, response_id: str, used_at: float) -> None:
    """A conversation that is being continued is not forgotten."""
    connection.execute("update responses set used_at = ? where id = ?", (to_ms(used_at), response_id))


def response_totals(connection: sqlite3.Connection) -> tuple[int, int]:
    """`(responses, bytes)` kept."""
    count, size = connection.execute("select count(*), coalesce(sum(size), 0) from responses").fetchone()
    return count, size


def trim_responses(connection: sqlite3.Connection, *, max_count: int, max_bytes: int, before: float) -> set[str]:
    """Forget whole chains: those not used since `before` (epoch seconds), then the least recently used ones, until
    both bounds are kept.

    Returns:
        the chains that were forgotten.
    """
    count, size = response_totals(connection)
    over = count > max_count or size > max_bytes
    chains = connection.execute(
        "select chain, count(*), sum(size), max(used_at) as used from responses group by chain order by used"
    ).fetchall()
    forgotten = set()
    for chain, links, bytes_, used_at in chains:
        if over:
            over = count > max_count * _TRIM_TO or size > max_bytes * _TRIM_TO
        if not over and used_at > to_ms(before):
            break
        connection.execute("delete from responses where chain = ?", (chain,))
        forgotten.add(chain)
        count, size = count - links, size - bytes_
    return forgotten
