"""One request for `auto…` placed: classified, held to its session's tier, given a model."""

from collections.abc import Sequence

from msgspec import Struct

from router_core.config.routing import AutoConfig
from router_core.routing.auto.choose import Candidate, Choice, TierTargets, choose_target
from router_core.routing.auto.classify import Classified, classify
from router_core.routing.auto.names import AutoRequest
from router_core.routing.auto.need import Need
from router_core.routing.auto.prompt import Prompt
from router_core.routing.auto.sticky import CACHE_S, TierMemory, keep_or_move
from router_core.routing.auto.tier import TIERS, Tier
from router_core.routing.target import RouteTarget, provider_meant, split_target
from router_core.spend.prices import Price


class Placed(Struct, frozen=True):
    """Who answers, and every reason for it."""

    tier: Tier
    classified: Classified
    choice: Choice
    because: str
    """Of the tier and of the model, for the trace."""


def place(
    asked: AutoRequest,
    prompt: Prompt,
    auto: AutoConfig,
    *,
    candidates: Sequence[Candidate],
    memory: TierMemory | None = None,
    session: str = "",
    now: float = 0.0,
    cached_tokens: int = 0,
    cache_s: float = CACHE_S,
) -> Placed:
    """Place one request.

    Args:
        auto: the `[routing.auto]` tables.
        candidates: every model that may be asked (`candidates_of`).
        memory: of the sessions; it remembers what came out. None for a dry run, or where there are none.
        session: the request's session key; "" when it belongs to none.
        now: epoch seconds.
        cached_tokens: of this session, at the provider that answered last; 0 where that is not known.
        cache_s: how long such a cache lives.
    """
    tiers = targets_of(auto, candidates)
    classified = classify(prompt, ambiguous=auto.ambiguous, confidence=auto.confidence)
    if asked.fixed is not None:
        tier, because = asked.fixed, f"{asked.name} asks for {asked.fixed}"
    else:
        previous = memory.find(session, now) if memory is not None else None
        kept = keep_or_move(
            previous,
            classified,
            now=now,
            continues=prompt.continues,
            cached_tokens=cached_tokens,
            cache_s=cache_s,
            lower_turns=auto.sticky_turns,
            prices=_prices(asked, prompt, tiers, candidates) if previous is not None and cached_tokens else None,
        )
        if memory is not None:
            memory.remember(session, kept.sticky)
        tier, because = asked.applied(kept.tier), kept.because
        if asked.shift:
            because = f"{asked.name} asks for {tier}: {because}"
    choice = choose_target(tier, Need.of(prompt, tier), tiers=tiers, candidates=candidates)
    return Placed(tier, classified, choice, f"auto: {because}; {choice.because}")


def targets_of(auto: AutoConfig, candidates: Sequence[Candidate]) -> TierTargets:
    """The configured targets of each tier, each by the name that its provider has among the candidates."""
    providers = {candidate.target.provider for candidate in candidates}
    return {
        tier: tuple(
            RouteTarget(provider_meant(target.provider, providers) or target.provider, target.model)
            for target in map(split_target, targets.texts())
            if target is not None
        )
        for tier, targets in auto.tiers.items()
    }


def _prices(
    asked: AutoRequest, prompt: Prompt, tiers: TierTargets, candidates: Sequence[Candidate]
) -> dict[Tier, Price | None]:
    """What the models cost that would answer for each tier."""
    prices = {candidate.target: candidate.price for candidate in candidates}
    chosen = {
        tier: choose_target(asked.applied(tier), Need.of(prompt, tier), tiers=tiers, candidates=candidates).target
        for tier in TIERS
    }
    return {tier: prices.get(target) if target is not None else None for tier, target in chosen.items()}
