"""What the list of requests asks of the database: the first ones that fit, more of them, what has changed since.

Pure questions for `Source.ask`; each looks at one stretch of time at most, so that none keeps the next one waiting.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from router_core.store import traces
from router_core.store.trace_search import Place, Search, Sort, matching, resolved, sort_key, stretch, values_of
from router_core.trace.filter_text import known_values, read_filter
from tui.asking import Databases
from tui.records import RequestRow

PAGE = 500
"""Requests loaded at once, and the most that a sorted list shows."""
LISTED = ("model", "provider", "token", "project", "client")


@dataclass(frozen=True, slots=True)
class Found:
    """Some requests of a list, in its order.

    Args:
        search: what was looked for, its values resolved.
        rows: of a sorted list: the first ones of all that has been looked at so far.
        next: where the next question begins; None: there is no more.
        last_row: the newest request when the question was asked.
        problems: what of the filter was not understood.
        running: all that run: those that do not fit now may come to fit.
    """

    search: Search
    rows: list[RequestRow]
    next: Place | None
    last_row: int = 0
    problems: tuple[str, ...] = ()
    running: tuple[RequestRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What has happened since the last look.

    Args:
        rows: new requests, and those that were running and are different now.
        matching: ids of those that fit the filter.
        afresh: so much is new, or so much was deleted, that the list is best loaded again.
    """

    rows: list[RequestRow]
    matching: set[str]
    last_row: int
    afresh: bool = False


def first(databases: Databases, text: str, sort: Sort, now: float) -> Found:
    """The beginning of a list.

    Args:
        text: the filter as it was typed.
    """
    database = databases.traces
    read = read_filter(text, now)
    last_row = traces.last_row(database)
    search = resolved(database, read.search)
    found = stretch(database, search, sort=sort, limit=PAGE)
    running = stretch(database, Search(exact={"state": ("running",)}), limit=PAGE)
    return Found(
        search, rows_of(found.rows), found.next, last_row, read.problems, tuple(rows_of(running.rows))
    )  # fmt: skip


def more(databases: Databases, so_far: Found, sort: Sort, limit: int) -> Found:
    """What the next stretch adds to it."""
    found = stretch(databases.traces, so_far.search, before=so_far.next, sort=sort, limit=PAGE)
    by_time = sort == "time"
    rows = [*so_far.rows, *rows_of(found.rows)] if by_time else _merged(so_far.rows, found.rows, sort, limit)
    return replace(so_far, rows=rows, next=found.next)


def _merged(known: list[RequestRow], found: Sequence[Mapping[str, Any]], sort: Sort, limit: int) -> list[RequestRow]:
    """The greatest of both; rows that do not get in are not even looked at closer."""
    least = order_of(known[-1], sort) if len(known) >= limit else None
    ids = {row.id for row in known}
    fresh = [row for row in found if row["id"] not in ids and (least is None or sort_key(row, sort) > least)]
    if not fresh:
        return known
    return sorted([*known, *rows_of(fresh)], key=lambda row: order_of(row, sort), reverse=True)[:limit]


def order_of(row: RequestRow, sort: Sort) -> tuple[int, str]:
    """What a list is sorted by, the greatest first; as `sort_key`."""
    match sort:
        case "time":
            return row.started_at, row.id
        case "duration":
            return -1 if row.total_ms is None else row.total_ms, row.id
        case "tokens":
            return (row.prompt_tokens or 0) + (row.output_tokens or 0), row.id
        case "cost":
            return -1 if row.cost_nano_usd is None else row.cost_nano_usd, row.id


def older(databases: Databases, search: Search, place: Place) -> Found:
    """The next page of a list by time."""
    found = stretch(databases.traces, search, before=place, limit=PAGE)
    return Found(search, rows_of(found.rows), found.next)


def changes(databases: Databases, search: Search, last_row: int, running: Mapping[str, RequestRow]) -> Changes:
    """What is new since `last_row`, and what has become of the running ones."""
    database = databases.traces
    last = traces.last_row(database)
    if last - last_row >= PAGE or last < last_row:
        return Changes([], set(), last, afresh=True)
    new = traces.newest(database, since_row=last_row, limit=PAGE) if last > last_row else []
    moved = traces.by_ids(database, list(running))
    rows = [*rows_of(new), *(row for row in rows_of(moved) if row != running[row.id])]
    return Changes(rows, matching(database, search, [row.id for row in rows]), last)


def total(databases: Databases) -> int:
    """How many requests are kept. Asked when a list is opened, never while it goes on: it reads a whole index."""
    return traces.count(databases.traces)


def values(databases: Databases) -> dict[str, list[str]]:
    """What can be filtered by: the frequent values first, as they occur lately, then the others."""
    found = known_values(traces.recent(databases.traces, limit=PAGE))
    for column in LISTED:
        found[column] += [value for value in values_of(databases.traces, column) if value not in found[column]]
    return found


def rows_of(rows: Sequence[Mapping[str, Any]]) -> list[RequestRow]:
    """As the app holds them."""
    return [RequestRow.of(row) for row in rows]
