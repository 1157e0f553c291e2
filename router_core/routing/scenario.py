"""Which scenario a request is: what it needs of a model, or how little of one would do.

What a model must be able to do comes first (search the web, see, hold so much), then what it had better be. The first
scenario that applies and has a target of its own decides.
"""

from collections.abc import Iterator

from router_core.config.routing import RoutingConfig, Scenario
from router_core.routing.facts import Facts

ORDER: tuple[Scenario, ...] = ("web_search", "image", "long_context", "background", "think")
FORGOTTEN = 0.5
"""A measured turn above the threshold counts only while the estimate is above this share of it: a conversation that was
compacted since is short again."""


def applies(scenario: Scenario, facts: Facts, routing: RoutingConfig) -> tuple[bool, str]:
    """Whether a request is such a one, and what says so."""
    match scenario:
        case "web_search":
            return (True, f"the tool {facts.web_search}") if facts.web_search else (False, "no server web search tool")
        case "image":
            return (True, "an image in the new turn") if facts.image else (False, "no image in the new turn")
        case "long_context":
            return _long_context(facts, routing.long_context_threshold)
        case "background":
            return (True, facts.errand) if facts.errand else (False, "no call to Claude Code's small model")
        case "think":
            if facts.plans:
                return True, "plan mode"
            return (True, facts.thinking) if facts.thinking else (False, "no thinking asked for, no plan mode")


def scenarios_of(facts: Facts, routing: RoutingConfig) -> Iterator[Scenario]:
    """All that a request is, the first one first, whether they have targets or not."""
    return (scenario for scenario in ORDER if applies(scenario, facts, routing)[0])


def _long_context(facts: Facts, threshold: int) -> tuple[bool, str]:
    estimate, measured = facts.input_tokens, facts.last_input_tokens or 0
    if facts.continues:  # what came before is not in the body
        estimate += measured
    if estimate > threshold:
        return True, f"about {estimate} > {threshold} input tokens"
    if measured > threshold and estimate > FORGOTTEN * threshold:
        return True, f"{measured} > {threshold} input tokens at the session's last turn"
    return False, f"about {estimate} <= {threshold} input tokens"
