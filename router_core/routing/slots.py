"""The places of the configuration that hold a target, by the names that people type: `default`, `think`, `SIMPLE`,
a pattern of model names."""

from collections.abc import Iterator
from typing import Any, get_args

from router_core.config.routing import SCENARIOS, RoutingConfig, TargetList
from router_core.routing.auto.tier import Tier

TIERS: tuple[Tier, ...] = get_args(Tier)
NAMED: tuple[str, ...] = ("default", *SCENARIOS, *TIERS)


def slot_meant(typed: str) -> tuple[str, str]:
    """The slot that a person means (`longContext` and `long-context`, too), and the name that was perhaps meant where
    it is none: a pattern of model names that looks like a mistyped name, for one."""
    folded = {_folded(name): name for name in NAMED}
    if (name := folded.get(_folded(typed))) is not None:
        return name, ""
    if any(char in "*?[/" or char.isdigit() for char in typed):
        return typed, ""
    from difflib import get_close_matches  # here: names are seldom mistyped

    close = get_close_matches(_folded(typed), folded, n=1, cutoff=0.75)
    return typed, folded[close[0]] if close else ""


def _folded(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def keys_of(slot: str) -> tuple[str, ...]:
    """Where a slot stands in config.toml. What is none of the names is a pattern of model names."""
    if slot in TIERS:
        return ("routing", "auto", "tiers", slot)
    if slot in NAMED:
        return ("routing", slot)
    return ("routing", "models", slot)


def value_of(primary: str, fallback: tuple[str, ...] | None) -> Any:
    """As config.toml has it: a text, or a table where it has fallbacks of its own."""
    return primary if fallback is None else {"primary": primary, "fallback": list(fallback)}


def slots_of(routing: RoutingConfig) -> Iterator[tuple[str, TargetList | None]]:
    """Every slot with what is in it, named ones first; patterns only where there are any."""
    yield "default", routing.default
    for scenario in SCENARIOS:
        yield scenario, routing.scenario(scenario)
    for tier in TIERS:
        yield tier, routing.auto.tiers.get(tier)
    yield from routing.models.items()
