"""traces.db ↔ TraceRecord: one row per request and per attempt, bodies compressed, usage added up by day."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import zstandard
from sqlite_utils import Database

from router_core.clock import to_ms
from router_core.home import Home
from router_core.store import trace_migrations
from router_core.store.database import open_database
from router_core.store.retention import make_shrinkable
from router_core.store.trace_rows import ATTEMPT_COLUMNS, REQUEST_COLUMNS, USAGE, attempt_values, request_values
from router_core.store.usage_rows import add_usage
from router_core.trace.record import BodyRecord, TraceRecord, Usage

_PUT_REQUEST = (
    f"insert or replace into requests ({', '.join(REQUEST_COLUMNS)}) values ({', '.join('?' * len(REQUEST_COLUMNS))})"
)
_UPDATE_REQUEST = f"update requests set {', '.join(f'{c}=?' for c in REQUEST_COLUMNS[1:])} where id=?"
_PUT_ATTEMPT = (
    f"insert or replace into attempts ({', '.join(ATTEMPT_COLUMNS)}) values ({', '.join('?' * len(ATTEMPT_COLUMNS))})"
)

_MONEY = ("cost_nano_usd", "metered_nano_usd")
ENDS_AMONG = 1_000_000
"""Newest requests among which one is found by the end of its id: all of them have to be read for that."""
_NEWEST_IDS = "select id from requests order by id desc limit ?"
CHECKPOINT_PAGES = 4000
"""16 MB: bodies are large, and each checkpoint writes pages again that the next bodies will change again."""


def open_traces(home: Home) -> Database:
    """The trace database of a home folder, made if need be."""
    database = open_database(home.traces_db, trace_migrations.traces, shrinks=True)
    make_shrinkable(database)
    database.execute(f"pragma wal_autocheckpoint = {CHECKPOINT_PAGES}")
    return database


def write_started(connection: sqlite3.Connection, record: TraceRecord) -> None:
    """The row of a request that has just come in."""
    connection.execute(_PUT_REQUEST, request_values(record))


def write_trace(connection: sqlite3.Connection, record: TraceRecord) -> None:
    """The request as it is now, with its attempts; a finished one is added to the usage, once."""
    values = request_values(record)
    row = connection.execute("select finished_at from requests where id=?", (record.id,)).fetchone()
    if row is None:
        connection.execute(_PUT_REQUEST, values)
    else:
        connection.execute(_UPDATE_REQUEST, (*values[1:], record.id))
    connection.executemany(_PUT_ATTEMPT, [attempt_values(record.id, attempt) for attempt in record.attempts])
    if record.finished_at is not None and (row is None or row[0] is None) and record.provider:
        add_usage(connection, record)


def write_body(connection: sqlite3.Connection, body: BodyRecord) -> int:
    """One body, already decoded and redacted, compressed here; how many bytes that takes."""
    content = _compress(body.content)
    connection.execute(
        "insert into bodies values (?,?,?,?,?,?) on conflict do update set size = excluded.size,"
        " truncated = excluded.truncated, content_type = excluded.content_type, content = excluded.content",
        (body.request_id, body.kind, body.size, body.truncated, body.content_type, content),
    )
    return len(content)


def mark_lost(connection: sqlite3.Connection) -> None:
    """At start: what a killed process left running will never finish."""
    connection.execute(
        "update requests set state='lost', error='the router ended while this was running' where state='running'"
    )


def recent(database: Database, *, limit: int = 50, where: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Newest requests first, as rows of the public schema; `where` filters by column equality."""
    if unknown := (where or {}).keys() - set(REQUEST_COLUMNS):
        raise ValueError(f"no column {', '.join(sorted(unknown))}")
    clause = "".join(f" and {column} = ?" for column in where or ())
    query = f"select * from requests where true{clause} order by id desc limit ?"
    return list(database.query(query, [*(where or {}).values(), limit]))


def by_ids(database: Database, ids: Sequence[str]) -> list[dict[str, Any]]:
    """These requests, in no order, each with its `row_number`."""
    marks = ", ".join("?" * len(ids))
    query = f"select rowid as row_number, * from requests where id in ({marks})"
    return list(database.query(query, list(ids))) if ids else []


def newest(database: Database, *, since_row: int = 0, limit: int = 500) -> list[dict[str, Any]]:
    """Newest requests first, each with its `row_number`.

    Args:
        since_row: only rows added after this `row_number`, latest added first (what came since the last look).
    """
    # by rowid only the new rows are read, by id all of the index would be
    clause, order = ("where rowid > ?", "rowid") if since_row else ("", "id")
    query = f"select rowid as row_number, * from requests {clause} order by {order} desc limit ?"
    return list(database.query(query, [*([since_row] if since_row else []), limit]))


def last_row(database: Database) -> int:
    """The highest `row_number` there is; 0 when there are no requests. Costs microseconds."""
    row: int | None = database.execute("select max(rowid) from requests").fetchone()[0]
    return row or 0


def count(database: Database) -> int:
    """How many requests are kept."""
    number: int = database.execute("select count(*) from requests").fetchone()[0]
    return number


def last_answered(database: Database, session: str, model: str = "") -> dict[str, Any] | None:
    """Provider, model and token of a session's newest answer; of those, one that was asked for `model` comes first."""
    rows = database.query(
        "select provider, model, token, coalesce(nullif(asked_model, ''), model) as asked from requests"
        " where session = ? and state = 'ok' and token <> '' order by started_at desc limit 50",
        [session],
    )
    found = list(rows)
    row = next((row for row in found if row["asked"] == model), found[0] if found else None)
    return row and {name: row[name] for name in ("provider", "model", "token")}


