"""`finish_reason` ↔ why an answer stopped.

What a provider says is believed only where the blocks do not say better: an answer that calls a tool has stopped for
the call, whatever the reason says (many services say `stop`), unless it was cut.
"""

from collections.abc import Iterable
from typing import assert_never

from router_core.wire.model import Block, Refusal, StopReason, ToolCall

FAILED = "error"
"""OpenRouter's reason for an answer that broke off."""

_CUT = frozenset({"length", "max_tokens", "model_length"})  # model_length: Mistral
_FILTERED = frozenset({"content_filter", "sensitive"})  # sensitive: Z.ai


def stop_of(finish: str | None, *, calls: bool, refused: bool) -> StopReason:
    """Why the answer stopped.

    Args:
        calls: it holds a tool call; `refused`: a refusal in words.
    """
    if finish in _CUT:
        return "max_tokens"
    if calls:
        return "tool_use"
    if finish in _FILTERED or refused:
        return "refusal"
    return "end"


def stop_of_blocks(finish: str | None, blocks: Iterable[Block]) -> StopReason:
    """The same, of whole blocks."""
    kinds = {type(block) for block in blocks}
    return stop_of(finish, calls=ToolCall in kinds, refused=Refusal in kinds)


def finish_of(stop: StopReason, *, legacy: bool = False) -> str:
    """The word for a client. `legacy`: it knows `function_call` only."""
    match stop:
        case "end" | "stop_sequence" | "pause" | "malformed_call":
            return "stop"
        case "tool_use":
            return "function_call" if legacy else "tool_calls"
        case "max_tokens" | "context_window":
            return "length"
        case "refusal":
            return "content_filter"
        case _:
            assert_never(stop)
