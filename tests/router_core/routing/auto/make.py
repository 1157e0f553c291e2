"""Candidates and classifications for tests, made up."""

from router_core.models.info import ModelInfo
from router_core.routing.auto.choose import Candidate
from router_core.routing.auto.classify import Classified
from router_core.routing.auto.tier import TIERS, Tier
from router_core.routing.target import RouteTarget, split_target
from router_core.spend.prices import Price


def target(text: str) -> RouteTarget:
    found = split_target(text)
    assert found is not None
    return found


def price(usd: float, *, output: float | None = None) -> Price:
    """USD per million; reading the cache at a tenth, writing it at five quarters."""
    nano = round(usd * 1e9)
    return Price(nano, round((output or usd * 5) * 1e9), nano // 10, nano * 5 // 4, nano * 2)


def candidate(
    text: str,
    tier: Tier,
    usd: float | None,
    *,
    window: int = 200_000,
    images: bool = True,
    tools: bool = True,
    known: bool = True,
) -> Candidate:
    at = target(text)
    info = ModelInfo(
        at.model,
        at.provider,
        at.model,
        context_window=window,
        input_modalities=("text", "image") if images else ("text",),
        tools=tools,
        basis="exact" if known else "none",
    )
    return Candidate(at, info, tier, None if usd is None else price(usd))


def classified(tier: Tier, chance: float = 0.9) -> Classified:
    """A prompt of this tier; the rest of the chance is spread over the others."""
    chances: dict[Tier, float] = dict.fromkeys(TIERS, (1 - chance) / 3)
    chances[tier] = chance
    return Classified(tier, tier, chance, chances, (), f"{chance:.0%}")
