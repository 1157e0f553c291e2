"""`route`: tier, model, cost and savings of one prompt, in any program. No router runs, nobody is asked.

What it knows of models and prices is in the package; both can be given instead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from router_core.errors import ConfigError
from router_core.routing.auto.candidates import candidate
from router_core.routing.auto.capability import capable_of
from router_core.routing.auto.choose import Candidate, TierTargets, choose_target
from router_core.routing.auto.classify import AMBIGUOUS, SURE, Signal, classify
from router_core.routing.auto.names import auto_of
from router_core.routing.auto.need import Need
from router_core.routing.auto.prompt import Prompt
from router_core.routing.auto.tier import TIERS, Tier, rank
from router_core.routing.target import RouteTarget, split_target
from router_core.spend.prices import Price

DEFAULT_PROVIDERS = {"claude": "anthropic", "openai": "openai", "gemini": "google"}
"""Provider → the vendor whose models it has, where the caller names no models."""
_NANO = 1_000_000_000

type TierSetting = str | Mapping[str, Any]
type PriceSetting = Price | tuple[float, float] | Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Decision:
    """Which model should answer, and why."""

    target: RouteTarget
    """`str(target)` is `provider/model`."""
    tier: Tier
    confidence: float
    """0…1: the chance that the likeliest tier is the right one."""
    signals: tuple[Signal, ...]
    """What counted, most first."""
    because: str
    fallbacks: tuple[RouteTarget, ...]
    """To be tried in this order when the target fails."""
    cost_estimate: int | None
    """Nano-USD for this prompt and an answer of the tier's usual length; None where the price is not known."""
    baseline: RouteTarget | None
    """The strongest model that could have answered; the savings are against it."""
    baseline_cost: int | None
    """Nano-USD of the same there."""

    @property
    def cost_estimate_usd(self) -> Decimal | None:
        return None if self.cost_estimate is None else Decimal(self.cost_estimate) / _NANO

    @property
    def savings(self) -> float | None:
        """Share of the baseline's cost that is not spent; below 0 where the target is dearer. None: not known."""
        if self.cost_estimate is None or not self.baseline_cost:
            return None
        return 1 - self.cost_estimate / self.baseline_cost


def route(
    prompt: str | Prompt,
    system: str | None = None,
    max_output_tokens: int | None = None,
    *,
    model: str = "auto",
    tiers: Mapping[str, TierSetting] | None = None,
    models: Iterable[str] | None = None,
    prices: Mapping[str, PriceSetting] | None = None,
    ambiguous: Tier = AMBIGUOUS,
    confidence: float = SURE,
) -> Decision:
    """Decide which model should answer a prompt.

    Args:
        prompt: what the user wrote, or a `Prompt`, which also knows of tools, images and the conversation's length.
        system: the program's instructions; they count for the size only.
        max_output_tokens: that the answer may have.
        model: `auto`, or a name with an ending (`auto-cheap`, `auto-best`, `auto-reasoning` …).
        tiers: tier → `"provider/model"` or `{"primary": "provider/model", "fallback": [...]}`. A tier that is left out
            gets the cheapest capable one of `models`.
        models: `provider/model` of every model that may be asked; left out: those of `tiers`, or, without any, the
            models of Anthropic, OpenAI and Google that this package knows.
        prices: `provider/model` or model → USD per million tokens of input and output, `(3, 15)` or
            `{"input": 3, "output": 15}`; for others the published ones count.
        ambiguous: the tier of a prompt of which the classifier is not sure.
        confidence: below this it is not.

    Raises:
        ConfigError: a name in `tiers` or `models` is none, or nothing that was given can answer.

    >>> from router_core.routing import route
    >>> decision = route("Prove that sqrt(2) is irrational", max_output_tokens=4096)
    >>> decision.tier
    'REASONING'
    >>> decision.cost_estimate_usd < 1 and decision.savings >= 0
    True
    >>> tiers = {"SIMPLE": "claude/claude-haiku-5-5", "REASONING": {"primary": "openai/gpt-6.2-sol"}}
    >>> str(route("hi", tiers=tiers).target)
    'claude/claude-haiku-5-5'
    >>> str(route("hi", model="auto-reasoning", tiers=tiers, prices={"gpt-6.2-sol": (2, 10)}).target)
    'openai/gpt-6.2-sol'
    """
    asked = auto_of(model)
    if asked is None:
        raise ConfigError(f"{model!r} is not `auto` or `auto-…`: there is nothing to decide.")
    whole = prompt if isinstance(prompt, Prompt) else Prompt(prompt, system or "", max_output_tokens=max_output_tokens)
    own = _tiers(tiers or {})
    candidates = _candidates(models, own, prices or {})
    classified = classify(whole, ambiguous=ambiguous, confidence=confidence)
    tier = asked.applied(classified.tier)
    need = Need.of(whole, tier)
    choice = choose_target(tier, need, tiers=own, candidates=candidates)
    if choice.target is None:
        raise ConfigError(f"Nobody can answer: {choice.because}.")
    cost = _cost(choice.target, need, candidates)
    strongest = _strongest(need, candidates)
    return Decision(
        choice.target,
        tier,
        classified.confidence,
        classified.signals,
        f"{_why(asked.fixed, asked.shift, model, classified.tier)}{classified.because}; {choice.because}",
        choice.fallbacks,
        cost,
        strongest,
        _cost(strongest, need, candidates) if strongest is not None else None,
    )


