"""Where the sums of a span of time are read: the fewest rows that give the exact answer.

The edges of the span come from the requests that are still kept, hours from `usage_hourly`, whole days that have been
added up from `usage_facets` (one or two things asked about) or `usage_days` (more). Sessions have a table of their own,
and so have paths and statuses.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from router_core.store.usage_columns import HOUR_MS, HOURLY, PATHS, SUMMED, TIMES
from router_core.store.usage_days import BY_PATH, BY_TARGET, Kept, facet_name
from router_core.store.usage_paths import path_group

type Dimension = Literal[
    "provider", "token", "model", "project", "client", "client_key", "scenario", "session", "path", "status"
]
DIMENSIONS: tuple[str, ...] = (*HOURLY, "session", *PATHS)
COUNTED = "finished_at is not null and provider <> ''"
"""Of `requests`: what has been added to the usage."""
MANY_PARTS = 20_000
HALF_A_DAY_MS = 12 * HOUR_MS
_OF_REQUESTS = ", ".join(
    {
        "requests": "1 as requests", "failures": "state <> 'ok' as failures",
        "ttft_count": "ttft_ms is not null as ttft_count", "total_count": "total_ms is not null as total_count",
    }.get(name, name)
    for name in (*SUMMED, *TIMES)
)  # fmt: skip
_IN_REQUESTS: Mapping[str, str] = {"path": "path_group(path)", "status": "coalesce(cast(status as text), '')"}
_SUMS = ", ".join((*SUMMED, *TIMES))
_STATUS = re.compile("[1-9][0-9]{2}")


@dataclass(frozen=True)
class Span:
    """From `since_ms` until just before `until_ms`, epoch milliseconds."""

    since_ms: int
    until_ms: int


@dataclass(frozen=True)
class Question:
    """What is asked for beside the sums."""

    span: Span
    where: Mapping[Dimension, str]
    by: Dimension | None = None
    days: bool = True
    """Whether a day may be taken as a whole; it then counts as of its noon."""
    sessions: bool = True
    """Whether a session may be taken as a whole; it then counts as of its beginning."""


class Source:
    """A query for rows with `at`, the column asked for, and everything that is added up."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.arguments: list[str | int] = []

    @property
    def sql(self) -> str:
        return " union all ".join(self._parts)

    def add(self, columns: str, rest: str, arguments: Sequence[str | int]) -> None:
        self._parts.append(f"select {columns} from {rest}")
        self.arguments.extend(arguments)


def source(database: Database, question: Question) -> Source:
    """The query that answers a question.

    Raises:
        ValueError: there is no such dimension.
    """
    named = [question.by, *question.where] if question.by else [*question.where]
    if unknown := {name for name in named if name not in DIMENSIONS}:
        raise ValueError(f"usage is not kept by {', '.join(sorted(unknown))}")
    found = Source()
    if any(name in PATHS for name in named):
        _know_paths(database)
        if "session" in named:  # neither table has both
            _add_requests(found, question, question.span)
        else:
            _add_time(found, database, question, BY_PATH)
    elif question.sessions and "session" in named and question.where.get("session") != "":
        _add_sessions(found, database, question)
    elif "session" in named:
        _add_requests(found, question, question.span)
    else:
        _add_time(found, database, question)
    return found


def agents_source(database: Database, question: Question) -> Source:
    """The same by agent: whole lines of work from `session_usage`, of others the requests that are still kept."""
    found, since, until = Source(), question.span.since_ms, question.span.until_ms
    sums = ", ".join((*SUMMED, *(f"0 as {name}" for name in TIMES)))
    kept = f"started_at >= ? and started_at < ? and {COUNTED}"
    if question.where:
        _know_paths(database)
        filters, values = _of_requests(question.where)
        found.add(f"agent, {_OF_REQUESTS}", f"requests where {kept}{filters}", (since, until, *values))
        return found
    inside = "session_usage where first_at >= ? and last_at >= ? and last_at < ?"  # the second one is for the index
    found.add(f"agent, {sums}", inside, (since, since, until))
    across = "first_at < ? and last_at >= ? and (first_at < ? or last_at >= ?)"
    lines = (
        "select request.id from session_usage as line cross join requests as request indexed by requests_session"
        " on request.session = line.session and request.agent = line.agent"
        f" where {across} and request.started_at >= ? and request.started_at < ?"
    )
    found.add(
        f"agent, {_OF_REQUESTS}",
        f"requests where id in ({lines}) and {COUNTED}",
        (until, since, since, until, since, until),
    )
    return found


