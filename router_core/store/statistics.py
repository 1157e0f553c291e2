"""What was used in a span of time: added up, by what it was used for, and over time.

Full hours come from `usage_hourly`, which is kept for ever; what is left at the edges of the span, and everything about
single sessions, comes from the requests that are still kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from router_core.store.sessions import AgentRow, SessionRow, agents, sessions, turns
from router_core.store.usage_rows import HOUR_MS, HOURLY, SUMMED, TIMES

__all__ = (
    "AgentRow", "Dimension", "SessionRow", "Span", "Sums",
    "agents", "grouped", "over_time", "sessions", "totals", "turns",
)  # fmt: skip

type Dimension = Literal["provider", "token", "model", "project", "client", "client_key", "scenario", "session"]
NO_FILTER: Mapping[Dimension, str] = {}
_DIMENSIONS = frozenset({*HOURLY, "session"})
_COUNTED = "finished_at is not null and provider <> ''"
"""Of `requests`: what has been added to the usage."""
_OF_REQUESTS = ", ".join(
    {
        "requests": "1 as requests", "failures": "state <> 'ok' as failures",
        "ttft_count": "ttft_ms is not null as ttft_count",
        "total_count": "total_ms is not null as total_count",
    }.get(name, name)
    for name in (*SUMMED, *TIMES)
)  # fmt: skip
_OF_HOURS = ", ".join((*SUMMED, *TIMES))
_ADDED_UP = ", ".join(f"coalesce(sum({name}), 0)" for name in (*SUMMED, *TIMES))


@dataclass(frozen=True)
class Span:
    """From `since_ms` until just before `until_ms`, epoch milliseconds."""

    since_ms: int
    until_ms: int


@dataclass(frozen=True)
class Sums:
    """Finished requests, added up. Costs are at list prices; `metered_nano_usd` is the part that is real money."""

    requests: int
    failures: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    reasoning_tokens: int
    cost_nano_usd: int
    metered_nano_usd: int
    mean_ttft_ms: float | None
    mean_total_ms: float | None


def totals(db: Database, span: Span, where: Mapping[Dimension, str] = NO_FILTER) -> Sums:
    """Everything in the span that fits `where` (dimension → value, exactly)."""
    source, arguments = _source((), span, where)
    return _sums(db.execute(f"select {_ADDED_UP} from ({source})", arguments).fetchone())


def grouped(
    db: Database, by: Dimension, span: Span, where: Mapping[Dimension, str] = NO_FILTER, limit: int = 100
) -> list[tuple[str, Sums]]:
    """One entry for each value of a dimension; the most expensive first, then those with the most requests."""
    source, arguments = _source((by,), span, where)
    rows = db.execute(
        f"select {by}, {_ADDED_UP} from ({source}) group by {by}"
        " order by sum(cost_nano_usd) desc, sum(requests) desc, 1 limit ?",
        [*arguments, limit],
    )
    return [(row[0], _sums(row[1:])) for row in rows]


def over_time(
    db: Database, span: Span, step_ms: int, by: Dimension | None = None, where: Mapping[Dimension, str] = NO_FILTER
) -> list[tuple[int, str, Sums]]:
    """The sums of each step of time in which there were requests, in order: (when it begins, group, sums).

    Args:
        step_ms: full hours; steps are counted from the beginning of the span (the local midnight, say).
        by: dimension to group by; without one, the group is "".
    """
    source, arguments = _source((by,) if by else (), span, where)
    step = f"(at - {int(span.since_ms)}) / {int(step_ms)}"
    rows = db.execute(
        f"select {step}, {by or "''"}, {_ADDED_UP} from ({source}) group by 1, 2"
        " order by 1, sum(cost_nano_usd) desc, 2",
        arguments,
    )
    return [(span.since_ms + row[0] * step_ms, row[1], _sums(row[2:])) for row in rows]


def _source(columns: tuple[str, ...], span: Span, where: Mapping[Dimension, str]) -> tuple[str, list[str | int]]:
    """A query for rows with `at`, these columns and everything that is added up, and its arguments.

    Raises:
        ValueError: there is no such dimension.
    """
    if unknown := {column for column in (*columns, *where) if column not in _DIMENSIONS}:
        raise ValueError(f"usage is not kept by {', '.join(sorted(unknown))}")
    named = "".join(f"{column}, " for column in columns)
    filters = "".join(f" and {column} = ?" for column in where)
    parts: list[str] = []
    arguments: list[str | int] = []

    def add(table: str, at: str, values: str, condition: str, since: int, until: int) -> None:
        if since < until:
            parts.append(
                f"select {at} as at, {named}{values} from {table} where {at} >= ? and {at} < ?{condition}{filters}"
            )
            arguments.extend((since, until, *where.values()))

    def add_requests(since: int, until: int) -> None:
        add("requests", "started_at", _OF_REQUESTS, f" and {_COUNTED}", since, until)

    first, last = -(-span.since_ms // HOUR_MS) * HOUR_MS, span.until_ms // HOUR_MS * HOUR_MS
    if first >= last or "session" in columns or "session" in where:
        first = last = span.until_ms
    add_requests(span.since_ms, first)
    add("usage_hourly", "hour", _OF_HOURS, "", first, last)
    add_requests(last, span.until_ms)
    nothing = f"select started_at as at, {named}{_OF_REQUESTS} from requests where false"
    return " union all ".join(parts) or nothing, arguments


def _sums(row: tuple[int, ...]) -> Sums:
    ttft_ms, ttft_count, total_ms, total_count = row[len(SUMMED) :]
    means = (sum_ms / count if count else None for sum_ms, count in ((ttft_ms, ttft_count), (total_ms, total_count)))
    return Sums(*row[: len(SUMMED)], *means)