def last_usages(database: Database, limit: int) -> Iterator[tuple[str, str, Usage]]:
    """(session, agent, usage) of the newest answered requests, the oldest of them first; without errands, which are
    asked beside the conversation."""
    query = f"select session, agent, {', '.join(USAGE)} from requests where session != '' and finished_at is not null"
    query += " and scenario is not 'background'"
    rows = list(database.execute(f"{query} order by started_at desc limit ?", [limit]))
    for session, agent, *counts in reversed(rows):
        yield session, agent or "", Usage(**dict(zip(USAGE, counts, strict=True)))


def last_usage(database: Database, session: str, agent: str) -> Usage | None:
    """Of the newest answered request of one line of work."""
    query = (
        f"select {', '.join(USAGE)} from requests where session = ? and agent = ? and finished_at is not null"
        " and input_tokens is not null and scenario is not 'background' order by started_at desc limit 1"
    )
    row = next(iter(database.execute(query, [session, agent])), None)
    return None if row is None else Usage(**dict(zip(USAGE, row, strict=True)))


def usage_on(database: Database, day: str) -> dict[str, int]:
    """The finished requests of one local day (`YYYY-MM-DD`), added up: requests, failures, each kind of tokens, what
    they cost at list prices, and how much of it is real money."""
    names = ("requests", "failures", *USAGE, *_MONEY)
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in names)
    row = database.execute(f"select {sums} from usage_daily where day = ?", [day]).fetchone()
    return dict(zip(names, row, strict=True))


def usage_since(database: Database, day: str, where: Mapping[str, str]) -> dict[str, int]:
    """What has finished since the beginning of a local day, added up as in `usage_on`.

    Args:
        where: provider, token, model, session → pattern as for file names.
    """
    names = ("requests", "failures", *USAGE, *_MONEY)
    if not where.keys() <= {"provider", "token", "model", "session"}:
        raise ValueError(f"usage is not kept by {', '.join(where)}")
    conditions = "".join(f" and {column} glob ?" for column in where)
    patterns = [pattern.replace("[!", "[^") for pattern in where.values()]
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in names)
    row = database.execute(f"select {sums} from usage_daily where day >= ?{conditions}", [day, *patterns]).fetchone()
    return dict(zip(names, row, strict=True))


def answers_since(database: Database, since: float, where: Mapping[str, str]) -> int:
    """How many requests were answered since a time, as far as they are still kept. `where` as in `usage_since`."""
    conditions = "".join(f" and {column} glob ?" for column in where)
    patterns = [pattern.replace("[!", "[^") for pattern in where.values()]
    query = f"select count(*) from requests where started_at >= ? and output_tokens is not null{conditions}"
    number: int = database.execute(query, [to_ms(since), *patterns]).fetchone()[0]
    return number


def used_by_keys(database: Database, since: float) -> dict[str, dict[str, int]]:
    """Name of a client key → what its requests since a time have used: requests, cost_nano_usd, metered_nano_usd."""
    rows = database.query(
        "select client_key, count(*) as requests, coalesce(sum(cost_nano_usd), 0) as cost_nano_usd,"
        " coalesce(sum(case when billing = 'metered' then cost_nano_usd end), 0) as metered_nano_usd"
        " from requests where started_at >= ? and client_key <> '' and billing <> '' group by client_key",
        [to_ms(since)],
    )
    return {row.pop("client_key"): row for row in rows}


def find(database: Database, reference: str) -> dict[str, Any] | None:
    """One request by id, by the start or end of an id, or `last`."""
    if reference == "last":
        return next(iter(recent(database, limit=1)), None)
    if not _no_wildcards(reference) or "\0" in reference:  # SQLite's patterns end at a NUL
        return None
    part = _no_wildcards(reference)
    ways: tuple[tuple[str, Sequence[str | int]], ...] = (
        ("requests where id = ?", [reference]),
        ("requests where id >= ? and id < ? || char(1114111) order by id desc", [part, part]),
        (f"({_NEWEST_IDS}) where id like ? or id like ?", [ENDS_AMONG, f"{part}%", f"%{part}"]),
    )
    for place, arguments in ways:
        found = database.execute(f"select id from {place} limit 1", arguments).fetchone()
        if found is not None:
            return next(database.query("select * from requests where id = ?", found))
    return None


def attempts_of(database: Database, request_id: str) -> list[dict[str, Any]]:
    """The attempts of one request in order, headers as lists of pairs."""
    rows = list(database.query("select * from attempts where request_id = ? order by number", [request_id]))
    for row in rows:
        for column in ("request_headers", "response_headers", "edits"):
            row[column] = orjson.loads(row.get(column) or "[]")  # of an older schema, one may be missing
    return rows


def bodies_of(database: Database, request_id: str, kinds: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """The bodies of one request, decompressed, in the order they came to be; of these kinds, if some are named."""
    only = f" and kind in ({', '.join('?' * len(kinds))})" if kinds else ""
    for row in database.query(f"select * from bodies where request_id = ?{only} order by rowid", [request_id, *kinds]):
        row["content"] = zstandard.ZstdDecompressor().decompress(row["content"])
        yield row


class _Compressor(threading.local):
    """One per thread, made once: making one costs more than compressing a small body."""

    def __init__(self) -> None:
        self.zstd = zstandard.ZstdCompressor(level=1)


_compressor = _Compressor()


def _compress(content: bytes) -> bytes:
    return _compressor.zstd.compress(content)


def _no_wildcards(text: str) -> str:
    return text.replace("%", "").replace("_", "")
