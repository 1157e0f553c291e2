"""Looking at items of a conversation as they are on the wire, where anything may be of any type."""

from typing import Any

from router_core.errors import WireError
from router_core.wire.model import JsonObject

COMPACTIONS = frozenset({"compaction", "compaction_summary", "context_compaction"})
"""Items of a Responses conversation that stand for all that was before them; older names included."""


def dicts(value: Any) -> list[JsonObject]:
    """The objects in what should be a list of objects."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def kind_of(item: Any) -> str:
    """The `type` of an item; "" for what has none, or is none."""
    kind = item.get("type") if isinstance(item, dict) else None
    return kind if isinstance(kind, str) else ""


def user_message(text: str) -> JsonObject:
    """What a user says, as a Responses item."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def input_items(value: Any) -> list[Any]:
    """The `input` of a Responses request as a list of items.

    Raises:
        WireError: it is neither text nor a list.
    """
    if isinstance(value, str):
        return [user_message(value)]
    if not isinstance(value, list):
        raise WireError("`input` must be a list of items or a string.", "input")
    return value
