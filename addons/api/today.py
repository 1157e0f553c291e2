"""What has finished since midnight."""

from contextlib import closing

from addons.api.sums import SumsView
from router_core.home import Home
from router_core.spend.periods import local_day
from router_core.store.database import open_read_only
from router_core.store.traces import usage_on


class Today(SumsView):
    """Requests, tokens, and money in nano-USD, since the local midnight."""


def today(home: Home, now: float) -> dict[str, int]:
    """Read from the database: not in the event loop."""
    database = open_read_only(home.traces_db)
    with closing(database.conn):
        return usage_on(database, local_day(now))
