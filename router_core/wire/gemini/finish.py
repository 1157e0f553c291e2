"""`finishReason` ↔ why an answer stopped. Gemini says `STOP` for tool calls, too: their presence decides."""

from router_core.wire.model import StopReason

_REFUSALS = frozenset(
    {
        "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR",
    }
)  # fmt: skip
_MALFORMED = frozenset(
    {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE"}
)
_FINISH: dict[StopReason, str] = {
    "end": "STOP", "tool_use": "STOP", "stop_sequence": "STOP", "pause": "STOP", "max_tokens": "MAX_TOKENS",
    "context_window": "MAX_TOKENS", "refusal": "SAFETY", "malformed_call": "MALFORMED_FUNCTION_CALL",
}  # fmt: skip


def stop_of(finish: str, *, calls: bool) -> StopReason:
    """Why the answer stopped; unknown reasons count as an ordinary end."""
    if finish == "MAX_TOKENS":
        return "max_tokens"
    if finish in _REFUSALS:
        return "refusal"
    if finish in _MALFORMED:
        return "malformed_call"
    return "tool_use" if calls else "end"


def finish_of(stop: StopReason, said: str = "", *, calls: bool = False) -> str:
    """The reason for a Gemini client.

    Args:
        said: Gemini's own word, when the answer is Gemini's: it counts if it means the same.
    """
    if said and stop_of(said, calls=calls) == stop:
        return said
    return _FINISH[stop]
