"""The model for a tier: as configured, else the cheapest one that is good enough and can take the request.

Configured targets are tried as written; one that cannot answer (no token, no images, too small a window) is passed
over. When a tier's own targets are all passed over, stronger tiers' are tried and then weaker ones': an answer from a
weaker model is better than none, and it is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from operator import itemgetter

from msgspec import Struct

from router_core.models.info import ModelInfo
from router_core.routing.auto.need import Need
from router_core.routing.auto.tier import TIERS, Tier, rank
from router_core.routing.target import RouteTarget
from router_core.spend.prices import Price

FALLBACKS = 3
"""Targets behind a chosen one, where none are configured."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may be asked: its provider has a token."""

    target: RouteTarget
    info: ModelInfo
    tier: Tier
    """The highest one it is good enough for."""
    price: Price | None
    """None: nobody knows; taken last."""


class Choice(Struct, frozen=True):
    """Who answers. `target` is None when nobody can."""

    target: RouteTarget | None
    fallbacks: tuple[RouteTarget, ...]
    because: str
    passed_over: tuple[tuple[RouteTarget, str], ...] = ()
    """Targets that would have come before, and what they lack."""
    configured: bool = False
    """The target is one that the owner wrote for this tier."""


MOST_NAMED = 6
"""Of the models that cannot answer, when nobody can."""

type TierTargets = Mapping[Tier, Sequence[RouteTarget]]
"""Tier → its targets, the first one first; tiers may be missing."""


def choose_target(tier: Tier, need: Need, *, tiers: TierTargets, candidates: Sequence[Candidate]) -> Choice:
    """Choose who answers.

    Args:
        need: what the request needs.
        tiers: configured targets. What is said of a model is taken from its candidate; a target that is no candidate
            has no token, or is at a provider that does not exist.
        candidates: every model that may be asked, in the owner's order of providers.
    """
    known = {each.target: each for each in candidates} if tiers else {}
    passed: list[tuple[RouteTarget, str]] = []
    for each in _order(tier):
        own = tiers.get(each)
        if own is not None:
            found = [target for target in own if _can(target, known, need, passed)]
            how = f"[routing.auto.tiers] {each} = {found[0]}" if found else ""
        elif each == tier or not tiers:
            able = _cheapest(each, need, candidates, passed)
            found = [candidate.target for candidate in able]
            how = _cheapest_is(able[0], need) if able else ""
        else:
            continue
        if found:
            return Choice(
                found[0],
                tuple(found[1:]),
                how if each == tier else f"nothing configured for {tier} can answer; {how}",
                tuple(dict.fromkeys(passed)),
                own is not None and each == tier,
            )
    return Choice(None, (), f"no model for {tier}: {_lacks(passed, need, candidates)}", tuple(dict.fromkeys(passed)))


def _lacks(passed: Sequence[tuple[RouteTarget, str]], need: Need, candidates: Sequence[Candidate]) -> str:
    """Why nobody can answer."""
    longest = max((each.info.input_limit for each in candidates), default=0)
    if candidates and all(each.info.known for each in candidates) and need.input_tokens > longest:
        return f"prompt is too long: {need.input_tokens} tokens > {longest} maximum"  # words that clients look for
    each = [f"{target}: {why}" for target, why in dict.fromkeys(passed)]
    more = [f"and {len(each) - MOST_NAMED} more"] if len(each) > MOST_NAMED else []
    return "; ".join([*each[:MOST_NAMED], *more]) or (
        "no model is known of any provider that has a token. Name some in [providers.NAME] models or "
        "[routing.auto.tiers]"
    )


def _order(tier: Tier) -> list[Tier]:
    """The tier itself, stronger ones, then weaker ones, nearest first."""
    return [*TIERS[rank(tier) :], *reversed(TIERS[: rank(tier)])]


def _can(
    target: RouteTarget, known: Mapping[RouteTarget, Candidate], need: Need, passed: list[tuple[RouteTarget, str]]
) -> bool:
    candidate = known.get(target)
    why = f"{target.provider} has no token" if candidate is None else need.lacking(candidate.info)
    if why:
        passed.append((target, why))
    return not why


def _cheapest(
    tier: Tier, need: Need, candidates: Sequence[Candidate], passed: list[tuple[RouteTarget, str]]
) -> list[Candidate]:
    """Good enough for the tier, cheapest first; fallbacks are of other providers where there are any."""
    least = rank(tier)
    able: list[tuple[float, Candidate]] = []
    for candidate in candidates:
        if rank(candidate.tier) < least:
            continue
        if why := need.lacking(candidate.info):
            passed.append((candidate.target, why))
        else:
            able.append((inf if candidate.price is None else need.cost(candidate.price), candidate))
    if not able:
        return []
    able.sort(key=itemgetter(0))
    first, *others = [candidate for _, candidate in able]
    provider = first.target.provider
    elsewhere = [each for each in others if each.target.provider != provider]
    return [first, *[*elsewhere, *[each for each in others if each.target.provider == provider]][:FALLBACKS]]


def _cheapest_is(candidate: Candidate, need: Need) -> str:
    price = candidate.price
    cost = "price unknown" if price is None else f"{need.cost(price) / 1e9:.4f} USD"
    return f"the cheapest capable model is {candidate.target}, {cost}"
