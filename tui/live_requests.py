"""What the list of requests asks of the database: the first ones that fit, more of them, what has changed since.

Pure questions for `Source.ask`; each looks at one stretch of time at most, so that none keeps the next one waiting.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from router_core.store import traces
from router_core.store.trace_search import Place, Search, Sort, greatest, matching, resolved, stretch, values_of
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
    """

    search: Search
    rows: list[dict[str, Any]]
    next: Place | None
    last_row: int = 0
    problems: tuple[str, ...] = ()
    running: tuple[RequestRow, ...] = ()
    """All that run: those that do not fit now may come to fit."""

    @property
    def shown(self) -> list[RequestRow]:
        return rows_of(self.rows)


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
    return Found(search, found.rows, found.next, last_row, read.problems, tuple(rows_of(running.rows)))


def more(databases: Databases, so_far: Found, sort: Sort, limit: int) -> Found:
    """What the next stretch adds to it."""
    found = stretch(databases.traces, so_far.search, before=so_far.next, sort=sort, limit=PAGE)
    rows = [*so_far.rows, *found.rows] if sort == "time" else greatest([*so_far.rows, *found.rows], sort, limit)
    return Found(so_far.search, rows, found.next, so_far.last_row, so_far.problems)


def older(databases: Databases, search: Search, place: Place) -> Found:
    """The next page of a list by time."""
    found = stretch(databases.traces, search, before=place, limit=PAGE)
    return Found(search, found.rows, found.next)


def changes(databases: Databases, search: Search, last_row: int, running: Mapping[str, RequestRow]) -> Changes:
    """What is new since `last_row`, and what has become of the running ones."""
    database = databases.traces
    last = traces.last_row(database)
    if last - last_row >= PAGE or last < last_row:
        return Changes([], set(), last, afresh=True)
    new = traces.search(database, since_row=last_row, limit=PAGE) if last > last_row else []
    moved = traces.search(database, ids=list(running)) if running else []
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
