"""spend.db: how much of each budget is used, and how much is reserved for requests under way.

One transaction reserves for every budget that concerns a request, or for none: processes that share a home cannot
overtake each other. A reservation is a row with an end: whoever holds it renews it, and what a killed process held is
free again when it has run out. Sums of money are integers.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from router_core.clock import to_ms
from router_core.home import Home
from router_core.spend.budget import Amount, Key, Limit
from router_core.store import migrations
from router_core.store.database import open_database, transaction

RESERVED_S = 60.0
"""A reservation that nobody renews is gone after this."""
LOCKED_MS = 1000
"""Longest wait for another process, whose transactions take a millisecond: all else of the router waits meanwhile."""
KEPT_DAYS = 100
"""Counts of periods that began longer ago are deleted."""

_KEY = "budget = ? and period = ? and begins = ? and scope = ?"
_USED = f"select requests, input_tokens, output_tokens, nano_usd from used where {_KEY}"
_HELD = (
    "select coalesce(sum(requests), 0), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0),"
    f" coalesce(sum(nano_usd), 0) from held where {_KEY} and expires_at > ?"
)
_HOLD = "insert into held values (?,?,?,?,?,?,?,?,?,?)"
_ADD = (
    "insert into used values (?,?,?,?,?,?,?,?) on conflict (budget, period, begins, scope) do update set"
    " requests = requests + excluded.requests, input_tokens = input_tokens + excluded.input_tokens,"
    " output_tokens = output_tokens + excluded.output_tokens, nano_usd = nano_usd + excluded.nano_usd"
)


class Wanted(NamedTuple):
    """What one request needs of one count."""

    key: Key
    limit: Limit
    amount: Amount


@dataclass(frozen=True, slots=True)
class Standing:
    """How one count stands."""

    key: Key
    used: Amount
    held: Amount
    """Reserved for requests under way; with this one's, once it was granted."""


@dataclass(frozen=True, slots=True)
class Granted:
    """The answer to a wish. `full` is the index, among what was wanted, of the first count without room."""

    standings: tuple[Standing, ...]
    full: int | None = None


class Ledger:
    """The counts of a home folder."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def reserve(self, reservation: str, wanted: Sequence[Wanted], now: float) -> Granted:
        """Hold what a request is expected to use, of all counts or of none."""
        now_ms, standings, full = to_ms(now), [], None
        with transaction(self.database) as connection:
            for index, (key, limit, amount) in enumerate(wanted):
                used = Amount(*(connection.execute(_USED, key).fetchone() or ()))
                held = Amount(*connection.execute(_HELD, (*key, now_ms)).fetchone())
                if limit.exceeded_by(used.plus(held).plus(amount)) is not None:
                    standings.append(Standing(key, used, held))
                    full = index
                    break
                standings.append(Standing(key, used, held.plus(amount)))
            if full is None:
                until = now_ms + to_ms(RESERVED_S)
                connection.executemany(_HOLD, [(*key, reservation, *amount, until) for key, _, amount in wanted])
                connection.execute("delete from held where expires_at <= ?", (now_ms,))
        return Granted(tuple(standings), full)

    def settle(self, reservation: str, used: Iterable[tuple[Key, Amount]]) -> None:
        """The request is over: what it has really used takes the place of what was reserved."""
        with transaction(self.database) as connection:
            connection.execute("delete from held where reservation = ?", (reservation,))
            connection.executemany(_ADD, [(*key, *amount) for key, amount in used if any(amount)])

    def renew(self, reservations: Iterable[str], now: float) -> None:
        """The requests that hold these live. What had run out meanwhile stays gone: it is counted when it settles."""
        until = to_ms(now + RESERVED_S)
        with transaction(self.database) as connection:
            connection.executemany(
                "update held set expires_at = ? where reservation = ?", [(until, each) for each in reservations]
            )

    def seed(self, key: Key, amount: Amount) -> bool:
        """Begin a count with what is known of before, unless it has begun already; says whether it did."""
        with transaction(self.database) as connection:
            if self.has_begun(key):
                return False
            connection.execute(_ADD, (*key, *amount))
        return True

    def has_begun(self, key: Key) -> bool:
        """Whether a budget is counted by periods of this length already, whichever of them."""
        query = "select 1 from used where budget = ? and period = ? limit 1"
        return self.database.execute(query, key[:2]).fetchone() is not None

    def standings(self, now: float) -> list[Standing]:
        """Every count that has begun or is held."""
        rows = self.database.execute(
            "select budget, period, begins, scope from used union select budget, period, begins, scope from held"
            " where expires_at > ?",
            [to_ms(now)],
        ).fetchall()
        return [self._standing(Key(*row), now) for row in rows]

    def _standing(self, key: Key, now: float) -> Standing:
        connection: sqlite3.Connection = self.database.conn
        used = connection.execute(_USED, key).fetchone() or ()
        return Standing(key, Amount(*used), Amount(*connection.execute(_HELD, (*key, to_ms(now))).fetchone()))

    def forget_before(self, day: str) -> None:
        """Delete the counts of periods that began before a day."""
        with transaction(self.database) as connection:
            connection.execute("delete from used where begins < ?", (day,))


def open_ledger(home: Home) -> Ledger:
    """The ledger of a home folder, made if need be."""
    database = open_database(home.spend_db, migrations.spend)
    database.conn.execute(f"pragma busy_timeout = {LOCKED_MS}")
    return Ledger(database)
