"""tokens.db ↔ which session has which token."""

import sqlite3
from typing import Any, NamedTuple

from sqlite_utils import Database

from router_core.clock import to_ms


class Affined(NamedTuple):
    """A row of `affinity`: a session's token, and what its provider holds of the session's prompt. Times are epoch
    seconds."""

    session: str
    provider: str
    token_id: str
    model: str
    bound_at: float
    used_at: float
    cached_tokens: int
    cache_until: float
    for_1h: bool


def read_affinities(database: Database) -> list[Affined]:
    """The sessions and their tokens, the longest silent first; none where the schema is older than they are."""
    if not database["affinity"].exists():
        return []
    return [_affined(row) for row in database.query("select * from affinity order by used_at")]


def sessions_of(database: Database, token_id: str, limit: int) -> list[Affined]:
    """The sessions of one token, used last first; none where the schema is older than they are."""
    if not database["affinity"].exists():
        return []
    query = "select * from affinity where token_id = ? order by used_at desc limit ?"
    return [_affined(row) for row in database.query(query, [token_id, limit])]


def _affined(row: dict[str, Any]) -> Affined:
    return Affined(
        row["session"], row["provider"], row["token_id"], row["model"], row["bound_at"] / 1000,
        row["used_at"] / 1000, row["cached_tokens"], row["cache_until"] / 1000, bool(row["cached_1h"]),
    )  # fmt: skip


def write_affinity(connection: sqlite3.Connection, row: Affined) -> None:
    """A session's binding, as it is in memory."""
    connection.execute(
        "insert or replace into affinity (session, provider, token_id, model, bound_at, used_at, cached_tokens,"
        " cache_until, cached_1h) select ?,?,?,?,?,?,?,?,? where exists (select 1 from tokens where id=?)",
        (
            row.session, row.provider, row.token_id, row.model, to_ms(row.bound_at), to_ms(row.used_at),
            row.cached_tokens, to_ms(row.cache_until), row.for_1h, row.token_id,
        ),
    )  # fmt: skip


def delete_affinity(connection: sqlite3.Connection, session: str, provider: str) -> None:
    """Forget a session's binding."""
    connection.execute("delete from affinity where session=? and provider=?", (session, provider))
