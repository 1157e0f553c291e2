"""The last hour, minute by minute, brought up to date without reading all of it each time."""

from collections.abc import Sequence

from sqlite_utils import Database

from router_core.clock import Clock
from router_core.store.live import MINUTE_MS, Minute, minutes

MINUTES = 60
MOVING = 3
"""So many of the latest are read each time: what began in them ends now."""
ALL_AGAIN_S = 60.0
"""Long requests end in minutes that are past."""
NOTHING = Minute()


class LastHour:
    """Belongs to the thread that reads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[int, Minute] = {}
        self._database: Database | None = None
        self._all_at = 0.0

    def read(self, database: Database) -> Sequence[Minute]:
        """60 minutes, the running one last."""
        now = self._clock.now()
        this = int(now * 1000) // MINUTE_MS * MINUTE_MS
        first = this - (MINUTES - 1) * MINUTE_MS
        afresh = database is not self._database or not 0 <= now - self._all_at < ALL_AGAIN_S
        since = first if afresh else this - (MOVING - 1) * MINUTE_MS
        found = minutes(database, since, this + MINUTE_MS)
        self._known = {at: minute for at, minute in self._known.items() if first <= at < since} | found
        if afresh:
            self._database, self._all_at = database, now
        return [self._known.get(first + place * MINUTE_MS, NOTHING) for place in range(MINUTES)]
