"""Days that are over are added up once more, by the day and by every one or two things that usage is kept by.

A question about years then reads thousands of rows instead of millions. `usage_folded` says which days that has been
done for; what is not there yet is read from `usage_hourly`, so that answers are the same, only later.
"""

import datetime
import itertools
import sqlite3
from dataclasses import dataclass

from router_core.store.usage_columns import HOUR_MS, HOURLY, PATH_HOURLY, PATHS, SUMMED, TIMES

LATE_MS = 6 * HOUR_MS
"""So long after a day's end its last requests have finished; one that comes later is added to both."""
_SUMS = ", ".join(f"sum({name})" for name in (*SUMMED, *TIMES))
_COLUMNS = ", ".join((*SUMMED, *TIMES))
_ADDED = ", ".join(f"{name} = {name} + excluded.{name}" for name in (*SUMMED, *TIMES))


@dataclass(frozen=True, slots=True)
class Kept:
    """One way in which usage is kept.

    Args:
        hours, days: tables.
        by: their dimensions.
        facets: by which of them days are added up in `usage_facets`.
    """

    hours: str
    days: str
    by: tuple[str, ...]
    facets: tuple[tuple[str, ...], ...]


BY_TARGET = Kept(
    "usage_hourly", "usage_days", HOURLY, ((), *((name,) for name in HOURLY), *itertools.combinations(HOURLY, 2))
)
BY_PATH = Kept(
    "usage_paths", "usage_path_days", PATH_HOURLY,
    (*((name,) for name in PATHS), *(pair for pair in itertools.combinations(PATH_HOURLY, 2) if pair[0] in PATHS)),
)  # fmt: skip


def facet_name(facet: tuple[str, ...]) -> str:
    """As the column `facet` has it: `model`, `model project`; "" for everything together."""
    return " ".join(facet)


def fold_slice(connection: sqlite3.Connection, now_ms: int) -> bool:
    """Add up the next day that is over; says whether there was one."""
    (begins,) = connection.execute("select max(until) from usage_folded").fetchone()
    if begins is None:
        (first,) = connection.execute("select min(hour) from usage_hourly").fetchone()
        if first is None:
            return False
        begins = day_of(first)
    until = day_after(begins)
    if until + LATE_MS > now_ms:
        return False
    for kept in (BY_TARGET, BY_PATH):
        _add(connection, kept, begins, f"{kept.hours} where hour >= ? and hour < ?", (begins, until))
    connection.execute("insert into usage_folded values (?, ?)", (begins, until))
    return True


def add_late(
    connection: sqlite3.Connection, kept: Kept, hour: int, key: tuple[str, ...], values: tuple[int, ...]
) -> None:
    """A request whose day has been added up already.

    Args:
        key: of the table of hours, without the hour.
        values: what is added there.
    """
    row = connection.execute("select day from usage_folded where day <= ? and until > ?", (hour, hour)).fetchone()
    if row:
        named = ", ".join(f"? as {name}" for name in (*kept.by, *SUMMED, *TIMES))
        _add(connection, kept, row[0], f"(select {named}) where true", (*key, *values))


def add_up_paths(connection: sqlite3.Connection) -> None:
    """Of the days that have been added up already."""
    for day, until in connection.execute("select day, until from usage_folded").fetchall():
        _add(connection, BY_PATH, day, "usage_paths where hour >= ? and hour < ?", (day, until))


def day_of(at_ms: int) -> int:
    """When the local day of a time began, to the full hour."""
    return _hour(datetime.datetime.combine(_local(at_ms).date(), datetime.time()))


def day_after(day: int) -> int:
    """When the local day after the one that began then begins, to the full hour."""
    date = _local(day + HOUR_MS).date() + datetime.timedelta(days=1)  # `day` may be up to an hour before midnight
    return max(_hour(datetime.datetime.combine(date, datetime.time())), day + HOUR_MS)


def _add(connection: sqlite3.Connection, kept: Kept, day: int, source: str, arguments: tuple[object, ...]) -> None:
    """Add the rows of a source to a day, and to each facet of it."""
    added, dimensions = f"temp.{kept.days}_added", ", ".join(kept.by)
    connection.execute(f"create table if not exists {added} as select * from {kept.days} where false")
    connection.execute(f"delete from {added}")
    connection.execute(
        f"insert into {added} select ?, {dimensions}, {_SUMS} from {source} group by {dimensions}", (day, *arguments)
    )
    connection.execute(f"insert into {kept.days} select * from {added} where true on conflict do update set {_ADDED}")
    for facet in kept.facets:
        first, second = (*facet, "''", "''")[:2]
        connection.execute(
            f"insert into usage_facets (facet, day, first, second, {_COLUMNS})"
            f" select ?, day, {first} as a, {second} as b, {_SUMS} from {added} group by a, b"
            f" on conflict do update set {_ADDED}",
            (facet_name(facet),),
        )


def _local(at_ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at_ms / 1000)


def _hour(local: datetime.datetime) -> int:
    return int(local.timestamp() * 1000) // HOUR_MS * HOUR_MS
