"""`maxtoken`: no more output tokens are asked for than the provider gives; it refuses the request otherwise."""

from router_core.config.transformers import MaxTokenOptions
from router_core.transform.places import place_of, value_at, with_value
from router_core.transform.transformer import Context, Reason, Transformer
from router_core.wire.model import JsonObject


def request(body: JsonObject, options: MaxTokenOptions, context: Context) -> JsonObject | Reason:
    return capped(body, options.max_tokens, context)


def capped(body: JsonObject, most: int, context: Context) -> JsonObject | Reason:
    """The body with at most so many output tokens; a thinking budget, which Anthropic wants below them, shrinks too."""
    place = place_of("max_tokens", body, context.format)
    asked = value_at(body, place) if place else None
    if place is None or isinstance(asked, bool) or not isinstance(asked, int):
        return "the body holds no limit"
    if asked <= most:
        return f"{asked} is within {most}"
    body = with_value(body, place, most)
    budget = value_at(body, ("thinking", "budget_tokens"))
    if context.format != "anthropic" or not isinstance(budget, int) or budget < most:
        return body
    if most <= _LEAST_BUDGET:
        return with_value(body, ("thinking",), {"type": "disabled"})
    return with_value(body, ("thinking", "budget_tokens"), max(_LEAST_BUDGET, most // 2))


_LEAST_BUDGET = 1024
"""Anthropic refuses less."""

TRANSFORMER = Transformer("maxtoken", request)
