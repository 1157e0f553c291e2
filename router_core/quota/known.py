"""What is known of the tokens' quota beside their windows, read from tokens.db: outlooks, balances, polls."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from sqlite_utils import Database

from router_core.quota.consumption import Curve, curve_of
from router_core.quota.forecast import Outlook, outlook
from router_core.quota.reserve import Reserve
from router_core.quota.sample import Sample
from router_core.quota.view import NO_OUTLOOKS, Known
from router_core.store.quota import KEPT_S, balances, polls, samples_of
from router_core.tokens.quota import account_wide
from router_core.tokens.token import Token

AGES_S = 60.0
"""An outlook is worked out again after this time, or when something new was reported."""

NO_RESERVES: Mapping[tuple[str, str], Reserve] = MappingProxyType({})


class KnownQuota:
    """Looks things up, and remembers outlooks for a minute: working one out takes milliseconds.

    Args:
        database: for reading only; one thread at a time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outlooks: dict[tuple[str, str], tuple[Sample, float, Outlook]] = {}
        self._curves: dict[tuple[str, str], tuple[Sample, Curve]] = {}

    def of(self, tokens: Iterable[Token], now: float, sparing: Container[str] = ()) -> dict[str, Known]:
        """By token id; tokens of which nothing is known are left out.

        Args:
            tokens: all of a provider, where it is one of the following.
            sparing: providers whose strategy holds a token back before it is used up (sparing.py).
        """
        told, asked = balances(self._database), polls(self._database)
        sampled = {row[0] for row in self._database.execute("select distinct token_id from samples").fetchall()}
        found, together = {}, dict[str, list[Token]]()
        for token in tokens:
            outlooks = NO_OUTLOOKS
            if token.id in sampled and token.provider in sparing:
                together.setdefault(token.provider, []).append(token)
            elif token.id in sampled:
                outlooks = self._outlooks_of(token, self._samples_of(token, now), now)
            if token.id in sampled or token.id in told or token.id in asked:
                found[token.id] = Known(outlooks, tuple(told.get(token.id, ())), asked.get(token.id))
        for alike in together.values():
            for token, outlooks in self._together(alike, now):
                found[token.id] = replace(found[token.id], outlooks=outlooks)
        return found

    def _together(self, tokens: Sequence[Token], now: float) -> Iterator[tuple[Token, dict[str, Outlook]]]:
        """The outlooks of tokens that take over for each other."""
        samples = {token.id: self._samples_of(token, now) for token in tokens}
        reserves: Mapping[tuple[str, str], Reserve] | None = None
        for token in tokens:
            by_window = samples[token.id]
            if reserves is None and any(
                self._kept(token, name, told[-1], now) is None for name, told in by_window.items()
            ):
                reserves = self._reserves(tokens, samples, now)
            yield token, self._outlooks_of(token, by_window, now, reserves or {})

    def _reserves(
        self, tokens: Sequence[Token], samples: Mapping[str, Mapping[str, list[Sample]]], now: float
    ) -> Mapping[tuple[str, str], Reserve]:
        # Here: where no provider is chosen from in this way, nobody waits for it.
        from router_core.quota.sparing import Account, can_take_over, reserves

        accounts = {
            token.id: {
                window.name: Account(self._curve(token, window.name, told), told[-1].reset_at, window.length_s)
                for window in token.windows
                if (told := samples[token.id].get(window.name)) and account_wide(window) and window.length_s
            }
            for token in tokens
            if can_take_over(token, now)
        }
        return reserves(accounts, now)

    def _outlooks_of(
        self,
        token: Token,
        by_window: Mapping[str, list[Sample]],
        now: float,
        reserves: Mapping[tuple[str, str], Reserve] = NO_RESERVES,
    ) -> dict[str, Outlook]:
        found = {}
        for window, samples in by_window.items():
            kept = self._kept(token, window, samples[-1], now)
            if kept is None:
                kept = outlook(samples, now, reserves.get((token.id, window)))
                self._outlooks[token.id, window] = (samples[-1], now, kept)
            found[window] = kept
        return found

    def _samples_of(self, token: Token, now: float) -> dict[str, list[Sample]]:
        return samples_of(self._database, token.id, now - KEPT_S)

    def _kept(self, token: Token, window: str, last: Sample, now: float) -> Outlook | None:
        """What was said of it before, where that still holds."""
        seen, at, kept = self._outlooks.get((token.id, window), (None, 0.0, None))
        return kept if seen == last and 0 <= now - at < AGES_S else None

    def _curve(self, token: Token, window: str, samples: list[Sample]) -> Curve:
        seen, curve = self._curves.get((token.id, window), (None, None))
        if curve is None or seen != samples[-1]:
            curve = curve_of(samples)
            self._curves[token.id, window] = (samples[-1], curve)
        return curve
