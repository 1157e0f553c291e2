"""Databases of an older version are brought up to date before the router starts: a long history takes a while, and
the router, which is waited for, shall not seem to hang."""

from contextlib import closing

from router_core.cli.printing import note
from router_core.cli.progress import working
from router_core.errors import HomeError
from router_core.home import Home

LONG = 100_000
"""Requests; so many are said aloud."""


def bring_up_to_date(home: Home) -> None:
    """Nothing happens where the newest schema is there, where there is no database yet, or where it cannot be read.

    Raises:
        HomeError: it cannot be written.
    """
    if not home.traces_db.is_file() or not home.traces_db.stat().st_size:
        return  # the router makes it, or says why it cannot
    from router_core.store.database import open_read_only
    from router_core.store.trace_migrations import traces
    from router_core.store.traces import open_traces

    try:
        opened = open_read_only(home.traces_db)
    except HomeError:
        return  # damaged, or not a database: the router says so in its own words
    with closing(opened.conn):
        if not traces.pending(opened):
            return
        made = opened.execute("select name from sqlite_master where name = 'requests'").fetchone()
        requests = opened.execute("select count(*) from requests").fetchone()[0] if made else 0
    if requests >= LONG:
        note(f"The history of {requests:,} requests is added up for the statistics of this version. This is done once.")
    with working("Bringing the history up to date"):
        open_traces(home).conn.close()
