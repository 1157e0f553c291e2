"""What has finished since midnight."""

from contextlib import closing

from addons.api.endpoint import View
from router_core.home import Home
from router_core.spend.periods import local_day
from router_core.store.database import open_read_only
from router_core.store.traces import usage_on


class Today(View):
    """Requests, tokens, and money in nano-USD, since the local midnight."""

    requests: int
    failures: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    reasoning_tokens: int
    cost_nano_usd: int
    """At list prices."""
    metered_nano_usd: int
    """The part of it that is real money."""


def today(home: Home, now: float) -> dict[str, int]:
    """Read from the database: not in the event loop."""
    database = open_read_only(home.traces_db)
    with closing(database.conn):
        return usage_on(database, local_day(now))
