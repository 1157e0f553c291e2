"""The rules in force, in the order in which they are asked, as lines to read."""

from collections.abc import Iterator
from dataclasses import dataclass

from router_core.config.routing import SCENARIOS, Scenario, TargetList
from router_core.config.schema import Config
from router_core.routing.rules import described
from tui.messages import LockSeen

WHEN: dict[Scenario, str] = {
    "background": "Claude Code's small model",
    "think": "thinking, or plan mode",
    "long_context": "above {threshold:,} tokens",
    "web_search": "the provider's web search",
    "image": "an image in the new turn",
}

NO_SCENARIO = "default"
"""As the trace calls it: a pattern, `auto`, the default, or the model's provider placed such a request."""


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule."""

    rule: str
    """As the decision calls it."""
    when: str
    target: str
    """"": it depends on the request, or none is set."""
    is_set: bool = True
    scenario: str = ""
    """As the trace calls requests that it placed; "": it cannot be told."""


def rules_of(config: Config, lock: LockSeen) -> list[RuleLine]:
    """Every rule, also those that are not set."""
    return list(_lines(config, lock))


def _lines(config: Config, lock: LockSeen) -> Iterator[RuleLine]:
    routing = config.routing
    yield RuleLine("lock", "all is pinned (key L)", lock.target, bool(lock.target))
    yield RuleLine("explicit target", "written provider/model", "as named")
    yield RuleLine("subagent tag", "a subagent's prompt names one", "as named")
    yield RuleLine("custom function", "it chooses", routing.custom or "", routing.custom is not None)
    for number, rule in enumerate(routing.rules, 1):
        yield RuleLine(f"rule {number}", described(rule), _shown(rule.target))
    if not routing.rules:
        yield RuleLine("rules", "project, client … fit", "", False)
    for name in SCENARIOS:
        when = WHEN[name].format(threshold=routing.long_context_threshold)
        targets = routing.scenario(name)
        yield RuleLine(name, when, _shown(targets), targets is not None, name)
    yield RuleLine("no scenario", "none of these five fits", "what follows decides", scenario=NO_SCENARIO)
    for pattern, targets in routing.models.items():
        yield RuleLine("model pattern", f"the model is {pattern}", _shown(targets))
    if not routing.models:
        yield RuleLine("model pattern", "the model fits a pattern", "", False)
    tiers = ", ".join(f"{tier} {_shown(targets)}" for tier, targets in routing.auto.tiers.items())
    yield RuleLine("auto", "the model is auto", tiers or "the cheapest capable model of each tier")
    yield RuleLine("default", "nothing else fits", _shown(routing.default), routing.default is not None)
    yield RuleLine("model's provider", "it has the model", "that provider")
    yield RuleLine("fallbacks", "no token there can pay", " → ".join(routing.fallbacks), bool(routing.fallbacks))


def _shown(targets: TargetList | None) -> str:
    return "" if targets is None else " → ".join(targets.texts())
