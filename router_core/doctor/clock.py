"""The clock: logins expire by it, windows reset by it, providers refuse what is signed with a wrong one.

What providers said of the time in their last answers (the `Date` header) is in the trace, so nothing need be asked.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from email.utils import parsedate_to_datetime

import orjson

from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding
from router_core.errors import HomeError
from router_core.store.database import open_read_only
from router_core.text import duration

MUCH_S, TOO_MUCH_S = 60.0, 300.0
REMEDY = "Let the system set the time: timedatectl set-ntp true (macOS: System Settings, General, Date & Time)"
ANSWERS = (
    "select finished_at, response_headers from attempts where finished_at is not null order by rowid desc limit 20"
)


def check(examined: Examined) -> Iterator[Finding]:
    """How far this clock is from those of the providers, and whether it was set back."""
    now = examined.clock.now()
    newest, off = _told(examined)
    if newest is not None and newest - now > MUCH_S:
        ahead = duration(newest - now)
        yield Finding(
            "clock", "problem", f"the newest request is {ahead} in the future: the clock was set back", REMEDY
        )
        return
    if off is None:
        yield Finding("clock", "skipped", "no answer has told a time yet, so there is nothing to compare it with")
        return
    yield clock_finding(off)


def clock_finding(off_s: float) -> Finding:
    """Args: off_s: this clock minus the provider's, in seconds."""
    if abs(off_s) <= MUCH_S:
        return Finding("clock", "ok", "agrees with the providers'")
    direction = "ahead of" if off_s > 0 else "behind"
    says = f"is {duration(abs(off_s))} {direction} the providers' clocks"
    return Finding("clock", "problem" if abs(off_s) > TOO_MUCH_S else "warning", says, REMEDY)


def _told(examined: Examined) -> tuple[float | None, float | None]:
    """(when the newest request came, how far this clock was off at the last answer), in epoch seconds and seconds."""
    if not examined.home.traces_db.exists():
        return None, None
    try:
        with closing(open_read_only(examined.home.traces_db).conn) as connection:
            (newest,) = connection.execute("select max(started_at) from requests").fetchone()
            rows = connection.execute(ANSWERS).fetchall()
    except (HomeError, sqlite3.Error):
        return None, None
    offs = (off_by(finished_at, headers) for finished_at, headers in rows)
    return newest and newest / 1000, next((off for off in offs if off is not None), None)


def off_by(finished_at_ms: int, headers: str) -> float | None:
    """Seconds from the answer's own `Date` to the time at which it was over here; None when it has none.

    An answer may have run for minutes after its headers: what is late by less than an hour says nothing.
    """
    try:
        named = {str(name).lower(): str(value) for name, value in orjson.loads(headers)}
        said = parsedate_to_datetime(named["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return None
    late = finished_at_ms / 1000 - said
    return 0.0 if 0 <= late < 3600 else late
