"""Usage → the `usage` object of Chat Completions. How one is read: wire/usage.py."""

from typing import Any

from router_core.trace.record import Usage
from router_core.wire.model import JsonObject
from router_core.wire.openai_chat.reading import NAME
from router_core.wire.usage import read_usage


def counts_of(usage: Usage, raw: Any = None) -> JsonObject:
    """The `usage` object of an answer.

    Args:
        raw: the provider's own, when it came from this format: it returns whole as long as it means the same.
    """
    if isinstance(raw, dict):
        again = Usage()
        read_usage(NAME, raw, again)
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
