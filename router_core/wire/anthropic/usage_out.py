"""Usage in Anthropic's spelling. `input_tokens` excludes what was read from the cache or written to it."""

from typing import Any

from router_core.trace.record import Usage
from router_core.wire.anthropic.reading import own
from router_core.wire.model import Extras, JsonObject

KNOWN = frozenset(
    {
        "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation",
        "output_tokens_details", "service_tier",
    }
)  # fmt: skip
_TIERS = {"standard": "standard", "default": "standard", "priority": "priority", "batch": "batch"}


def unknown_usage(usage: Any) -> JsonObject:
    """The part of a usage object that has no place in ours: searches, region, iterations."""
    if not isinstance(usage, dict):
        return {}
    return {key: value for key, value in usage.items() if key not in KNOWN and value is not None}


def encode_usage(
    usage: Usage, extras: Extras, *, estimate: int, service_tier: str | None = None, whole: bool = True
) -> JsonObject:
    """Args:
    estimate: of input tokens, where the provider has not told them. Never 0: Claude Code's gauge of the context
        window and its compaction go by this number.
    whole: for a message; else for the smaller object in `message_delta`.
    """
    short, long = usage.cache_write_tokens or 0, usage.cache_write_1h_tokens or 0
    out: JsonObject = {
        "input_tokens": max(1, estimate) if usage.input_tokens is None else usage.input_tokens,
        "cache_creation_input_tokens": short + long,
        "cache_read_input_tokens": usage.cache_read_tokens or 0,
        "output_tokens": usage.output_tokens or 0,
    }
    if whole:
        out["cache_creation"] = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}
        if service_tier in _TIERS:
            out["service_tier"] = _TIERS[service_tier]
    if usage.reasoning_tokens is not None:
        out["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    more = own(extras).get("usage")
    if isinstance(more, dict):
        out.update(more)
    return out
