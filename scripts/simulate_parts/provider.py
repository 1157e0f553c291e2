"""The provider in that week: five subscriptions whose windows fill and reset, each with a prompt cache of its own."""

import random
from dataclasses import dataclass

from router_core.providers.failure import Outcome
from router_core.simulator.accounts import FIVE_HOURS_S, WEEK_S, AccountState, WindowState
from router_core.simulator.quota_headers import quota_headers, unified_headers
from router_core.simulator.script import Account, Window
from router_core.trace.record import Usage

MODEL = "claude-opus-5-5"
CACHE_S = 300.0
READ_COUNTS, WRITE_COUNTS, OUTPUT_COUNTS = 0.1, 1.25, 5.0
"""What tokens count towards the windows, against one of uncached input."""
SIZES = (1.0, 1.0, 0.6, 0.4, 0.4)
"""Plans of different size, in the order of priority."""
FIVE_HOURS_TOKENS, WEEK_TOKENS = 10_000_000, 60_000_000
"""What the largest plan allows, in those counts."""
OVERLOADED = 0.004
"""Share of requests that a provider without capacity refuses. A stand-in would have to read the whole prompt anew."""


@dataclass(frozen=True, slots=True)
class Held:
    """A prefix in an account's cache."""

    tokens: int
    until: float


class Provider:
    """Answers requests as of a moment."""

    def __init__(self, names: tuple[str, ...], start: float, seed: int) -> None:
        self._seed = seed
        sizes = enumerate(zip(names, SIZES, strict=True))
        self.accounts = {name: _account(name, size, number, start) for number, (name, size) in sizes}
        self._caches: dict[tuple[str, str], Held] = {}

    def roll(self, now: float) -> list[tuple[str, str, float]]:
        """Let time pass; (account, window, used) of each window that reset."""
        ended = []
        for name, account in self.accounts.items():
            for window in account.windows:
                if now >= window.reset_at:
                    ended.append((name, window.spec.name, window.used))
            account.roll(now)
        return ended

    def has_room(self) -> bool:
        """Whether any account could serve a request now."""
        return any(not account.exhausted(MODEL) for account in self.accounts.values())

    def warm_elsewhere(self, name: str, session: str, now: float) -> int:
        """The most that any other account holds of a session's prompt."""
        held = [h.tokens for (n, s), h in self._caches.items() if s == session and n != name and h.until > now]
        return max(held, default=0)

    def refuses(self, name: str, now: float) -> Outcome | None:
        """The refusal, as the router gets it; None when it answers."""
        account = self.accounts[name]
        full = account.exhausted(MODEL)
        if full:
            rejected = tuple(window.spec.name for window in full)
            return Outcome(429, dict(unified_headers(account, rejected)), _error("rate_limit_error"))
        if random.Random(f"{self._seed} {name} {now}").random() < OVERLOADED:
            return Outcome(529, {}, _error("overloaded_error"))
        return None

    def answer(
        self, name: str, session: str, prompt: int, same_prefix: bool, output: int, now: float
    ) -> tuple[Usage, dict[str, str]]:
        """Usage and headers of an answer; the windows fill by what it cost."""
        held = self._caches.get((name, session))
        read = min(held.tokens, prompt) if held is not None and held.until > now and same_prefix else 0
        written = prompt - read
        self._caches[name, session] = Held(prompt, now + CACHE_S)
        account = self.accounts[name]
        account.charge(MODEL, round(read * READ_COUNTS + written * WRITE_COUNTS), round(output * OUTPUT_COUNTS))
        return Usage(5, output, read, written), dict(quota_headers(account, now))


def _account(name: str, size: float, number: int, start: float) -> AccountState:
    """Resets are spread over the week, as subscriptions begin on different days."""
    five = Window(name="5h", length_s=FIVE_HOURS_S, capacity_tokens=round(size * FIVE_HOURS_TOKENS))
    week = Window(name="7d", length_s=WEEK_S, capacity_tokens=round(size * WEEK_TOKENS))
    first_week = (number * 1.35 + 1.1) * 86_400.0
    windows = [WindowState(five, 0.0, start + 3600.0 * (number + 1)), WindowState(week, 0.35, start + first_week)]
    return AccountState(Account(token=f"sk-ant-oat01-{name}", kind="anthropic_oauth"), windows)


def _error(kind: str) -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": "Simulated."}}
