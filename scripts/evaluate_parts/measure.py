"""What came out: shares of right tiers, who was taken for whom, how far to believe the confidence, what it costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from evaluate_parts.prompts import Labelled
from router_core.routing.auto.candidates import candidate
from router_core.routing.auto.choose import Candidate, choose_target
from router_core.routing.auto.classify import Classified, classify
from router_core.routing.auto.need import Need
from router_core.routing.auto.tier import TIERS, Tier, rank
from router_core.routing.target import RouteTarget

MODELS = {
    "claude": ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"),
    "openai": ("gpt-5-mini", "gpt-5.4", "gpt-6-luna", "gpt-6.2-sol"),
    "gemini": ("gemini-3.1-flash-lite", "gemini-3.8-flash", "gemini-2.5-pro", "gemini-4-argon"),
}
"""A user with a token of each of the three vendors."""
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)


@dataclass(frozen=True, slots=True)
class Placed:
    """A prompt, and where it was put."""

    labelled: Labelled
    classified: Classified

    @property
    def right(self) -> bool:
        return self.classified.tier == self.labelled.tier

    @property
    def near(self) -> bool:
        return abs(rank(self.classified.tier) - rank(self.labelled.tier)) <= 1


def place_all(prompts: Iterable[Labelled]) -> list[Placed]:
    """With the settings that a new installation has."""
    return [Placed(each, classify(each.prompt)) for each in prompts]


def shares(placed: Sequence[Placed]) -> dict[str, Any]:
    """Of one set of prompts."""
    count = len(placed)
    return {
        "prompts": count,
        "exact": round(sum(each.right for each in placed) / count, 4),
        "within_one": round(sum(each.near for each in placed) / count, 4),
    }


def confusion(placed: Sequence[Placed]) -> dict[Tier, dict[Tier, int]]:
    """Label → tier that came out → number."""
    table: dict[Tier, dict[Tier, int]] = {label: dict.fromkeys(TIERS, 0) for label in TIERS}
    for each in placed:
        table[each.labelled.tier][each.classified.tier] += 1
    return table


def per_language(placed: Sequence[Placed]) -> dict[str, dict[str, Any]]:
    languages = sorted({each.labelled.language for each in placed})
    return {name: shares([each for each in placed if each.labelled.language == name]) for name in languages}


def calibration(placed: Sequence[Placed]) -> list[dict[str, Any]]:
    """Per range of confidence: how sure it was on average, and how often it was right."""
    rows = []
    for low, high in pairwise(BINS):
        within = [each for each in placed if low <= each.classified.confidence < high]
        if within:
            said = sum(each.classified.confidence for each in within) / len(within)
            right = sum(each.classified.likeliest == each.labelled.tier for each in within) / len(within)
            rows.append(
                {
                    "from": low,
                    "to": min(high, 1.0),
                    "prompts": len(within),
                    "said": round(said, 3),
                    "right": round(right, 3),
                }
            )
    return rows


def expected_error(rows: Sequence[dict[str, Any]]) -> float:
    """The mean distance of said and right, weighted by prompts."""
    return round(sum(r["prompts"] * abs(r["said"] - r["right"]) for r in rows) / sum(r["prompts"] for r in rows), 4)


def costs(placed: Sequence[Placed]) -> dict[str, Any]:
    """USD for one answer to each prompt. Output is taken to be what the prompt's label needs, whoever answers."""
    all_ = candidates()
    strongest = max((c for c in all_ if c.tier == "REASONING"), key=lambda c: c.price.output if c.price else 0)
    cheapest = min(all_, key=lambda c: c.price.output if c.price else 0)
    told = {"auto": 0, "by_label": 0, "always_strongest": 0, "always_cheapest": 0}
    unfit = 0
    for each in placed:
        label, prompt = each.labelled.tier, each.labelled.prompt
        need = Need.of(prompt, label)
        told["auto"] += _paid(each.classified.tier, need, all_)
        told["by_label"] += _paid(label, need, all_)
        told["always_strongest"] += need.cost(strongest.price) if strongest.price else 0
        told["always_cheapest"] += need.cost(cheapest.price) if cheapest.price else 0
        unfit += rank(label) > rank(cheapest.tier)
    usd = {name: round(nano / 1e9, 4) for name, nano in told.items()}
    under = sum(rank(each.classified.tier) < rank(each.labelled.tier) for each in placed)
    return {
        "usd": usd,
        "saved_against_strongest": round(1 - usd["auto"] / usd["always_strongest"], 4),
        "strongest": str(strongest.target),
        "cheapest": str(cheapest.target),
        "too_weak": {"auto": round(under / len(placed), 4), "always_cheapest": round(unfit / len(placed), 4)},
    }


def candidates() -> list[Candidate]:
    """What that user may ask."""
    return [candidate(RouteTarget(provider, model)) for provider, models in MODELS.items() for model in models]


def _paid(tier: Tier, need: Need, all_: Sequence[Candidate]) -> int:
    target = choose_target(tier, need, tiers={}, candidates=all_).target
    price = next((each.price for each in all_ if each.target == target), None)
    return need.cost(price) if price else 0
