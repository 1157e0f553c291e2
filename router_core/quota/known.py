"""What is known of the tokens' quota beside their windows, read from tokens.db: outlooks, balances, polls."""

from collections.abc import Iterable

from sqlite_utils import Database

from router_core.quota.forecast import Outlook, outlook
from router_core.quota.sample import Sample
from router_core.quota.view import NO_OUTLOOKS, Known
from router_core.store.quota import KEPT_S, balances, polls, samples_of
from router_core.tokens.token import Token

AGES_S = 60.0
"""An outlook is worked out again after this time, or when something new was reported."""


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
