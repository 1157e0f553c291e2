# ruff: noqa: E501 - a table is read by its rows
"""When a session stays with its token and when it moves."""

from dataclasses import replace

import pytest

from router_core.tokens.affinity import (
    CACHE_S,
    MOST_CACHES,
    Binding,
    Cache,
    Obstacle,
    cached_prefix,
    decide,
    switch_cost,
    worth_waiting,
)
from tests.router_core.tokens.make import NOW

OPUS, HAIKU = "claude-opus-5-5", "claude-haiku-4-5"
HOME, OTHER, THIRD = "id-home", "id-other", "id-third"
TTL = 3600.0


def warm(tokens: int, for_s: float = 200.0) -> Cache:
    return Cache(tokens, NOW + for_s)


def bound(*, used_s: float = 100.0, **caches: Cache) -> Binding:
    """A session of `home`; caches by `home`, `other`, `home_haiku`, `home_agent` …"""
    made = {}
    for name, cache in caches.items():
        token, _, what = name.partition("_")
        model = HAIKU if what == "haiku" else OPUS
        made[f"id-{token}", model, "agent" if what == "agent" else ""] = cache
    return Binding(HOME, NOW - 1000, NOW - used_s, made)


def rests(for_s: float, *, model_only: bool = False) -> Obstacle:
    return Obstacle("rests", "home is resting", NOW + for_s, model_only)


GONE = Obstacle("gone", "home is disabled")
BUSY = Obstacle("now", "home: busy: 1 of 1 requests under way")


@pytest.mark.parametrize(
    ("binding", "obstacles", "place", "token_id", "binds"),
    [
        (None, {}, "new", "", True),
        (bound(used_s=TTL + 1, home=warm(90_000, -500)), {}, "afresh", "", True),
        (bound(home=warm(90_000)), {}, "stay", HOME, True),
        (bound(), {}, "stay", HOME, True),                                          # its first answer is under way
        (bound(used_s=CACHE_S + 1), {}, "afresh", "", True),
        (bound(home=warm(90_000, -1)), {}, "afresh", "", True),                     # gone cold
        (bound(home=warm(90_000, -1), other=warm(95_000)), {}, "move", OTHER, True),  # settled where it went on
        (bound(home=warm(90_000), other=warm(95_000)), {}, "back", HOME, True),
        (bound(home=warm(40_000), other=warm(95_000)), {}, "away", OTHER, False),   # too much is missing at home
        (bound(home=warm(90_000), other=warm(95_000)), {OTHER: GONE}, "stay", HOME, True),
        (bound(home=warm(90_000)), {HOME: rests(10)}, "away", "", False),           # comes back before the cache is gone
        (bound(home=warm(90_000), other=warm(95_000)), {HOME: rests(10)}, "away", OTHER, False),
        (bound(home=warm(90_000)), {HOME: rests(201)}, "move", "", True),           # the cache would be gone
        (bound(home=warm(90_000, 3000)), {HOME: rests(2000)}, "away", "", False),   # written for an hour: it lives longer
        (bound(home=warm(90_000), other=warm(95_000)), {HOME: rests(7200)}, "move", OTHER, True),
        (bound(home=warm(90_000), other=warm(95_000)), {HOME: GONE}, "move", OTHER, True),
        (bound(home=warm(90_000)), {HOME: GONE}, "move", "", True),
        (bound(home=warm(90_000)), {HOME: BUSY}, "away", "", False),
        (bound(home=warm(90_000)), {HOME: rests(90_000, model_only=True)}, "away", "", False),
        (bound(home_haiku=warm(9_000), other=warm(95_000)), {}, "away", OTHER, False),  # opus lives there, haiku here
    ],
)  # fmt: skip
def test_stay_or_move(
    binding: Binding | None, obstacles: dict[str, Obstacle], place: str, token_id: str, binds: bool
) -> None:
    found = decide(binding, OPUS, "", obstacles.get, now=NOW, ttl_s=TTL)
    assert (found.place, found.token_id, found.binds) == (place, token_id, binds)
    assert found.because


