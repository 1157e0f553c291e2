"""The cheapest capable model, or what is configured for a tier."""

import pytest

from router_core.routing.auto.capability import capable_of
from router_core.routing.auto.choose import choose_target
from router_core.routing.auto.need import Need
from router_core.routing.auto.prompt import Prompt
from router_core.routing.auto.tier import Tier
from router_core.routing.target import RouteTarget
from tests.router_core.routing.auto.make import candidate, price, target

ALL = [
    candidate("claude/opus", "REASONING", 5.0),
    candidate("claude/sonnet", "COMPLEX", 3.0),
    candidate("claude/haiku", "MEDIUM", 0.5),
    candidate("openai/big", "REASONING", 4.0, window=1_000_000),
    candidate("openai/mini", "MEDIUM", 0.4, images=False),
    candidate("openai/nano", "SIMPLE", 0.1, tools=False),
    candidate("local/what", "MEDIUM", None, known=False),
]
PLAIN = Need(1000, 500)


@pytest.mark.parametrize(
    ("tier", "need", "chosen"),
    [
        ("SIMPLE", PLAIN, "openai/nano"),
        ("SIMPLE", Need(1000, 500, tools=True), "openai/mini"),
        ("SIMPLE", Need(1000, 500, images=True, tools=True), "claude/haiku"),
        ("MEDIUM", PLAIN, "openai/mini"),
        ("COMPLEX", PLAIN, "claude/sonnet"),
        ("REASONING", PLAIN, "openai/big"),
        ("SIMPLE", Need(300_000, 500), "openai/big"),
        ("COMPLEX", Need(199_500, 6000), "openai/big"),
    ],
    ids=str,
)
def test_the_cheapest_model_that_is_good_enough_and_can_take_it(tier: Tier, need: Need, chosen: str) -> None:
    choice = choose_target(tier, need, tiers={}, candidates=ALL)
    assert choice.target == target(chosen)
    assert "cheapest capable" in choice.because


def test_fallbacks_are_of_other_providers_first_and_unknown_prices_last() -> None:
    choice = choose_target("MEDIUM", PLAIN, tiers={}, candidates=ALL)
    assert [str(each) for each in choice.fallbacks] == ["claude/haiku", "claude/sonnet", "claude/opus"]
    few = [ALL[2], ALL[6]]
    assert choose_target("MEDIUM", PLAIN, tiers={}, candidates=few).fallbacks == (target("local/what"),)


def test_configured_targets_are_taken_as_written() -> None:
    tiers = {"SIMPLE": (target("claude/opus"), target("openai/nano"))}
    choice = choose_target("SIMPLE", PLAIN, tiers=tiers, candidates=ALL)
    assert (choice.target, choice.fallbacks) == (target("claude/opus"), (target("openai/nano"),))
    assert choice.configured
    assert "[routing.auto.tiers] SIMPLE = claude/opus" in choice.because


def test_a_configured_target_that_cannot_answer_is_passed_over_and_said() -> None:
    tiers = {"SIMPLE": (target("gone/x"), target("openai/mini"), target("claude/haiku"))}
    choice = choose_target("SIMPLE", Need(1000, 500, images=True), tiers=tiers, candidates=ALL)
    assert choice.target == target("claude/haiku")
    assert choice.passed_over == (
        (target("gone/x"), "gone has no token"),
        (target("openai/mini"), "it takes no images"),
    )


def test_a_tier_without_configuration_takes_the_cheapest_beside_a_configured_one() -> None:
    choice = choose_target("MEDIUM", PLAIN, tiers={"SIMPLE": (target("openai/nano"),)}, candidates=ALL)
    assert choice.target == target("openai/mini")
    assert not choice.configured


def test_stronger_tiers_are_tried_before_weaker_ones() -> None:
    tiers: dict[Tier, tuple[RouteTarget, ...]] = {
        "SIMPLE": (target("openai/nano"),),
        "MEDIUM": (target("gone/x"),),
        "COMPLEX": (target("claude/sonnet"),),
    }
    choice = choose_target("MEDIUM", PLAIN, tiers=tiers, candidates=ALL)
    assert choice.target == target("claude/sonnet")
    assert "nothing configured for MEDIUM can answer" in choice.because


def test_a_weaker_model_is_better_than_none() -> None:
    choice = choose_target("REASONING", PLAIN, tiers={}, candidates=[ALL[2], ALL[5]])
    assert choice.target == target("claude/haiku")


def test_nobody_can_answer() -> None:
    choice = choose_target("MEDIUM", Need(5_000_000, 10), tiers={}, candidates=ALL[:2])
    assert choice.target is None
    assert choice.because == "no model for MEDIUM: prompt is too long: 5000000 tokens > 200000 maximum"
    choice = choose_target("MEDIUM", Need(1000, 10, images=True), tiers={}, candidates=[ALL[4]] * 2)
    assert choice.because == "no model for MEDIUM: openai/mini: it takes no images"
    assert "no model is known of any provider" in choose_target("MEDIUM", PLAIN, tiers={}, candidates=[]).because


def test_a_pdf_goes_to_no_model_that_takes_images_only() -> None:
    lacking = Need(1000, 10, media=frozenset({"pdf"})).lacking(ALL[0].info)
    assert lacking == "it takes no pdf"
    assert Need(1000, 10, media=frozenset({"pdf"})).lacking(ALL[6].info) == ""


def test_when_nobody_can_answer_not_every_model_is_named() -> None:
    many = [candidate(f"openai/m{n}", "MEDIUM", 0.4, images=False) for n in range(9)]
    because = choose_target("MEDIUM", Need(1000, 10, images=True), tiers={}, candidates=many).because
    assert because.endswith("openai/m5: it takes no images; and 3 more")


def test_what_an_answer_costs_is_bounded_by_what_the_caller_allows() -> None:
    assert Need.of(Prompt("x", input_tokens=10, max_output_tokens=200), "COMPLEX").output_tokens == 200
    assert Need.of(Prompt("x", input_tokens=10), "SIMPLE").output_tokens == 300
    assert Need(1_000_000, 100_000).cost(price(5.0)) == 7_500_000_000


@pytest.mark.parametrize(
    ("model", "tier"),
    [
        ("claude-opus-5-5", "REASONING"),
        ("anthropic/claude-opus-4.8:thinking", "REASONING"),
        ("claude-sonnet-4-5-20250929", "COMPLEX"),
        ("claude-haiku-5-5", "MEDIUM"),
        ("gpt-6.2-sol", "REASONING"),
        ("gpt-5-mini", "MEDIUM"),
        ("gpt-5-nano", "SIMPLE"),
        ("gpt-5.3-codex", "COMPLEX"),
        ("models/gemini-3.1-pro-preview", "REASONING"),
        ("gemini-3.1-flash-lite", "SIMPLE"),
        ("gemini-3.8-flash", "MEDIUM"),
        ("deepseek-chat", "COMPLEX"),
        ("my-own-model", "MEDIUM"),
        ("x" * 10_000, "MEDIUM"),
    ],
)
def test_how_much_a_model_is_good_for(model: str, tier: Tier) -> None:
    assert capable_of(model) == tier
