"""traces.db, read for one answer: in a thread, on a connection of its own, and not for ever."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

from sqlite_utils import Database

from router_core.errors import Refused
from router_core.home import Home
from router_core.store.database import open_read_only

MOST_S = 10.0
LOOK_EVERY_STEPS = 100_000


async def read_traces[Told](home: Home, question: Callable[[Database], Told]) -> Told:
    """What a question finds.

    Raises:
        Refused: it takes too long: a search through millions of requests must not hold a thread for minutes.
    """
    return await asyncio.to_thread(_ask, home, question)


def _ask[Told](home: Home, question: Callable[[Database], Told]) -> Told:
    database = open_read_only(home.traces_db)
    until = time.monotonic() + MOST_S
    database.conn.set_progress_handler(lambda: time.monotonic() > until, LOOK_EVERY_STEPS)
    with closing(database.conn):
        try:
            return question(database)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_INTERRUPT":
                raise
            raise Refused(
                400, "too_much", f"To look through all of this takes more than {MOST_S:.0f} s: narrow it by since."
            ) from error
