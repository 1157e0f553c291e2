"""Made-up weeks of one account: sessions in working hours, idle nights, quiet weekends, windows that fill and reset."""

import math
import random
from dataclasses import dataclass, field

from router_core.quota.sample import Sample

MONDAY = 1_793_577_600.0  # a Monday, 00:00 UTC
DAY, HOUR = 86400.0, 3600.0


@dataclass(frozen=True)
class Shape:
    """How somebody works."""

    sessions_a_day: float = 7.0
    requests_a_session: float = 25.0
    gap_s: float = 75.0
    others: float = 0.0
    """Share of requests made by another program with the same account: we see the fraction move, but no tokens."""


@dataclass
class Window:
    """One window: it begins with the first request after the last one ended."""

    length_s: float
    capacity: float
    step: float = 0.01
    used: float = 0.0
    own: float = 0.0
    reset_at: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    walls: list[tuple[float, float]] = field(default_factory=list)
    """(when it was used up, its reset)"""

    def count(self, at: float, tokens: float, ours: bool) -> None:
        if at >= self.reset_at:
            self.used, self.own, self.reset_at = 0.0, 0.0, at + self.length_s
        before = self.used
        self.used += tokens
        self.own += tokens if ours else 0.0
        if before < self.capacity <= self.used:
            self.walls.append((at, self.reset_at))
        if ours:
            self._sample(at)

    def _sample(self, at: float) -> None:
        """As the router keeps them: where the fraction moved, else every five minutes."""
        shown = math.floor(min(self.used / self.capacity, 1.0) / self.step) * self.step
        last = self.samples[-1] if self.samples else None
        if last is None or last.used != shown or last.reset_at != self.reset_at or at - last.observed_at >= 300:
            self.samples.append(Sample(at, shown, self.reset_at, self.own))

    def hit(self, at: float) -> float | None:
        """When the window that is open at a time is used up; its reset if never; None if none is open then."""
        opened = next((s.reset_at for s in reversed(self.samples) if s.observed_at <= at and s.reset_at), 0.0)
        if opened <= at:
            return None
        return next((wall for wall, reset in self.walls if reset == opened), opened)


def requests(chance: random.Random, shape: Shape, days: int) -> list[tuple[float, float, bool]]:
    """(when, weighted tokens, ours) of what somebody wants over some days."""
    wanted = []
    for day in range(days):
        start, weekend = MONDAY + day * DAY, day % 7 >= 5
        busy = chance.lognormvariate(0.0, 0.35) * (0.25 if weekend else 1.0)
        for _ in range(_poisson(chance, shape.sessions_a_day * busy)):
            at = start + chance.triangular(8 * HOUR, 20 * HOUR, 14 * HOUR)
            heavy = chance.lognormvariate(0.0, 0.5)
            for _ in range(1 + _poisson(chance, shape.requests_a_session * chance.expovariate(1.0))):
                wanted.append((at, heavy * chance.lognormvariate(9.0, 0.8), chance.random() >= shape.others))
                at += chance.expovariate(1 / shape.gap_s)
    return sorted(wanted)


def played(seed: int, window: Window, shape: Shape, days: int = 7) -> Window:
    """The window after some days; what it refuses is not made up for later."""
    for at, tokens, ours in requests(random.Random(seed), shape, days):
        if at < window.reset_at and window.used >= window.capacity:
            continue
        window.count(at, tokens, ours)
    return window


def _poisson(chance: random.Random, mean: float) -> int:
    count, left = 0, math.exp(-min(mean, 500.0))
    product = chance.random()
    while product > left:
        count += 1
        product *= chance.random()
    return count
