"""How much of a model a prompt needs, in four steps."""

from typing import Literal

Tier = Literal["SIMPLE", "MEDIUM", "COMPLEX", "REASONING"]

TIERS: tuple[Tier, ...] = ("SIMPLE", "MEDIUM", "COMPLEX", "REASONING")
"""Weakest first."""


_RANKS: dict[Tier, int] = {tier: place for place, tier in enumerate(TIERS)}


def rank(tier: Tier) -> int:
    """0 for the weakest."""
    return _RANKS[tier]


def shifted(tier: Tier, by: int) -> Tier:
    """So many tiers up, or down where negative; never beyond the ends."""
    return TIERS[min(max(rank(tier) + by, 0), len(TIERS) - 1)]
