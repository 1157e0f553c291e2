"""Where a request may go when a budget has no room for its target: what is known here of targets, for
spend/cheaper.py."""

from addons.flowstate import FlowState
from addons.runtime import Runtime
from addons.target_lists import why_not_allowed
from router_core.routing.target import RouteTarget
from router_core.spend.cheaper import cheaper_targets


def cheaper_for(runtime: Runtime, state: FlowState, input_tokens: int) -> list[RouteTarget]:
    """Targets that cost less than the present one and can answer, cheapest first.

    Args:
        input_tokens: of the prompt, as estimated.
    """
    found = cheaper_targets(
        RouteTarget(state.provider_name, state.record.model),
        state.config,
        has_token=lambda name: bool(runtime.pool.of(name)),
        serves=lambda name, model: runtime.models.offers(name, model) is not False,
        request=state.asked.neutral if state.asked is not None else None,
        input_tokens=input_tokens,
        now=runtime.clock.now(),
    )
    if (lock := runtime.lock.read()) is not None:  # who pins wants nothing else
        found = [target for target in found if target.provider == lock.provider and not lock.model]
    config, client_key = state.config, state.record.client_key
    return [target for target in found if not why_not_allowed(runtime, config, client_key, target)]