def _why(fixed: Tier | None, shift: int, model: str, tier: Tier) -> str:
    if fixed is not None:
        return f"{model} asks for {fixed}; "
    return f"{model}, {shift:+d} from {tier}, " if shift else f"{tier}, "


def _tiers(tiers: Mapping[str, TierSetting]) -> TierTargets:
    """The caller's, checked."""
    named = {name.upper(): setting for name, setting in tiers.items()}
    if wrong := sorted(named.keys() - set(TIERS)):
        raise ConfigError(f"{wrong[0]!r} is no tier: write {', '.join(TIERS)}.")
    return {tier: tuple(map(_target, _texts(named[tier]))) for tier in TIERS if tier in named}


def _texts(setting: TierSetting) -> tuple[str, ...]:
    if isinstance(setting, str):
        return (setting,)
    if "primary" not in setting:
        raise ConfigError('A tier is "provider/model", or a table with `primary` and perhaps `fallback`.')
    return (setting["primary"], *setting.get("fallback", ()))


def _target(text: str) -> RouteTarget:
    target = split_target(text)
    if target is None:
        raise ConfigError(f"{text!r} is no target: write provider/model.")
    return target


def _candidates(models: Iterable[str] | None, own: TierTargets, prices: Mapping[str, PriceSetting]) -> list[Candidate]:
    targets = [target for each in own.values() for target in each]
    if models is not None:
        targets += map(_target, models)
    elif not own:
        from router_core.models.known import known_models  # reads the whole catalogue

        targets = [
            RouteTarget(provider, info.id)
            for provider, vendor in DEFAULT_PROVIDERS.items()
            for info in known_models(vendor=vendor)
        ]
    return [_candidate(target, prices) for target in dict.fromkeys(targets)]


def _candidate(target: RouteTarget, prices: Mapping[str, PriceSetting]) -> Candidate:
    found = candidate(target)
    said = prices.get(str(target), prices.get(target.model))
    return found if said is None else Candidate(target, found.info, capable_of(target.model), _price(said))


def _price(said: PriceSetting) -> Price:
    if isinstance(said, Price):
        return said
    usd = (said["input"], said["output"]) if isinstance(said, Mapping) else said
    into, out = (round(Decimal(str(each)) * _NANO) for each in usd)
    return Price(into, out, into, into, into)


def _strongest(need: Need, candidates: Iterable[Candidate]) -> RouteTarget | None:
    """Of the models that could have answered: of the highest tier, the dearest."""
    able = [each for each in candidates if each.price is not None and not need.lacking(each.info)]
    best = max(able, key=lambda each: (rank(each.tier), need.cost(each.price) if each.price else 0), default=None)
    return None if best is None else best.target


def _cost(target: RouteTarget, need: Need, candidates: Iterable[Candidate]) -> int | None:
    price = next((each.price for each in candidates if each.target == target), None)
    return None if price is None else need.cost(price)
