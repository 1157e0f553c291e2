"""What has happened with one token: how its windows filled, what it was used for, and which sessions are its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from router_core.clock import to_ms
from router_core.quota.sample import Sample
from router_core.spend.periods import began_at
from router_core.store.affinity import Affined, sessions_of
from router_core.store.quota import KEPT_S, samples_of
from router_core.store.statistics import Span, Sums, totals

MOST_SESSIONS = 100
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class History:
    """Of one token."""

    samples: Mapping[str, Sequence[Sample]]
    """By window, oldest first."""
    used: Mapping[str, Sums]
    """`today`, `days_7`, `days_30`."""
    sessions: Sequence[Affined]
    """Used last, first."""


def history_of(tokens_db: Database, traces_db: Database | None, token_id: str, name: str, now: float) -> History:
    """Read it; blocking.

    Args:
        traces_db: None: there is none yet.
        name: of the token: that is what usage is kept by.
    """
    used = {} if traces_db is None else {word: totals(traces_db, span, {"token": name}) for word, span in spans(now)}
    return History(samples_of(tokens_db, token_id, now - KEPT_S), used, sessions_of(tokens_db, token_id, MOST_SESSIONS))


def spans(now: float) -> Sequence[tuple[str, Span]]:
    """Since the local midnight, seven days, thirty days."""
    until = to_ms(now) + 1
    return (
        ("today", Span(to_ms(began_at("day", now)), until)),
        ("days_7", Span(until - 7 * DAY_MS, until)),
        ("days_30", Span(until - 30 * DAY_MS, until)),
    )
