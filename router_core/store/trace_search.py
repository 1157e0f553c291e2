"""Finding requests among millions, the newest first, a stretch of time after the other.

Somebody who types waits for the first ones that fit, not for all: each query looks at no more than `STRETCH` requests
and takes some ten milliseconds, whatever is looked for and however many there are. Who wants more asks for the next
stretch. Where what is looked for is exactly one value of an indexed column, a stretch holds only requests with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlite_utils import Database

from router_core.store.like import holding

STRETCH = 20_000
SEARCHED = (
    "model", "provider", "token", "session", "client", "state", "status", "project", "asked_model", "error", "id",
)  # fmt: skip
"""In one of these each word must occur."""
COLUMNS = ("model", "provider", "token", "session", "project", "client", "client_key", "state", "status")
_ANCHORS = {
    "session": "",
    "client_key": " and client_key <> ''",
    "state": " and state <> 'ok'",
    "status": " and status <> 200",
    "token": "",
    "model": "",
    "project": "",
    "provider": "",
    "client": "",
}
"""Indexed with the time, the rarest values first, and what must be said for a partial index to be used."""
_LISTED = ("model", "provider", "token", "project", "client", "client_key")
"""Columns with few different values, whose names people type in part."""
MOST_VALUES = 200
STATES = ("running", "ok", "failed", "refused", "broken", "client_closed", "lost")

Sort = Literal["time", "duration", "tokens", "cost"]
SORTS: tuple[Sort, ...] = ("time", "duration", "tokens", "cost")
_TOKENS = " + ".join(
    f"coalesce({name}, 0)"
    for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
)
_KEYS: Mapping[Sort, str] = {
    "time": "started_at",
    "duration": "coalesce(total_ms, -1)",
    "tokens": _TOKENS,
    "cost": "coalesce(cost_nano_usd, -1)",
}


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for.

    Args:
        words: each must occur in one of `SEARCHED`, in capitals or not.
        parts: column → what its value must hold; of `status` a number, or `4xx`.
        exact: column → the values it may have.
    """

    words: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    exact: Mapping[str, tuple[str | int, ...]] = field(default_factory=dict)
    since_ms: int | None = None
    until_ms: int | None = None

    @property
    def is_everything(self) -> bool:
        return self == Search()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some requests that fit, in the wanted order.

    Args:
        next: to be given to the next call; None: everything there is has been looked at.
    """

    rows: list[dict[str, Any]]
    next: "Place | None"

    @property
    def since_ms(self) -> int | None:
        """So far back in time everything has been looked at; None: as far as there is anything."""
        return self.next.at_ms if self.next else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where in time a search has come to: before this moment, and in it before this id."""

    at_ms: int
    id: str = ""


def resolved(database: Database, search: Search) -> Search:
    """The search with the values that its parts mean, where these are few: they are found much faster."""
    parts, exact = dict(search.parts), dict(search.exact)
    for column, part in search.parts.items():
        if column not in COLUMNS:
            raise ValueError(f"no requests are looked for by {column!r}")
        values = _values_with(database, column, part)
        if values is not None:
            exact[column] = values
            del parts[column]
    return replace(search, parts=parts, exact=exact)


def stretch(
    database: Database, search: Search, *, before: Place | None = None, sort: Sort = "time", limit: int = 500
) -> Stretch:
    """The next stretch back in time.

    Args:
        search: `resolved`.
        before: `next` of the stretch before; None: from the newest on.
        sort: which of those that fit are given, when there are more than `limit`.
    """
    if any(not values for values in search.exact.values()):  # nothing is called like that
        return Stretch([], None)
    anchor, anchored = _anchor(search)
    upper, upper_arguments = _until(before, search.until_ms)
    begin = database.execute(
        f"select started_at from requests where true{anchor}{upper} order by started_at desc limit 1 offset ?",
        [*anchored, *upper_arguments, STRETCH],
    ).fetchone()
    lower_ms, after = (begin[0], Place(begin[0])) if begin else (None, None)
    if search.since_ms is not None and (lower_ms is None or lower_ms <= search.since_ms):
        lower_ms, after = search.since_ms, None
    lower, lower_arguments = ("", []) if lower_ms is None else (" and started_at >= ?", [lower_ms])
    conditions, arguments = _conditions(search)
    found = database.query(
        f"select rowid as row_number, * from requests where true{anchor}{upper}{lower}{conditions}"
        f" order by {_KEYS[sort]} desc, id desc limit ?",
        [*anchored, *upper_arguments, *lower_arguments, *arguments, limit],
    )
    rows = list(found)
    if sort == "time" and len(rows) == limit:  # the rest of the stretch has not been looked at
        after = Place(rows[-1]["started_at"], rows[-1]["id"])
    return Stretch(rows, after)


