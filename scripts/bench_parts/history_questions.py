"""How long every question takes that a screen of statistics, sessions or traces asks of a long history."""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from router_core.home import Home
from router_core.store import statistics
from router_core.store.database import open_read_only
from router_core.store.statistics import Dimension, Span
from router_core.store.trace_page import TraceFilter, page
from router_core.store.trace_search import SORTS, resolved, stretch, values_of
from router_core.trace.filter_text import read_filter

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
BY: tuple[Dimension, ...] = (
    "provider", "token", "model", "project", "client", "client_key", "scenario", "session", "path", "status",
)  # fmt: skip
WHERE: dict[Dimension, str] = {
    "provider": "claude", "model": "claude-opus-4-5", "project": "/home/me/work/app-0", "client": "claude-code",
}  # fmt: skip
RANGES = {"last hour": HOUR_MS, "24 h": DAY_MS, "7 d": 7 * DAY_MS, "90 d": 90 * DAY_MS, "2 years": 730 * DAY_MS}
STEPS = {"last hour": HOUR_MS, "24 h": HOUR_MS, "7 d": HOUR_MS, "90 d": DAY_MS, "2 years": 7 * DAY_MS}
LIMIT_MS = 200
"""Longer than that, and a screen feels slow."""
LISTED = ("model", "provider", "token", "project", "client", "client_key")
RARE, NEVER = "copilot", "no-such-thing"
FILTERS = (
    "", "model:opus", "provider:copilot", "token:max-1 status:529", "state:failed", "key:ci", "opus", NEVER,
)  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """How long a question took: warm is CPU time, the least of several times, so that a busy machine is not seen; cold
    is what the clock says, the disk included."""

    question: str
    warm_ms: float
    cold_ms: float


def questions(until_ms: int, session: str) -> Iterator[tuple[str, Callable[[Database], object]]]:
    """Name and question, of every kind.

    Args:
        until_ms: the end of the history.
        session: one of its sessions.
    """
    for name, length in RANGES.items():
        span, step = Span(until_ms - length + 17 * 60_000, until_ms), STEPS[name]
        yield f"totals, {name}", lambda db, s=span: statistics.totals(db, s)
        for by in BY:
            yield f"by {by}, {name}", lambda db, s=span, b=by: statistics.grouped(db, b, s)
            yield f"over time by {by}, {name}", lambda db, s=span, b=by, t=step: statistics.over_time(db, s, t, b)
        yield f"over time, {name}", lambda db, s=span, t=step: statistics.over_time(db, s, t)
        for number in (1, 2, 4):
            for chosen in itertools.combinations(WHERE, number):
                where = {each: WHERE[each] for each in chosen}
                what = "+".join(chosen)
                yield f"totals of {what}, {name}", lambda db, s=span, w=where: statistics.totals(db, s, w)
                for by in ("token", "scenario", "session", "path"):
                    yield (
                        f"by {by} of {what}, {name}",
                        lambda db, s=span, w=where, b=by: statistics.grouped(db, b, s, w),
                    )
                yield (
                    f"over time by token of {what}, {name}",
                    lambda db, s=span, w=where, t=step: statistics.over_time(db, s, t, "token", w),
                )
    yield "sessions", lambda db: statistics.sessions(db)
    yield "sessions, a later page", lambda db: statistics.sessions(db, before=until_ms - 300 * DAY_MS)
    for text in ("app-0 opus", NEVER):
        yield f"sessions with {text}", lambda db, t=text: statistics.sessions(db, text=t)
    yield "agents of a session", lambda db: statistics.agents(db, session)
    yield "turns of a session", lambda db: statistics.turns(db, session)
    ever = Span(0, until_ms)
    yield "totals of a session", lambda db: statistics.totals(db, ever, {"session": session})
    yield "a session by model", lambda db: statistics.grouped(db, "model", ever, {"session": session})
    yield "a session over time", lambda db: statistics.over_time(db, ever, HOUR_MS, where={"session": session})
    yield from trace_questions(until_ms, session)
    yield from list_questions(until_ms)


def list_questions(until_ms: int) -> Iterator[tuple[str, Callable[[Database], object]]]:
    """What the terminal app and `trace list` ask for the beginning of their list, filtered and sorted."""
    for text in FILTERS:
        search = read_filter(text, until_ms / 1000).search
        for sort in SORTS:
            yield (
                f"list of requests by {sort}, {text or 'no filter'}",
                lambda db, s=search, o=sort: stretch(db, resolved(db, s), sort=o),
            )
    yield "what filters are completed with", lambda db: [values_of(db, column) for column in LISTED]


def trace_questions(until_ms: int, session: str) -> Iterator[tuple[str, Callable[[Database], object]]]:
    """The first page of traces with each filter, with a common value, a rare one, and one that never was."""
    ago = until_ms - 200 * DAY_MS
    filters = {
        "no filter": TraceFilter(),
        "since and until": TraceFilter(since_ms=ago, until_ms=ago + DAY_MS),
        "a common model": TraceFilter(model="claude-opus-4-5"),
        "no such model": TraceFilter(model=NEVER),
        "provider": TraceFilter(provider="claude"),
        "a rare provider": TraceFilter(provider=RARE),
        "token": TraceFilter(token="max-1"),
        "session": TraceFilter(session=session),
        "project": TraceFilter(project="/home/me/work/app-0"),
        "client": TraceFilter(client="codex"),
        "client key": TraceFilter(client_key="ci"),
        "state ok": TraceFilter(state="ok"),
        "state failed": TraceFilter(state="failed"),
        "state running": TraceFilter(state="running"),
        "status 200": TraceFilter(status=200),
        "status 529": TraceFilter(status=529),
        "model and project": TraceFilter(model="claude-opus-4-5", project="/home/me/work/infra-3"),
        "what never meets": TraceFilter(model="gpt-5", provider="claude"),
        "provider, state and time": TraceFilter(provider="claude", state="failed", since_ms=ago),
        "a common word": TraceFilter(text="opus"),
        "two words": TraceFilter(text="opus failed"),
        "a rare word": TraceFilter(text=RARE),
        "a session's id": TraceFilter(text=session),
        "a word that never was": TraceFilter(text=NEVER),
    }
    for name, wanted in filters.items():
        yield f"traces, {name}", lambda db, f=wanted: page(db, f, 1, 50)
    yield "traces, page 100", lambda db: page(db, TraceFilter(model="claude-opus-4-5"), 100, 50)


def measure(home: Home, until_ms: int, times: int = 3) -> list[Taken]:
    """Every question, first with nothing of the file in memory, then again."""
    database = open_read_only(home.traces_db)
    session = database.execute("select session from session_usage where session <> '' limit 1").fetchone()[0]
    database.close()
    taken = []
    for name, ask in questions(until_ms, session):
        _forget(home)
        database = open_read_only(home.traces_db)
        cold = _ms(ask, database, time.perf_counter)
        warm = min(_ms(ask, database, time.thread_time) for _ in range(times))
        database.close()
        taken.append(Taken(name, warm, cold))
    return taken


def _ms(ask: Callable[[Database], object], database: Database, clock: Callable[[], float]) -> float:
    began = clock()
    ask(database)
    return (clock() - began) * 1000


def _forget(home: Home) -> None:
    """The operating system drops what it holds of the file."""
    descriptor = os.open(home.traces_db, os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
