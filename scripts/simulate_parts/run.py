"""One week under one strategy: the router's own pool, judge and affinity against the simulated accounts."""

import heapq
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from router_core.clock import FixedClock
from router_core.config.schema import Config, Strategy
from router_core.errors import NoTokenAvailable
from router_core.failover import judge
from router_core.home import Home
from router_core.providers.classify import classify
from router_core.providers.failure import FailureKind
from router_core.quota.sample import Sample
from router_core.store.database import Write, Writer
from router_core.store.tokens import open_tokens
from router_core.tokens.affinity import Asker
from router_core.tokens.pool import TokenPool
from router_core.tokens.quota import windows_from_headers
from router_core.tokens.token import Token
from router_core.trace.record import Usage
from simulate_parts.provider import MODEL, Provider
from simulate_parts.work import START, Turn

NAMES = ("first", "second", "third", "fourth", "fifth")
MOST_ATTEMPTS = 5
MOST_TRIES, CLIENT_WAITS_S = 10, 60.0
"""A client told to come back so soon does so, so often."""
SAMPLE_EVERY_S = 60.0


@dataclass(slots=True)
class Week:
    """What came of it."""

    asked: int = 0
    served: int = 0
    refused_with_room: int = 0
    """Requests that were refused although some account could have served them."""
    unused: list[float] = field(default_factory=list)
    """Of each weekly window, at its reset."""
    lost_tokens: int = 0
    """Cached with another account when they were written again."""
    told_lost_tokens: int = 0
    """The same as the router itself says in its traces."""
    switches: int = 0
    waited_s: float = 0.0
    """For a session's own token, because that was cheaper than its cache."""
    samples: dict[tuple[str, str], list[Sample]] = field(default_factory=dict)
    """Of (account, window), for the forecasts."""
    walls: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)
    """(when it was full, its reset) of each window that was used up."""


class _Nowhere(Writer):
    """Nothing has to be kept on disk."""

    def __init__(self) -> None:
        pass

    @property
    def pending(self) -> int:
        return 0

    def submit(self, write: Write) -> None:
        pass

    def flush(self) -> None:
        pass


def run(turns: list[Turn], strategy: Strategy, *, affinity: bool, seed: int, later: Sequence[Turn] = ()) -> Week:
    """Play the week.

    Args:
        later: played after it, for samples and walls only: windows that are open at the week's end go on, and what
            became of them is what a forecast is measured by.
    """
    config = Config.model_validate({"selection": {"strategy": strategy, "affinity": affinity}})
    clock = FixedClock(START)
    with _pool(clock, config) as pool:
        player = _Player(pool, config, clock, Provider(NAMES, START, seed))
        played = player.play(turns)
        player.week = Week(samples=played.samples, walls=played.walls)
        player.play(later, len(turns))
        return played


@contextmanager
def _pool(clock: FixedClock, config: Config) -> Iterator[TokenPool]:
    with tempfile.TemporaryDirectory() as folder:
        store = open_tokens(Home(Path(folder) / "home").ensure(), clock)
        for priority, name in enumerate(NAMES):
            store.add(Token(name, name, "claude", f"sk-ant-oat01-{name}", priority=priority))
        pool = TokenPool(store, _Nowhere(), clock, look_every_s=1e9)
        pool.configure(config)
        yield pool
        store.database.close()


