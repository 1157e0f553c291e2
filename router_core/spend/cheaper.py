"""Where a request may go when a budget has no room for its target: what costs less and can answer."""

from collections.abc import Callable

from router_core.config.schema import Config
from router_core.routing.auto.candidates import candidates_of
from router_core.routing.auto.need import Need
from router_core.routing.target import RouteTarget
from router_core.spend.cost import estimate_cost
from router_core.wire.model import Media, Request, ToolResult

MOST = 8
"""Targets that are tried after those of the route."""


def cheaper_targets(
    than: RouteTarget,
    config: Config,
    *,
    has_token: Callable[[str], bool],
    serves: Callable[[str, str], bool],
    request: Request | None,
    input_tokens: int,
    now: float,
) -> list[RouteTarget]:
    """Targets known to cost less, cheapest first. Nothing when the present price is not known: nobody can say what is
    less.

    Args:
        has_token: provider name → some token is registered there.
        serves: (provider name, model) → it may be asked for that model.
        request: what it must be able to take (tools, images); None: nothing is known of it.
        input_tokens: of the prompt.
    """
    output = 1_000  # only the order matters

    def cost(target: RouteTarget) -> int | None:
        return estimate_cost(target.model, input_tokens, output, now, config.prices, provider=target.provider)

    present = cost(than)
    if present is None:
        return []
    need = Need(input_tokens, output, *_needs(request))
    found: list[tuple[int, RouteTarget]] = []
    for each in candidates_of(config, has_token=has_token, serves=serves, input_tokens=input_tokens):
        price = cost(each.target)
        if price is not None and price < present and not need.lacking(each.info):
            found.append((price, each.target))
    found.sort(key=lambda pair: pair[0])
    return [target for _, target in found[:MOST]]


def _needs(request: Request | None) -> tuple[bool, bool]:
    """(tools, images)"""
    if request is None:
        return False, False
    blocks = [block for message in request.messages for block in message.blocks]
    images = any(isinstance(block, Media) and block.kind == "image" for block in blocks)
    images = images or any(
        isinstance(inner, Media) and inner.kind == "image"
        for block in blocks
        if isinstance(block, ToolResult)
        for inner in block.content
    )
    return bool(request.tools), images
