"""A finished request → what it adds to `usage_daily`, `usage_hourly`, `usage_paths`, `session_usage` and
`session_parts`.

All are added to in the transaction that marks the request as finished, so that their sums are always those of the
requests.
"""

import datetime
import sqlite3

from router_core.clock import to_ms
from router_core.store.trace_rows import USAGE
from router_core.store.usage_columns import DAILY, HOUR_MS, HOURLY, LAST, PATH_HOURLY, SUMMED, TIMES
from router_core.store.usage_days import BY_PATH, BY_TARGET, add_late
from router_core.store.usage_paths import path_group, status_text
from router_core.trace.record import TraceRecord, lasted_ms


def _add_to(
    table: str, key: tuple[str, ...], sums: tuple[str, ...], others: tuple[str, ...] = (), also: str = ""
) -> str:
    columns = (*key, *sums, *others)
    added = ", ".join(f"{name} = {name} + excluded.{name}" for name in sums)
    marks = ", ".join("?" * len(columns))
    return (
        f"insert into {table} ({', '.join(columns)}) values ({marks}) on conflict ({', '.join(key)})"
        f" do update set {added}{also}"
    )


_ADD_DAILY = _add_to("usage_daily", DAILY, SUMMED)
_ADD_HOURLY = _add_to("usage_hourly", ("hour", *HOURLY), (*SUMMED, *TIMES))
_ADD_PATH = _add_to("usage_paths", ("hour", *PATH_HOURLY), (*SUMMED, *TIMES))
_ADD_PART = _add_to(
    "session_parts",
    ("session", *HOURLY),
    (*SUMMED, *TIMES),
    ("first_at", "last_at"),
    ", first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)",
)
_ADD_SESSION = _add_to(
    "session_usage",
    ("session", "agent"),
    (*SUMMED, "cache_lost_tokens"),
    ("first_at", "last_at", *LAST),
    ", first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at), "
    + ", ".join(f"{name} = iif(excluded.last_at >= last_at, excluded.{name}, {name})" for name in LAST),
)


def add_usage(connection: sqlite3.Connection, record: TraceRecord) -> None:
    """Count one request that is over; the caller sees to it that this happens once."""
    started_at = to_ms(record.started_at)
    finished_at = started_at if record.finished_at is None else max(started_at, to_ms(record.finished_at))
    day = datetime.datetime.fromtimestamp(record.started_at).astimezone().date().isoformat()
    sums = (
        1, record.state != "ok", *(getattr(record.usage, name) or 0 for name in USAGE), record.cost_nano_usd or 0,
        record.metered_nano_usd,
    )  # fmt: skip
    total_ms = 0 if record.finished_at is None else lasted_ms(record.started_at, record.finished_at)
    times = (record.ttft_ms or 0, record.ttft_ms is not None, total_ms, 1)
    lost = sum(attempt.cache_lost_tokens or 0 for attempt in record.attempts)
    connection.execute(_ADD_DAILY, (day, record.provider, record.token, record.model, record.session, *sums))
    hour = started_at - started_at % HOUR_MS
    key = tuple(getattr(record, name) for name in HOURLY)
    connection.execute(_ADD_HOURLY, (hour, *key, *sums, *times))
    connection.execute(_ADD_PART, (record.session, *key, *sums, *times, started_at, started_at))
    where = (path_group(record.path), status_text(record.status), *key)
    connection.execute(_ADD_PATH, (hour, *where, *sums, *times))
    add_late(connection, BY_TARGET, hour, key, (*sums, *times))
    add_late(connection, BY_PATH, hour, where, (*sums, *times))
    last = (getattr(record, name) for name in LAST)
    connection.execute(_ADD_SESSION, (record.session, record.agent, *sums, lost, started_at, finished_at, *last))
