"""The `usage` object of Chat Completions ↔ Usage.

Services differ from OpenAI in two ways that its numbers show: xAI's `completion_tokens` leave out the reasoning, which
only their total gives away, and DeepSeek counts cache hits beside the details (api-docs.deepseek.com, docs.x.ai; read
2026-11-20).
"""

from typing import Any

from router_core.trace.record import Usage
from router_core.wire.model import JsonObject
from router_core.wire.usage import read_usage


def read_counts(raw: Any, into: Usage) -> None:
    """Take over what the provider's `usage` says; anything else than an object says nothing."""
    if not isinstance(raw, dict):
        return
    read_usage("openai-chat", raw, into)
    hits = _count(raw.get("prompt_cache_hit_tokens"))
    if hits is not None and not isinstance(raw.get("prompt_tokens_details"), dict):
        into.cache_read_tokens = hits
        if into.input_tokens is not None:
            into.input_tokens = max(0, into.input_tokens - hits)
    prompt, completion, total = (_count(raw.get(f"{part}_tokens")) for part in ("prompt", "completion", "total"))
    reasoning = into.reasoning_tokens
    if reasoning and prompt is not None and completion is not None and total == prompt + completion + reasoning:
        into.output_tokens = completion + reasoning


def counts_of(usage: Usage, raw: Any = None) -> JsonObject:
    """The `usage` object of an answer.

    Args:
        raw: the provider's own, when it came from this format: it returns whole as long as it means the same.
    """
    if isinstance(raw, dict):
        again = Usage()
        read_counts(raw, again)
        if again == usage:
            return raw
    written = (usage.cache_write_tokens or 0) + (usage.cache_write_1h_tokens or 0)
    prompt = (usage.input_tokens or 0) + (usage.cache_read_tokens or 0) + written
    completion = usage.output_tokens or 0
    read: JsonObject = {"cached_tokens": usage.cache_read_tokens or 0}
    if written:
        read["cache_write_tokens"] = written
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": read,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
    }


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 2**53 else None