class _Player:
    def __init__(self, pool: TokenPool, config: Config, clock: FixedClock, provider: Provider) -> None:
        self.pool, self.config, self.clock, self.provider = pool, config, clock, provider
        self.week = Week()
        self._last: dict[str, str] = {}
        self._own: dict[tuple[str, str], float] = {}

    def play(self, turns: Sequence[Turn], first: int = 0) -> Week:
        waiting = [(turn.at, number, 0, turn) for number, turn in enumerate(turns, first)]
        self.week.asked = len(turns)
        while waiting:
            at, number, tries, turn = heapq.heappop(waiting)
            self.clock.advance(at - self.clock.now())
            for name, window, used in self.provider.roll(at):
                self._own[name, window] = 0.0
                if window == "7d":
                    self.week.unused.append(max(0.0, 1.0 - used))
            again_s = self._turn(replace(turn, at=at), f"r{number}")
            if again_s is not None and tries < MOST_TRIES:
                heapq.heappush(waiting, (at + again_s, number, tries + 1, turn))
            elif again_s is not None:
                self.week.refused_with_room += self.provider.has_room()
        return self.week

    def _turn(self, turn: Turn, owner: str) -> float | None:
        """One try of a client; after how many seconds it tries again, as clients do where the wait is short."""
        week, tried, failures = self.week, set[str](), list[FailureKind]()
        asker = Asker(turn.session, "", owner)
        wait_s: float | None = None
        for _ in range(MOST_ATTEMPTS):
            pause_s, _ = self.pool.worth_waiting(self.config, "claude", MODEL, tried, asker=asker)
            if pause_s:
                week.waited_s += pause_s
                return pause_s + 0.01
            try:
                chosen = self.pool.select(self.config, "claude", MODEL, tried, asker=asker)
            except NoTokenAvailable as error:
                wait_s = error.retry_after_s
                break
            name = chosen.token.id
            if chosen.affinity is not None:
                week.told_lost_tokens += chosen.affinity.lost_tokens
            outcome = self.provider.refuses(name, turn.at)
            if outcome is None:
                self._answered(turn, name, asker)
                if chosen.lease is not None:
                    self.pool.release(chosen.lease)
                return None
            if chosen.affinity is not None:
                week.told_lost_tokens -= chosen.affinity.lost_tokens  # nothing was written
            failure = classify("anthropic", outcome, turn.at)
            self.pool.observe(name, windows_from_headers(outcome.headers, turn.at))
            self.pool.punish(name, judge(failure, failures, now=turn.at), MODEL, failure.kind.value)
            failures.append(failure.kind)
            tried.add(name)
            if chosen.lease is not None:
                self.pool.release(chosen.lease)
        if wait_s is not None and wait_s <= CLIENT_WAITS_S:
            return wait_s
        week.refused_with_room += self.provider.has_room()
        return None

    def _answered(self, turn: Turn, name: str, asker: Asker) -> None:
        week, now = self.week, turn.at
        elsewhere = self.provider.warm_elsewhere(name, turn.session, now) if turn.same_prefix else 0
        usage, headers = self.provider.answer(
            name, turn.session, turn.prompt_tokens, turn.same_prefix, turn.output_tokens, now
        )
        week.served += 1
        week.lost_tokens += max(0, elsewhere - (usage.cache_read_tokens or 0))
        week.switches += self._last.get(turn.session, name) != name
        self._last[turn.session] = name
        self.pool.observe(name, windows_from_headers(headers, now))
        self.pool.succeeded(name, MODEL)
        self.pool.answered(asker, "claude", name, MODEL, usage, "anthropic", now)
        self._sample(name, usage, now)

    def _sample(self, name: str, usage: Usage, now: float) -> None:
        """What the recorder of quota would keep: whole percents, at most one a minute."""
        weight = (usage.cache_read_tokens or 0) * 0.1 + (usage.cache_write_tokens or 0) * 1.25
        weight += (usage.output_tokens or 0) * 5
        for window in self.provider.accounts[name].windows:
            key = (name, window.spec.name)
            self._own[key] = self._own.get(key, 0.0) + weight
            kept = self.week.samples.setdefault(key, [])
            if window.exhausted:
                walls = self.week.walls.setdefault(key, [])
                if not walls or walls[-1][1] != window.reset_at:
                    walls.append((now, window.reset_at))
            elif kept and now - kept[-1].observed_at < SAMPLE_EVERY_S:
                continue
            kept.append(Sample(now, round(window.used, 2), window.reset_at, self._own[key]))
