"""How well `auto` places our labelled prompts: what is required of those held out, and that they are in order."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from tests.scripts.fake_checkout import REPOSITORY


@pytest.fixture(scope="module")
def parts() -> Iterator[tuple[Any, ...]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(REPOSITORY / "scripts"))
        yield tuple(import_module(f"evaluate_parts.{name}") for name in ("prompts", "measure", "fit", "forget"))


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    command = [sys.executable, str(REPOSITORY / "scripts" / "evaluate_auto.py"), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_the_held_out_third_is_placed_as_required(told: dict[str, Any]) -> None:
    held_out = told["sets"]["held_out"]
    assert held_out["exact"] >= 0.85
    assert held_out["within_one"] >= 0.97
    for language, row in held_out["languages"].items():
        assert row["exact"] >= 0.85, language


def test_prompts_that_nothing_was_fitted_to_are_placed_as_well(told: dict[str, Any]) -> None:
    fresh = told["sets"]["fresh"]
    assert fresh["exact"] >= 0.85
    assert fresh["within_one"] >= 0.95


@pytest.mark.parametrize("name", ["tuning", "held_out", "fresh"])
def test_hardly_anything_simple_is_taken_for_reasoning(name: str, told: dict[str, Any]) -> None:
    assert told["sets"][name]["confusion"]["SIMPLE"]["REASONING"] <= 1


def test_no_greeting_is_taken_for_reasoning(parts: tuple[Any, ...]) -> None:
    prompts, measure, _, _ = parts
    placed = measure.place_all(each for each in prompts.read_prompts() if each.tier == "SIMPLE")
    greeted = [each for each in placed if "greeting" in {signal.name for signal in each.classified.signals}]
    assert len(greeted) >= 40
    assert [each.labelled.id for each in greeted if each.classified.tier == "REASONING"] == []


def test_the_confidence_can_be_believed(told: dict[str, Any]) -> None:
    for name in ("tuning", "held_out"):
        assert told["sets"][name]["calibration_error"] <= 0.05, name


def test_it_costs_much_less_than_the_strongest_model_and_is_seldom_too_weak(told: dict[str, Any]) -> None:
    costs = told["sets"]["held_out"]["costs"]
    assert costs["usd"]["always_cheapest"] < costs["usd"]["auto"] < costs["usd"]["always_strongest"]
    assert costs["saved_against_strongest"] >= 0.4
    assert costs["too_weak"]["auto"] <= 0.05 < costs["too_weak"]["always_cheapest"]


def test_there_are_enough_prompts_of_every_kind_and_none_twice(parts: tuple[Any, ...]) -> None:
    prompts = parts[0].read_prompts()
    sets = Counter(each.set for each in prompts)
    ours = sets["tuning"] + sets["held_out"]
    assert ours >= 400
    assert 0.28 <= sets["held_out"] / ours <= 0.38
    assert len({each.id for each in prompts}) == len({each.prompt for each in prompts}) == len(prompts)
    for language in ("en", "zh", "ja", "ru"):
        tiers = Counter(each.tier for each in prompts if each.language == language)
        assert min(tiers.values()) >= 15, (language, tiers)
    assert sum(each.prompt.tool_count > 0 for each in prompts) >= 100
    assert sum(each.prompt.tool_result_count > 0 for each in prompts) >= 10


def test_the_weights_are_what_fitting_gives(parts: tuple[Any, ...]) -> None:
    """On few rounds only: that it finds what tells two kinds apart, and keeps the signs that it must keep."""
    _, _, fit, _ = parts
    rows = [({"greeting": 1.0, "brevity": 1.0}, "SIMPLE")] * 10 + [({"imperative": 0.5, "length": 0.5}, "MEDIUM")] * 10
    rows += [({"scope": 0.9, "length": 1.0}, "COMPLEX")] * 10 + [({"proof": 0.9, "greeting": 0.1}, "REASONING")] * 10
    fitted = fit.fit(rows)
    for values, tier in rows:
        chances = fitted.chances(values)
        assert max(chances, key=chances.__getitem__) == tier
        assert sum(chances.values()) == pytest.approx(1)
    assert all(fitted.work[name] <= 0 for name in fit.NEVER_MORE_WORK)
    assert all(fitted.reasoning[name] >= 0 for name in fit.NEVER_LESS_REASONING)


def test_words_are_forgotten_the_same_way_each_time(parts: tuple[Any, ...]) -> None:
    from router_core.routing.auto.signals import signals_of

    prompts, _, _, forget = parts
    signals = signals_of(next(each.prompt for each in prompts.read_prompts() if each.id == "en-chat-107"))
    once, again = (list(forget.forgetful(signals, "x")) for _ in range(2))
    assert once == again
    assert any(values != dict(signals.values) for values in once)
    assert list(forget.forgetful(signals, "x", 1, 0.0)) == [dict(signals.values)]
