"""What is known of the tokens' quota beside their windows, read from tokens.db: outlooks, balances, polls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sqlite_utils import Database

from router_core.clock import to_ms
from router_core.quota.forecast import Outlook, outlook
from router_core.quota.report import Balance
from router_core.quota.sample import Sample
from router_core.store.quota import KEPT_S, Poll, balances, polls, samples_of
from router_core.tokens.token import Token, Window

AGES_S = 60.0
"""An outlook is worked out again after this time, or when something new was reported."""

NO_OUTLOOKS: Mapping[str, Outlook] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Known:
    """Of one token."""

    outlooks: Mapping[str, Outlook] = field(default=NO_OUTLOOKS)
    """By window."""
    balances: tuple[Balance, ...] = ()
    poll: Poll | None = None


NOTHING_KNOWN = Known()


class KnownQuota:
    """Looks things up, and remembers outlooks for a minute: working one out takes milliseconds.

    Args:
        database: for reading only; one thread at a time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outlooks: dict[tuple[str, str], tuple[Sample, float, Outlook]] = {}

    def of(self, tokens: Iterable[Token], now: float) -> dict[str, Known]:
        """By token id; tokens of which nothing is known are left out."""
        told, asked = balances(self._database), polls(self._database)
        sampled = {row[0] for row in self._database.execute("select distinct token_id from samples").fetchall()}
        return {
            token.id: Known(
                self._outlooks_of(token, now) if token.id in sampled else NO_OUTLOOKS,
                tuple(told.get(token.id, ())),
                asked.get(token.id),
            )
            for token in tokens
            if token.id in sampled or token.id in told or token.id in asked
        }

    def _outlooks_of(self, token: Token, now: float) -> dict[str, Outlook]:
        found = {}
        for window, samples in samples_of(self._database, token.id, now - KEPT_S).items():
            last, (seen, at, kept) = samples[-1], self._outlooks.get((token.id, window), (None, 0.0, None))
            if kept is None or seen != last or not 0 <= now - at < AGES_S:
                kept = outlook(samples, now)
                self._outlooks[token.id, window] = (last, now, kept)
            found[window] = kept
        return found


def window_view(window: Window, found: Outlook | None) -> dict[str, Any]:
    """One window as JSON: times in epoch milliseconds."""
    reset_at = window.reset_at
    view: dict[str, Any] = {
        "name": window.name,
        "used": window.used,
        "length_s": window.length_s,
        "reset_at": None if reset_at is None else round(reset_at * 1000),
        "status": window.status,
        "observed_at": round(window.observed_at * 1000),
        "forecast": None,
        "outlook": "",
        "may_end_at": None,
    }
    if found is not None:
        said, early = found.forecast, found.may_end_at
        view["outlook"], view["may_end_at"] = found.because, None if early is None else to_ms(early)
        view["forecast"] = said and {
            "used_up_at": to_ms(said.used_up_at),
            "earliest": to_ms(said.earliest),
            "latest": to_ms(said.latest),
            "because": said.because,
        }
    return view


def balance_view(balance: Balance) -> dict[str, Any]:
    """One balance as JSON."""
    return {
        "name": balance.name,
        "used": balance.used,
        "total": balance.total,
        "remaining": balance.remaining,
        "unit": balance.unit,
        "status": balance.status,
        "observed_at": to_ms(balance.observed_at),
    }


def poll_view(poll: Poll | None) -> dict[str, Any] | None:
    """When usage was asked for, as JSON."""
    if poll is None:
        return None
    return {
        "polled_at": to_ms(poll.polled_at),
        "not_before": to_ms(poll.not_before),
        "error": poll.error,
        "refused": poll.refused is not None,
    }
