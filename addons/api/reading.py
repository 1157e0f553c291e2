"""traces.db, read for one answer: in a thread, on a connection of its own, and not for ever.

Its threads are its own, and few: names of providers are looked up in those that everything else shares, and requests
must not wait for that behind somebody's searches, nor for a processor.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from sqlite_utils import Database

from router_core.errors import Refused
from router_core.home import Home
from router_core.store.database import open_read_only

MOST_S = 10.0
LOOK_EVERY_STEPS = 100_000
AT_ONCE = 3
MOST_WAITING = 100
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="traces")
_asked: set[asyncio.Future[Any]] = set()


async def read_traces[Told](home: Home, question: Callable[[Database], Told]) -> Told:
    """What a question finds.

    Raises:
        Refused: it takes too long: a search through millions of requests must not hold a thread for minutes; or too
            many wait already.
    """
    if len(_asked) >= MOST_WAITING:
        raise Refused(503, "busy", f"{MOST_WAITING} questions wait already. Try again in a moment.")
    answer = asyncio.get_running_loop().run_in_executor(_threads, _ask, home, question)
    _asked.add(answer)
    answer.add_done_callback(_asked.discard)
    return await answer


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