def _until(before: Place | None, until_ms: int | None) -> tuple[str, list[Any]]:
    condition, arguments = "", []
    if before is not None:
        condition = " and started_at <= ? and (started_at < ? or id < ?)"
        arguments = [before.at_ms, before.at_ms, before.id]
    if until_ms is not None and (before is None or until_ms < before.at_ms):
        return f"{condition} and started_at < ?", [*arguments, until_ms]
    return condition, arguments


def sort_key(row: Mapping[str, Any], sort: Sort) -> tuple[int, str]:
    """What `stretch` sorts by, the greatest first."""
    match sort:
        case "time":
            key = row["started_at"]
        case "duration":
            key = -1 if row["total_ms"] is None else row["total_ms"]
        case "cost":
            key = -1 if row["cost_nano_usd"] is None else row["cost_nano_usd"]
        case "tokens":
            names = "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens"
            key = sum(row[name] or 0 for name in names)
    return key, row["id"]


def matching(database: Database, search: Search, ids: Sequence[str]) -> set[str]:
    """Those of some requests that fit."""
    if search.is_everything or not ids:
        return set(ids)
    if any(not values for values in search.exact.values()):
        return set()
    conditions, arguments = _conditions(search)
    for condition, at in (("started_at >= ?", search.since_ms), ("started_at < ?", search.until_ms)):
        if at is not None:
            conditions += f" and {condition}"
            arguments.append(at)
    marks = ", ".join("?" * len(ids))
    query = f"select id from requests where id in ({marks}){conditions}"
    return {row[0] for row in database.execute(query, [*ids, *arguments])}


def neighbour(database: Database, request_id: str, *, newer: bool) -> str | None:
    """The id of the request that came next to this one."""
    sign, order = (">", "asc") if newer else ("<", "desc")
    query = f"select id from requests where id {sign} ? order by id {order} limit 1"
    row = database.execute(query, [request_id]).fetchone()
    return row[0] if row else None


def values_of(database: Database, column: str, most: int = MOST_VALUES) -> list[str]:
    """The different values of an indexed column, at most so many; each costs some microseconds."""
    if column not in _LISTED:
        raise ValueError(f"the values of {column!r} are not listed")
    named = f"{column} <> '' and {column}"  # the first is the condition of the index of client keys
    rows = database.execute(
        f"with recursive found(value) as (select min({column}) from requests where {named} > '' union all"
        f" select (select min({column}) from requests where {named} > found.value) from found"
        " where found.value is not null) select value from found where value is not null limit ?",
        [most],
    )
    return [row[0] for row in rows]


def _values_with(database: Database, column: str, part: str) -> tuple[str | int, ...] | None:
    """The values that hold a part; None where they are too many to tell, or a range says it better."""
    if column == "status":
        return (int(part),) if part.isdigit() else None
    if column == "state":
        return tuple(state for state in STATES if state.startswith(part.lower()))
    if column == "session":
        exactly = database.execute("select 1 from requests where session = ? limit 1", [part]).fetchone()
        return (part,) if exactly else None
    values = values_of(database, column, MOST_VALUES + 1)
    if len(values) > MOST_VALUES:
        return (part,) if part in values else None
    within = tuple(value for value in values if part.lower() in value.lower())
    return (part,) if part in within else within


def _anchor(search: Search) -> tuple[str, list[Any]]:
    for column, also in _ANCHORS.items():
        values = search.exact.get(column, ())
        if len(values) == 1 and values[0] not in ("ok", 200):
            return f" and {column} = ?{also}", [values[0]]
    return "", []


def _conditions(search: Search) -> tuple[str, list[Any]]:
    """Everything but times."""
    conditions: list[str] = []
    arguments: list[Any] = []
    for column, values in search.exact.items():
        conditions.append(f"{column} in ({', '.join('?' * len(values))})")
        arguments.extend(values)
    for column, part in search.parts.items():
        if column == "status":
            conditions.append("status between ? and ?")
            arguments += (int(part[0]) * 100, int(part[0]) * 100 + 99)
        else:
            conditions.append(f"{column} like ? escape '!'")
            arguments.append(holding(part))
    for word in search.words:
        conditions.append(f"({' or '.join(f"{column} like ? escape '!'" for column in SEARCHED)})")
        arguments += [holding(word)] * len(SEARCHED)
    return "".join(f" and {condition}" for condition in conditions), arguments


def greatest(rows: Iterable[dict[str, Any]], sort: Sort, limit: int) -> list[dict[str, Any]]:
    """The first ones of several stretches, each request once."""
    once = {row["id"]: row for row in rows}
    return sorted(once.values(), key=lambda row: sort_key(row, sort), reverse=True)[:limit]
