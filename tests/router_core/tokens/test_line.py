"""A line gives the same tokens as sorting them all, however they change."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from router_core.config.schema import Strategy
from router_core.errors import NoTokenAvailable
from router_core.tokens.leases import Leases
from router_core.tokens.lines import MOST_LINES, Lines
from router_core.tokens.select import select
from router_core.tokens.token import Cooldown, Token, Window
from tests.router_core.tokens.make import NOW, rest, token, window

STRATEGIES: tuple[Strategy, ...] = ("priority", "quota", "round_robin", "least_used", "fill_first")


class Pool:
    """Tokens, their lines, and a clock."""

    def __init__(self, tokens: list[Token]) -> None:
        self.now = NOW
        self.tokens = {each.id: each for each in tokens}
        self.leases = Leases()
        self.lines = Lines(self.tokens, self.leases)

    def change(self, changed: Token) -> None:
        self.tokens[changed.id] = changed
        self.lines.changed(changed.id, self.now)

    def order(self, strategy: Strategy, model: str = "opus") -> list[str]:
        return list(self.lines.line("claude", strategy, model, self.tokens, self.now).ids(self.now))

    def sorted(self, strategy: Strategy, model: str = "opus") -> list[str]:
        """The slow way: one after the other."""
        return list(self._sorted(strategy, model))

    def _sorted(self, strategy: Strategy, model: str) -> Iterator[str]:
        left = dict(self.tokens)
        while left:
            use = self.lines.uses(list(left.values()), self.now)
            try:
                chosen = select(list(left.values()), strategy, provider="claude", model=model, now=self.now, use=use,
                                tried=["nobody"]).token  # fmt: skip
            except NoTokenAvailable:
                return
            yield chosen.id
            del left[chosen.id]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("seed", range(5))
def test_the_line_is_what_sorting_would_give(strategy: Strategy, seed: int) -> None:
    dice = random.Random(seed)
    pool = Pool([token(f"t{n}", priority=dice.randrange(3), weight=dice.choice((1, 2, 5))) for n in range(12)])
    held = []
    for _ in range(200):
        pool.now += dice.choice((0, 0.5, 30, 400))
        old = dice.choice(list(pool.tokens.values()))
        match dice.randrange(7):
            case 0:
                pool.change(replace(old, enabled=not old.enabled))
            case 1:
                model = dice.choice(("", "opus", "haiku"))
                until = pool.now + dice.choice((1, 60, 5000))
                pool.change(replace(old, cooldowns=(Cooldown(until, "rate_limited", "busy", model, pool.now),)))
            case 2:
                five = Window("5h", dice.random() * 1.1, pool.now + dice.choice((20, 900)), 18_000, "", pool.now)
                week = Window("7d", dice.random(), pool.now + dice.choice((50, 90_000)), 604_800, "", pool.now)
                pool.change(replace(old, windows=(five, week)))
            case 3:
                pool.lines.used(old, pool.now, by_strategy=dice.random() < 0.5)
            case 4:
                pool.change(replace(old, max_concurrent=dice.choice((None, 1, 2))))
            case 5:
                held.append(pool.leases.take(old.id, "r", pool.now))
                pool.lines.changed(old.id, pool.now)
            case 6:
                if held and pool.leases.release(lease := held.pop()):
                    pool.lines.changed(lease.token_id, pool.now)
        assert pool.order(strategy) == pool.sorted(strategy)
        assert pool.order(strategy, "haiku") == pool.sorted(strategy, "haiku")


def test_weights_are_kept_smoothly() -> None:
    pool = Pool([token("a", weight=5), token("b"), token("c")])
    taken = []
    for _ in range(14):
        first = pool.order("round_robin")[0]
        pool.lines.used(pool.tokens[first], pool.now, by_strategy=True)
        taken.append(first[-1])
    assert "".join(taken) == "aaabcaa" * 2


def test_who_comes_back_from_a_rest_does_not_catch_up() -> None:
    pool = Pool([token("a"), token("b", cooldowns=(rest(100),))])
    for _ in range(50):
        pool.lines.used(pool.tokens[pool.order("round_robin")[0]], pool.now, by_strategy=True)
    pool.now += 200
    taken = []
    for _ in range(6):
        first = pool.order("round_robin")[0]
        pool.lines.used(pool.tokens[first], pool.now, by_strategy=True)
        taken.append(first[-1])
    assert taken.count("a") >= 2


def test_a_full_window_stands_in_the_way_only_until_its_reset() -> None:
    full = token("a", priority=1, windows=(window("5h", 0.99, 60),))
    pool = Pool([full, token("b", priority=2, windows=(window("5h", 0.5, 9000),))])
    assert pool.order("quota") == ["id-b", "id-a"]
    pool.now += 61
    assert pool.order("quota") == ["id-a", "id-b"]


def test_a_busy_token_is_free_again_when_its_holder_has_crashed() -> None:
    pool = Pool([token("a", max_concurrent=1)])
    pool.leases.take("id-a", "crashed", pool.now)
    pool.lines.changed("id-a", pool.now)
    assert pool.order("priority") == []
    pool.now += 31
    assert pool.order("priority") == ["id-a"]


def test_no_more_lines_are_kept_than_there_is_room_for() -> None:
    pool = Pool([token("a")])
    for number in range(3 * MOST_LINES):
        pool.order("priority", f"model-{number}")
    assert len(pool.lines._lines) == MOST_LINES
