"""A session keeps its tier unless moving is clearly right."""

import pytest

from router_core.routing.auto.sticky import CACHE_S, Kept, StickyTier, TierMemory, keep_or_move, pays_off
from router_core.routing.auto.tier import Tier
from tests.router_core.routing.auto.make import classified, price

NOW = 1_000_000.0


def turns(*wanted: Tier, begin: Tier = "COMPLEX", gap_s: float = 30.0, chance: float = 0.9) -> list[Tier]:
    """The tier of each turn of a session that began with `begin`."""
    kept = Kept(begin, "", StickyTier(begin, NOW))
    tiers = []
    for n, tier in enumerate(wanted, 1):
        kept = keep_or_move(kept.sticky, classified(tier, chance), now=NOW + n * gap_s)
        tiers.append(kept.tier)
    return tiers


def test_a_first_turn_gets_what_it_needs() -> None:
    kept = keep_or_move(None, classified("REASONING"), now=NOW)
    assert (kept.tier, kept.sticky) == ("REASONING", StickyTier("REASONING", NOW))


@pytest.mark.parametrize(
    ("wanted", "tiers"),
    [
        (["SIMPLE", "SIMPLE"], ["COMPLEX", "COMPLEX"]),
        (["SIMPLE", "SIMPLE", "SIMPLE"], ["COMPLEX", "COMPLEX", "SIMPLE"]),
        (["SIMPLE", "MEDIUM", "SIMPLE"], ["COMPLEX", "COMPLEX", "MEDIUM"]),
        (["SIMPLE", "SIMPLE", "COMPLEX", "SIMPLE", "SIMPLE"], ["COMPLEX"] * 5),
        (["REASONING", "SIMPLE"], ["REASONING", "REASONING"]),
    ],
    ids=["two lower", "three lower", "down to the highest of them", "counted anew", "up at once"],
)
def test_a_session_goes_up_at_once_and_down_after_three_lower_turns(wanted: list[Tier], tiers: list[Tier]) -> None:
    assert turns(*wanted) == tiers


def test_turns_that_alternate_move_nothing() -> None:
    assert turns(*(["SIMPLE", "COMPLEX"] * 10)) == ["COMPLEX"] * 20


def test_it_does_not_go_up_when_that_is_not_sure() -> None:
    assert turns("REASONING", chance=0.45, begin="MEDIUM") == ["REASONING"]  # something above MEDIUM is sure
    assert turns("COMPLEX", chance=0.4, begin="MEDIUM") == ["COMPLEX"]
    assert turns("REASONING", chance=0.5) == ["COMPLEX"]


def test_it_goes_down_at_once_when_the_cache_is_cold() -> None:
    assert turns("SIMPLE", gap_s=CACHE_S + 1) == ["SIMPLE"]
    assert turns("SIMPLE", gap_s=CACHE_S - 1) == ["COMPLEX"]


@pytest.mark.parametrize("wanted", ["SIMPLE", "REASONING"])
def test_tool_results_never_change_anything(wanted: Tier) -> None:
    before = StickyTier("MEDIUM", NOW, 2, "SIMPLE")
    kept = keep_or_move(before, classified(wanted), now=NOW + 9000, continues=True)
    assert kept.tier == "MEDIUM"
    assert kept.sticky == StickyTier("MEDIUM", NOW + 9000, 2, "SIMPLE")


def test_it_stays_when_writing_the_cache_anew_costs_more_than_the_cheaper_model_saves() -> None:
    before = StickyTier("COMPLEX", NOW, 2, "SIMPLE")
    prices = {"COMPLEX": price(1.1), "SIMPLE": price(1.0)}
    kept = keep_or_move(before, classified("SIMPLE"), now=NOW, cached_tokens=400_000, prices=prices)
    assert kept.tier == "COMPLEX"
    assert "costs more" in kept.because
    assert keep_or_move(before, classified("SIMPLE"), now=NOW, cached_tokens=400, prices=prices).tier == "SIMPLE"


def test_a_much_cheaper_model_earns_its_cache() -> None:
    assert pays_off("COMPLEX", "SIMPLE", 400_000, {"COMPLEX": price(5), "SIMPLE": price(0.1)})
    assert not pays_off("COMPLEX", "SIMPLE", 400_000, {"COMPLEX": price(5), "SIMPLE": price(5)})
    assert pays_off("COMPLEX", "SIMPLE", 400_000, {"COMPLEX": None, "SIMPLE": price(5)})


def test_memory_forgets_the_longest_silent_sessions_and_old_ones() -> None:
    memory = TierMemory(most=3, forget_s=100)
    for n in range(5):
        memory.remember(f"s{n}", StickyTier("MEDIUM", NOW + n))
    assert len(memory) == 3
    assert memory.find("s1", NOW + 5) is None
    assert memory.find("s4", NOW + 5) == StickyTier("MEDIUM", NOW + 4)
    assert memory.find("s4", NOW + 105) is None


def test_a_request_of_no_session_is_not_remembered() -> None:
    memory = TierMemory()
    memory.remember("", StickyTier("MEDIUM", NOW))
    assert len(memory) == 0
    assert memory.find("", NOW) is None
