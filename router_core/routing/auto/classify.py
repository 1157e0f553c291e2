"""The tier that a prompt needs, by rules: weighted dimensions, no model is asked.

Two sums over the same dimensions. The first says how much work the prompt is: below one mark it is SIMPLE, above
another COMPLEX, between them MEDIUM. The second says whether the answer hangs on a chain of inferences: REASONING,
however short the prompt. Both go through a logistic function, so that they are probabilities and so is the confidence.

A tier that is wrong by two costs more than one that is wrong by one: the tier taken is the one with the least expected
square of the distance. So between MEDIUM and REASONING, where both are likely, lies COMPLEX.
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from math import exp
from typing import Any

from msgspec import Struct

from router_core.routing.auto.prompt import Prompt
from router_core.routing.auto.signals import Signals, signals_of
from router_core.routing.auto.tier import TIERS, Tier, rank

AMBIGUOUS: Tier = "MEDIUM"
SURE = 0.4
"""The chance of the likeliest tier below which a prompt counts as ambiguous."""


class Signal(Struct, frozen=True):
    """What one dimension said. (Structs, in this folder: a decision makes dozens of them, and a frozen dataclass takes
    several times as long to make.)"""

    name: str
    value: float
    """0…1"""
    weight: float
    """What it added to the work (above 0: more of it) or, where that is more, to the reasoning."""
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = f" ({', '.join(word.rstrip('*') for word in self.words[:4])})" if self.words else ""
        return f"{self.name} {self.weight:+.1f}{words}"


class Classified(Struct, frozen=True):
    """The tier of a prompt."""

    tier: Tier
    """The one to take; of an ambiguous prompt the tier that was asked for then."""
    likeliest: Tier
    confidence: float
    """The chance that `likeliest` is right, calibrated on labelled prompts (scripts/evaluate-auto)."""
    chances: Mapping[Tier, float]
    signals: tuple[Signal, ...]
    """What counted most, first."""
    because: str

    @property
    def ambiguous(self) -> bool:
        return self.because.startswith("ambiguous")

    def above(self, tier: Tier) -> float:
        """The chance that the prompt needs more than this tier."""
        return sum(self.chances[each] for each in TIERS[rank(tier) + 1 :])


def classify(prompt: Prompt | str, *, ambiguous: Tier = AMBIGUOUS, confidence: float = SURE) -> Classified:
    """The tier that a prompt needs. Pure and quick: nothing is asked, nothing is remembered.

    Args:
        prompt: a text, or a Prompt where more is known than the text.
        ambiguous: the tier of a prompt of which nothing can be said with the confidence below.
        confidence: 0…1.

    >>> classify("hi").tier
    'SIMPLE'
    >>> classify("Prove that sqrt(2) is irrational").tier
    'REASONING'
    """
    seen = signals_of(Prompt(prompt) if isinstance(prompt, str) else prompt)
    chances = chances_of(seen.values)
    likeliest = max(TIERS, key=lambda tier: chances[tier])
    sure = chances[likeliest]
    tier = _safest(chances) if sure >= confidence else ambiguous
    signals = _counted(seen)
    doubt = "ambiguous, " if sure < confidence else ""
    doubt += f"{likeliest} " if tier != likeliest else ""
    named = ", ".join(str(signal) for signal in signals[:4]) or "nothing stands out"
    return Classified(tier, likeliest, sure, chances, signals, f"{doubt}{sure:.0%}: {named}")


def chances_of(values: Mapping[str, float]) -> dict[Tier, float]:
    """How likely each tier is, by the dimensions alone."""
    weights = weighing()
    work = sum(weights.work.get(name, 0.0) * value for name, value in values.items())
    reasoning = weights.bias + sum(weights.reasoning.get(name, 0.0) * value for name, value in values.items())
    reasons = _logistic(weights.sharpness * reasoning)
    simple = _logistic(weights.sharpness * (weights.simple_below - work))
    complex_ = _logistic(weights.sharpness * (work - weights.complex_above))
    other = 1 - reasons
    return {
        "SIMPLE": other * simple,
        "MEDIUM": other * max(0.0, 1 - simple - complex_),
        "COMPLEX": other * complex_,
        "REASONING": reasons,
    }


def _safest(chances: Mapping[Tier, float]) -> Tier:
    """The one with the least squared distance to be expected: the nearest to the mean."""
    mean = sum(rank(tier) * chance for tier, chance in chances.items()) / sum(chances.values())
    return min(TIERS, key=lambda tier: abs(rank(tier) - mean))


@dataclass(frozen=True, slots=True)
class Weighing:
    """weights.toml."""

    work: Mapping[str, float]
    simple_below: float
    complex_above: float
    reasoning: Mapping[str, float]
    bias: float
    sharpness: float
    """Factor of both sums: what makes the confidence as large as the share of right answers."""


@functools.cache
def weighing() -> Weighing:
    """The weights, read once."""
    text = resources.files("router_core.routing.auto").joinpath("weights.toml").read_text("utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    work, reasoning = table["work"], table["reasoning"]
    return Weighing(
        work["weights"], work["simple_below"], work["complex_above"], reasoning["weights"], reasoning["bias"],
        table.get("sharpness", 1.0),
    )  # fmt: skip


def _counted(seen: Signals) -> tuple[Signal, ...]:
    weights = weighing()
    signals = []
    for name, value in seen.values.items():
        work, reasoning = weights.work.get(name, 0.0) * value, weights.reasoning.get(name, 0.0) * value
        added = reasoning if abs(reasoning) > abs(work) else work
        if abs(added) >= 0.05:
            signals.append(Signal(name, round(value, 3), round(added, 3), seen.found.get(name, ())))
    return tuple(sorted(signals, key=lambda signal: -abs(signal.weight)))


def _logistic(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > -40 else 0.0
