"""How much a client may put into a conversation, when its requests go where the rules send them.

A client reckons with the window of the model that it asks for. Where another model answers, it would compact far too
early, or too late and get an error; so it is told the window of the model that will answer the long requests.
"""

from collections.abc import Callable

from router_core.config.schema import Config
from router_core.errors import RouterError
from router_core.models.known import is_same_model, model_info
from router_core.routing.decide import decide
from router_core.routing.facts import facts_of_name
from router_core.routing.lock import Lock
from router_core.routing.names import Serves
from router_core.routing.target import RouteTarget, parse_target

BEFORE_SCENARIOS = frozenset({"lock", "explicit target", "subagent tag", "custom function", "rules"})
"""Rules that decide before anybody asks how long a request is."""

type LimitOf = Callable[[RouteTarget], int | None]


def known_limit(target: RouteTarget) -> int | None:
    """Most input tokens of a target's model, by what we know of it; None when nobody knows."""
    info = model_info(target.model, target.provider)
    return info.input_limit if info.known else None


def client_window(
    model: str,
    config: Config,
    lock: Lock | None,
    user_agent: str,
    *,
    vendor: str,
    has_token: Callable[[str], bool],
    serves: Serves,
    limit_of: LimitOf = known_limit,
) -> int | None:
    """Most input tokens of the model that answers a client's long requests for `model`.

    Args:
        vendor: the client's own, whose models it knows by their plain names.

    Returns:
        None: the model that was asked for answers itself, and the client knows it; or nothing is known of the one
        that does. What the owner's own function would say is not asked.
    """
    routing, facts = config.routing, facts_of_name(model, {"user-agent": user_agent})
    try:
        route = decide(facts, config, has_token=has_token, serves=serves, lock=lock)
    except RouterError:
        return None
    target = route.targets[0]
    if routing.long_context is not None and route.tried[-1][0] not in BEFORE_SCENARIOS:
        long = parse_target(routing.long_context.primary, config)
        target = long or target  # from the threshold on it answers: its window is the one that fills up
    is_known = "/" not in model and model_info(model).vendor == vendor
    is_own = target.model == model or is_same_model(target.model, model)
    return None if is_known and is_own else limit_of(target)
