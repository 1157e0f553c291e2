"""Weights from labelled prompts: two logistic models by maximum likelihood, small weights preferred.

The first orders SIMPLE < MEDIUM < COMPLEX on one sum with two marks (cumulative logits), the second tells REASONING
from the rest. Plain gradient steps: a few hundred prompts and two dozen dimensions need no library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from router_core.routing.auto.signals import DIMENSIONS
from router_core.routing.auto.tier import TIERS, Tier

type Row = tuple[Mapping[str, float], Tier]
"""The values of a prompt's dimensions, and its label."""

PENALTY = 0.35
"""Of the squares of the weights, against the sum of the log likelihoods."""
ASIDE = (
    "negation",
    "questions",
    "multi_step",
    "length",
    "depth",
    "context",
    "tools",
    "continuation",
    "parts",
    "many_parts",
    "bulk",
)
ASIDE_FACTOR = 6.0
"""What says little by itself about reasoning is kept from saying much: their penalty is so many times as high."""
ROUNDS = 700
FOLDS = 5
SHARPEST = 2.0
NEVER_MORE_WORK = ("greeting", "simple", "lookup", "asking", "brevity")
NEVER_LESS_WORK = (
    "scope",
    "depth_wanted",
    "imperative",
    "length",
    "bulk",
    "short_work",
    "short_scope",
    "parts",
    "many_parts",
    "technical",
    "creative",
    "multi_step",
)
NEVER_MORE_REASONING = ("greeting", "simple", "lookup", "creative")
NEVER_LESS_REASONING = ("proof", "reasoning", "formulas", "quantities")


@dataclass(frozen=True, slots=True)
class Fitted:
    """What goes into weights.toml, but for the sharpness."""

    work: dict[str, float]
    simple_below: float
    complex_above: float
    reasoning: dict[str, float]
    bias: float

    def chances(self, values: Mapping[str, float], sharpness: float = 1.0) -> dict[Tier, float]:
        """As classify.py reckons them."""
        work = sum(self.work[name] * value for name, value in values.items())
        reasons = _logistic(sharpness * (self.bias + sum(self.reasoning[name] * v for name, v in values.items())))
        simple = _logistic(sharpness * (self.simple_below - work))
        hard = _logistic(sharpness * (work - self.complex_above))
        rest = 1 - reasons
        return {
            "SIMPLE": rest * simple, "MEDIUM": rest * max(0.0, 1 - simple - hard), "COMPLEX": rest * hard,
            "REASONING": reasons,
        }  # fmt: skip


def fit(rows: Sequence[Row], penalty: float = PENALTY) -> Fitted:
    """The likeliest weights."""
    work, low, high = _fit_work([(x, TIERS.index(tier)) for x, tier in rows if tier != "REASONING"], penalty)
    reasoning, bias = _fit_reasoning([(x, tier == "REASONING") for x, tier in rows], penalty)
    return Fitted(work, low, high, reasoning, bias)


def cross_validated(groups: Sequence[Sequence[Row]], penalty: float = PENALTY) -> list[tuple[Fitted, Sequence[Row]]]:
    """Each group with weights that were fitted without it."""
    out: list[tuple[Fitted, Sequence[Row]]] = []
    for fold in range(FOLDS):
        fitted = fit([row for n, group in enumerate(groups) if n % FOLDS != fold for row in group], penalty)
        out += [(fitted, group) for n, group in enumerate(groups) if n % FOLDS == fold]
    return out


def sharpness_of(validated: Sequence[tuple[Fitted, Row]]) -> float:
    """The factor that makes the chances of rows that were not fitted likeliest (temperature scaling); never above
    SHARPEST: other people's prompts are less like ours than ours are like each other."""

    def loss(factor: float) -> float:
        return -sum(log(max(1e-6, fitted.chances(x, factor)[tier])) for fitted, (x, tier) in validated)

    return min((n / 20 for n in range(6, round(20 * SHARPEST) + 1)), key=loss)


def _fit_work(rows: Sequence[tuple[Mapping[str, float], int]], penalty: float) -> tuple[dict[str, float], float, float]:
    weights = dict.fromkeys(DIMENSIONS, 0.0)
    low, high = -0.5, 1.5
    speed = dict.fromkeys((*DIMENSIONS, "low", "high"), 0.0)
    for n in range(ROUNDS):
        step = 4.0 / len(rows) if n < ROUNDS // 2 else 1.5 / len(rows)
        slope = {name: -penalty * weight for name, weight in weights.items()}
        slope_low = slope_high = 0.0
        for x, label in rows:
            score = sum(weights[name] * value for name, value in x.items())
            below, above = _logistic(low - score), _logistic(score - high)
            if label == 0:
                on_score, on_low, on_high = below - 1, 1 - below, 0.0
            elif label == 2:
                on_score, on_low, on_high = 1 - above, 0.0, above - 1
            else:
                middle = max(1e-6, 1 - below - above)
                on_low, on_high = -below * (1 - below) / middle, above * (1 - above) / middle
                on_score = -on_low - on_high
            slope_low, slope_high = slope_low + on_low, slope_high + on_high
            for name, value in x.items():
                slope[name] += on_score * value
        for name in DIMENSIONS:
            speed[name] = 0.9 * speed[name] + step * slope[name]
            weights[name] += speed[name]
            weights[name] = _bounded(name, weights[name], NEVER_MORE_WORK, NEVER_LESS_WORK)
        speed["low"], speed["high"] = 0.9 * speed["low"] + step * slope_low, 0.9 * speed["high"] + step * slope_high
        low += speed["low"]
        high = max(high + speed["high"], low + 0.1)
    return weights, low, high


def _fit_reasoning(rows: Sequence[tuple[Mapping[str, float], bool]], penalty: float) -> tuple[dict[str, float], float]:
    weights, bias = dict.fromkeys(DIMENSIONS, 0.0), -1.0
    speed = dict.fromkeys((*DIMENSIONS, "bias"), 0.0)
    for n in range(ROUNDS):
        step = 6.0 / len(rows) if n < ROUNDS // 2 else 2.0 / len(rows)
        slope = {name: -penalty * (ASIDE_FACTOR if name in ASIDE else 1.0) * weight for name, weight in weights.items()}
        on_bias = 0.0
        for x, label in rows:
            error = label - _logistic(bias + sum(weights[name] * value for name, value in x.items()))
            on_bias += error
            for name, value in x.items():
                slope[name] += error * value
        for name in DIMENSIONS:
            speed[name] = 0.9 * speed[name] + step * slope[name]
            weights[name] += speed[name]
            weights[name] = _bounded(name, weights[name], NEVER_MORE_REASONING, NEVER_LESS_REASONING)
        speed["bias"] = 0.9 * speed["bias"] + step * on_bias
        bias += speed["bias"]
    return weights, bias


def _bounded(name: str, weight: float, never_above: Sequence[str], never_below: Sequence[str]) -> float:
    """A sign that would be an accident of these prompts is not taken."""
    if name in never_above:
        return min(weight, 0.0)
    return max(weight, 0.0) if name in never_below else weight


def _logistic(x: float) -> float:
    return 1 / (1 + exp(-max(-35.0, min(35.0, x))))