def test_a_switch_names_what_is_kept_and_lost_and_its_price() -> None:
    binding = bound(home=warm(100_000), other=warm(30_000))
    assert switch_cost(binding, HOME, OPUS, "", binds=True, now=NOW) == (100_000, 0, None)
    kept, lost, nano = switch_cost(binding, OTHER, OPUS, "", binds=False, now=NOW)
    assert (kept, lost) == (30_000, 70_000)
    assert nano == 70_000 * (5_000_000_000 - 200_000_000) // 1_000_000
    assert switch_cost(None, OTHER, OPUS, "", binds=True, now=NOW) == (0, 0, None)


def test_a_prefix_written_for_an_hour_costs_more_to_write_again() -> None:
    binding = bound(home=replace(warm(100_000, 3000), for_1h=True))
    assert switch_cost(binding, OTHER, OPUS, "", binds=True, now=NOW)[2] == 780_000_000


def test_a_move_leaves_the_subagents_behind_and_a_stand_in_does_not() -> None:
    binding = bound(home=warm(100_000), home_agent=warm(20_000), home_haiku=warm(3_000))
    assert switch_cost(binding, OTHER, OPUS, "", binds=False, now=NOW)[1] == 100_000
    assert switch_cost(binding, OTHER, OPUS, "", binds=True, now=NOW)[1] == 123_000


def test_a_cache_that_has_gone_cold_is_lost_to_no_switch() -> None:
    assert switch_cost(bound(home=warm(100_000, -1)), OTHER, OPUS, "", binds=True, now=NOW) == (0, 0, None)


def test_of_a_model_without_a_price_only_the_tokens_are_told() -> None:
    caches = {(HOME, "my-llama", ""): warm(50_000)}
    binding = Binding(HOME, NOW, NOW, caches)
    assert switch_cost(binding, OTHER, "my-llama", "", binds=True, now=NOW) == (0, 50_000, None)


@pytest.mark.parametrize(
    ("rest_s", "cached", "waits"),
    [(1, 100_000, True), (1, 1_000, False), (1, 0, False), (2, 100_000, True), (2.1, 100_000, False), (0, 100_000, False)],
)  # fmt: skip
def test_a_short_wait_is_cheaper_than_writing_a_long_prompt_again(rest_s: float, cached: int, waits: bool) -> None:
    assert bool(worth_waiting(rest_s, cached, OPUS, most_s=2.0)) is waits


def test_where_nobody_should_wait_nobody_does() -> None:
    assert not worth_waiting(0.1, 900_000, OPUS, most_s=0.0)


def test_no_more_prefixes_are_remembered_than_there_is_room_for() -> None:
    binding = Binding(HOME, NOW, NOW)
    for number in range(3 * MOST_CACHES):
        binding = binding.with_cache((HOME, OPUS, f"agent-{number}"), warm(1000), NOW)
    assert len(binding.caches) == MOST_CACHES
    assert (HOME, OPUS, f"agent-{3 * MOST_CACHES - 1}") in binding.caches
    later = binding.with_cache((HOME, OPUS, ""), warm(1), NOW + 500)
    assert len(later.caches) == 1


@pytest.mark.parametrize(
    ("format", "parts", "tokens"),
    [
        ("anthropic", (12, 90_000, 4_000, None), 94_000),
        ("anthropic", (12, None, None, 4_000), 4_000),
        ("anthropic", (12_000, None, None, None), 0),
        ("openai-responses", (4_000, 90_000, None, None), 94_000),
        (
            "openai-chat",
            (90_000, 3_800, None, None),
            93_800,
        ),  # the provider's own miss: it holds the prompt all the same
        ("gemini", (300, None, None, None), 0),
    ],
)
def test_what_a_provider_holds_after_an_answer(format: str, parts: tuple[int | None, ...], tokens: int) -> None:
    assert cached_prefix(format, parts) == tokens