def _add_time(found: Source, database: Database, question: Question, kept: Kept = BY_TARGET) -> None:
    since, until = question.span.since_ms, question.span.until_ms
    first, last = -(-since // HOUR_MS) * HOUR_MS, until // HOUR_MS * HOUR_MS
    if first >= last:
        _add_requests(found, question, question.span)
        return
    _add_requests(found, question, Span(since, first))
    begins, ends = _folded(database, first, last) if question.days else (last, last)
    _add_hours(found, question, Span(first, begins), kept)
    if begins < ends:
        _add_days(found, question, Span(begins, ends), kept)
    _add_hours(found, question, Span(ends, last), kept)
    _add_requests(found, question, Span(last, until))


def _folded(database: Database, first: int, last: int) -> tuple[int, int]:
    """The days added up that lie between two hours, from the first one's beginning to the last one's end."""
    begins = database.execute("select min(day) from usage_folded where day >= ?", [first]).fetchone()[0]
    ends = database.execute("select max(until) from usage_folded where until <= ?", [last]).fetchone()[0]
    return (begins, ends) if begins is not None and ends is not None and begins < ends else (last, last)


def _add_requests(found: Source, question: Question, span: Span) -> None:
    if span.since_ms < span.until_ms or not found.sql:
        by = f"{_IN_REQUESTS.get(question.by, question.by)} as {question.by}, " if question.by else ""
        columns = f"started_at as at, {by}{_OF_REQUESTS}"
        filters, values = _of_requests(question.where)
        index = " indexed by requests_session" if question.where.get("session") else ""  # the fewest rows, in any case
        rest = f"requests{index} where started_at >= ? and started_at < ? and {COUNTED}{filters}"
        found.add(columns, rest, (span.since_ms, span.until_ms, *values))


def _add_hours(found: Source, question: Question, span: Span, kept: Kept) -> None:
    if span.since_ms < span.until_ms:
        rest = f"{kept.hours} where hour >= ? and hour < ?{_filters(question.where)}"
        found.add(
            f"hour as at, {_named(question.by)}{_SUMS}", rest, (span.since_ms, span.until_ms, *question.where.values())
        )


def _add_days(found: Source, question: Question, span: Span, kept: Kept) -> None:
    named = {*question.where} | ({question.by} if question.by else set())
    facet = tuple(name for name in kept.by if name in named)
    at = f"day + {HALF_A_DAY_MS} as at"
    if len(facet) > 2:
        rest = f"{kept.days} where day >= ? and day < ?{_filters(question.where)}"
        found.add(f"{at}, {_named(question.by)}{_SUMS}", rest, (span.since_ms, span.until_ms, *question.where.values()))
        return
    places = dict(zip(facet, ("first", "second"), strict=False))
    by = f"{places[question.by]} as {question.by}, " if question.by else ""
    filters = "".join(f" and {places[name]} = ?" for name in question.where)
    rest = f"usage_facets where facet = ? and day >= ? and day < ?{filters}"
    found.add(f"{at}, {by}{_SUMS}", rest, (facet_name(facet), span.since_ms, span.until_ms, *question.where.values()))


def likely_sessions(database: Database, question: Question, limit: int) -> list[str]:
    """Among these are the `limit` most expensive sessions of the span: as many of those that lie in it, and all that
    reach over its edges. To add up all of them, both kinds together, takes twice as long."""
    since, until, values = question.span.since_ms, question.span.until_ms, tuple(question.where.values())
    begun, ended = (_index(database, name, since) for name in ("first", "last"))
    inside = database.execute(
        f"select session from session_parts{begun} where session <> '' and {_by('first_at', begun)} >= ?"
        f" and +last_at < ?{_filters(question.where)} group by session"
        " order by sum(cost_nano_usd) desc, sum(requests) desc, 1 limit ?",
        [since, until, *values, limit],
    ).fetchall()
    across = database.execute(
        f"select distinct session from session_parts{ended} where session <> '' and +first_at < ?"
        f" and {_by('last_at', ended)} >= ? and (+first_at < ? or +last_at >= ?){_filters(question.where)}",
        [until, since, since, until, *values],
    ).fetchall()
    return [session for (session,) in dict.fromkeys([*inside, *across])]


def _add_sessions(found: Source, database: Database, question: Question) -> None:
    """The parts of sessions that lie in the span; of those that reach over its edges, the requests that do."""
    since, until, values = question.span.since_ms, question.span.until_ms, tuple(question.where.values())
    named = "session" in question.where
    begun, ended = ("", "") if named else (_index(database, name, since) for name in ("first", "last"))
    filters = "".join(f" and part.{name} = ?" for name in question.where)
    rest = (
        f"session_parts as part{begun} where session <> '' and {_by('first_at', begun)} >= ? and +last_at < ?{filters}"
    )
    found.add(f"first_at as at, {_named(question.by)}{_SUMS}", rest, (since, until, *values))
    same = " and ".join(f"request.{name} = part.{name}" for name in ("session", *HOURLY))
    rest = (
        f"requests where id in (select request.id from session_parts as part{ended} cross join requests as request"
        f" indexed by requests_session on {same} where part.session <> ''"
        f" and +part.first_at < ? and {_by('part.last_at', ended)} >= ? and (+part.first_at < ? or +part.last_at >= ?)"
        f"{filters} and request.started_at >= ? and request.started_at < ?) and {COUNTED}"
    )
    arguments: tuple[str | int, ...] = (until, since, since, until, *values, since, until)
    found.add(f"started_at as at, {_named(question.by)}{_OF_REQUESTS}", rest, arguments)


def _know_paths(database: Database) -> None:
    database.conn.create_function("path_group", 1, path_group, deterministic=True)


def _of_requests(where: Mapping[Dimension, str]) -> tuple[str, list[str | int]]:
    """Conditions on `requests`, and their arguments."""
    conditions, values = "", list[str | int]()
    for name, value in where.items():
        if name == "status" and _STATUS.fullmatch(value):  # as its index has it
            conditions += " and status = ?" + ("" if value == "200" else " and status <> 200")
            values.append(int(value))
        elif name == "path":  # most addresses are counted as they are, and a function of ours takes its time
            conditions += f" and (path = ? or {_IN_REQUESTS[name]} = ?)"
            values += [value, value]
        else:
            conditions += f" and {_IN_REQUESTS.get(name, name)} = ?"
            values.append(value)
    return conditions, values


def _index(database: Database, name: str, since_ms: int) -> str:
    """The index by which parts of sessions are found; "" if there are so many that reading all is quicker."""
    parts = f"select 1 from session_parts where {name}_at >= ? limit {MANY_PARTS}"
    (count,) = database.execute(f"select count(*) from ({parts})", [since_ms]).fetchone()
    return f" indexed by session_parts_{name}" if count < MANY_PARTS else ""


def _by(column: str, index: str) -> str:
    """`+`: not by an index of it."""
    return column if index else f"+{column}"


def _named(by: Dimension | None) -> str:
    return f"{by}, " if by else ""


def _filters(where: Mapping[Dimension, str]) -> str:
    return "".join(f" and {column} = ?" for column in where)
