"""What was used in a span of time: added up, by what it was used for, and over time.

Full hours are known for ever; what is left at the edges of the span comes from the requests that are still kept
(usage_source.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlite_utils import Database

from router_core.store.sessions import AgentRow, SessionRow, agents, sessions, turns
from router_core.store.usage_columns import HOUR_MS, PATHS, SUMMED, TIMES, AddedUp
from router_core.store.usage_source import Dimension, Question, Span, agents_source, likely_sessions, source

__all__ = (
    "AgentRow", "Dimension", "SessionRow", "Span", "Sums",
    "agents", "began_ms", "by_agent", "grouped", "over_time", "sessions", "totals", "turns",
)  # fmt: skip
NO_FILTER: Mapping[Dimension, str] = {}
LONG_MS = 14 * 24 * HOUR_MS
"""In steps of days, days of a longer span are taken as wholes, also if the steps begin at another hour."""
SESSIONS_OVER_TIME = 10
"""The most expensive ones, when time is asked for by session."""
_DAY_MS = 24 * HOUR_MS
_DEAREST = "order by sum(cost_nano_usd) desc, sum(requests) desc, 1 limit ?"
_ADDED_UP = ", ".join(f"coalesce(sum({name}), 0)" for name in (*SUMMED, *TIMES))


@dataclass(frozen=True, slots=True)
class Sums(AddedUp):
    """The same with how long they took."""

    mean_ttft_ms: float | None
    mean_total_ms: float | None


def began_ms(db: Database) -> int | None:
    """When the history begins, by the hour; None: there is none."""
    first: int | None = db.execute("select min(hour) from usage_hourly").fetchone()[0]
    return first


def totals(db: Database, span: Span, where: Mapping[Dimension, str] = NO_FILTER) -> Sums:
    """Everything in the span that fits `where` (dimension → value, exactly)."""
    return _sums(_added_up(db, Question(span, where)))


def grouped(
    db: Database, by: Dimension, span: Span, where: Mapping[Dimension, str] = NO_FILTER, limit: int = 100
) -> list[tuple[str, Sums]]:
    """One entry for each value of a dimension; the most expensive first, then those with the most requests.

    Of a session that reaches over an edge of the span, the requests that are still kept count. What belongs to no
    session is no entry of its own.
    """
    found = source(db, Question(span, where, by))
    chosen, arguments = "", [*found.arguments]
    if by == "session" and not {*PATHS}.isdisjoint(where):
        chosen = " where session <> ''"
    elif by == "session":  # there are tens of thousands: the sums of a few are enough
        names = likely_sessions(db, Question(span, where, by), limit)
        if not names:
            return []
        chosen = f" where {by} in ({', '.join('?' * len(names))})"
        arguments += names
    rows = db.execute(
        f"select {by}, {_ADDED_UP} from ({found.sql}){chosen} group by {by} {_DEAREST}", [*arguments, limit]
    )
    return [(row[0], _sums(row[1:])) for row in rows]


def by_agent(
    db: Database, span: Span, where: Mapping[Dimension, str] = NO_FILTER, limit: int = 100
) -> list[tuple[str, Sums]]:
    """As `grouped`, by agent; "" is the main line. With `where`: of the requests that are still kept."""
    found = agents_source(db, Question(span, where))
    query = f"select agent, {_ADDED_UP} from ({found.sql}) group by agent {_DEAREST}"
    return [(row[0], _sums(row[1:])) for row in db.execute(query, [*found.arguments, limit])]


def over_time(
    db: Database, span: Span, step_ms: int, by: Dimension | None = None, where: Mapping[Dimension, str] = NO_FILTER
) -> list[tuple[int, str, Sums]]:
    """The sums of each step of time in which there were requests, in order: (when it begins, group, sums).

    Args:
        step_ms: full hours; steps are counted from the beginning of the span (the local midnight, say).
        by: dimension to group by; without one, the group is "". By session: of the most expensive ones.
    """
    if by == "session" and "session" not in where:
        names = [name for name, _ in grouped(db, by, span, where, SESSIONS_OVER_TIME)]
        steps = [step for name in names for step in over_time(db, span, step_ms, by, {**where, "session": name})]
        return sorted(steps, key=lambda step: step[0])
    found = source(db, Question(span, where, by, days=_whole_days(db, span, step_ms), sessions=False))
    step = f"(at - {int(span.since_ms)}) / {int(step_ms)}"
    rows = db.execute(
        f"select {step}, {by or "''"}, {_ADDED_UP} from ({found.sql}) group by 1, 2"
        " order by 1, sum(cost_nano_usd) desc, 2",
        found.arguments,
    )
    return [(span.since_ms + row[0] * step_ms, row[1], _sums(row[2:])) for row in rows]


def _whole_days(db: Database, span: Span, step_ms: int) -> bool:
    """Whether a day lies in one step."""
    if step_ms % _DAY_MS:
        return False
    row = db.execute("select day from usage_folded where day >= ? order by day limit 1", [span.since_ms]).fetchone()
    aligned = row is not None and (row[0] - span.since_ms) % _DAY_MS == 0
    return aligned or span.until_ms - span.since_ms > LONG_MS


def _added_up(db: Database, question: Question) -> tuple[int, ...]:
    found = source(db, question)
    return tuple(db.execute(f"select {_ADDED_UP} from ({found.sql})", found.arguments).fetchone())


def _sums(row: tuple[int, ...]) -> Sums:
    ttft_ms, ttft_count, total_ms, total_count = row[len(SUMMED) :]
    means = (sum_ms / count if count else None for sum_ms, count in ((ttft_ms, ttft_count), (total_ms, total_count)))
    return Sums(*row[: len(SUMMED)], *means)
