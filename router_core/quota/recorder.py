"""What the running router keeps of quota over time: samples for the forecast, and balances that answers told.

A sample is kept where a fraction moved, else every few minutes. Beside it stands what we ourselves had used of that
window by then. Everything is queued: a request never waits for it.
"""

from collections.abc import Mapping, Sequence

from router_core.clock import Clock
from router_core.quota.header_balances import BALANCE_HEADERS, balances_from_headers
from router_core.quota.sample import Sample, same_window, weighted_tokens
from router_core.store.database import Writer
from router_core.store.quota import thin_samples, write_balances, write_samples
from router_core.tokens.quota import windows_from_headers
from router_core.tokens.token import Window
from router_core.trace.record import Usage

LEAST_LENGTH_S = 3600
"""Shorter windows refill while one looks: there is nothing to forecast."""
MOVED = 0.005
EVERY_S = 300.0
THIN_EVERY_S = 3600.0


class QuotaRecorder:
    """Told of every answer's headers, of every poll and of every finished request.

    Args:
        last: the newest stored sample of each (token id, window).
    """

    def __init__(self, writer: Writer, clock: Clock, last: Mapping[tuple[str, str], Sample]) -> None:
        self._writer = writer
        self._clock = clock
        self._own: dict[str, float] = {}
        self._last = dict(last)
        self._begun = {key: -sample.own_tokens for key, sample in last.items()}
        """What a token's own count stood at when its window began."""
        self._said: dict[str, tuple[list[str | None], float]] = {}
        """What a token's headers said of money last, and when."""
        self._thinned_at = 0.0

    def finished(self, token_id: str, usage: Usage) -> None:
        """A request is over: what it used counts towards all windows of its token."""
        if counted := weighted_tokens(usage):
            self._own[token_id] = self._own.get(token_id, 0.0) + counted

    def answered(self, token_id: str, headers: Mapping[str, str], now: float) -> list[Window]:
        """Take over what an answer's headers say; returns their windows."""
        windows = windows_from_headers(headers, now)
        if windows:
            self.observed(token_id, windows)
        words = [headers.get(name) for name in BALANCE_HEADERS]
        if any(words):
            said, at = self._said.get(token_id, ([], 0.0))
            if words != said or now - at >= EVERY_S:
                self._said[token_id] = words, now
                told = balances_from_headers(headers, now)
                self._writer.submit(lambda connection: write_balances(connection, token_id, told, whole=False))
        return windows

    def observed(self, token_id: str, windows: Sequence[Window]) -> None:
        """Keep those windows that have news for the forecast."""
        if kept := [(w.name, sample) for w in windows if (sample := self._sample(token_id, w)) is not None]:
            self._writer.submit(lambda connection: write_samples(connection, token_id, kept))
            now = self._clock.now()
            if now - self._thinned_at >= THIN_EVERY_S:
                self._thinned_at = now
                self._writer.submit(lambda connection: thin_samples(connection, now))

    def _sample(self, token_id: str, window: Window) -> Sample | None:
        if window.used is None or window.reset_at is None or (window.length_s or 0) < LEAST_LENGTH_S:
            return None
        key, total = (token_id, window.name), self._own.get(token_id, 0.0)
        last = self._last.get(key)
        if last is None or not same_window(last.reset_at, window.reset_at):
            self._begun[key] = total
        elif abs(window.used - last.used) < MOVED and window.observed_at - last.observed_at < EVERY_S:
            return None
        sample = Sample(window.observed_at, window.used, window.reset_at, total - self._begun[key])
        self._last[key] = sample
        return sample
