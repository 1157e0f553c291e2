"""Calls and outputs in a rebuilt conversation: only those that belong together, and the reasoning that led to them.

Providers refuse a call without output, an output without call, and reasoning that leads to neither. A turn that was
interrupted, or that Codex has not yet written to its end, leaves such behind.
"""

from typing import Any

from router_core.state.items import kind_of


def paired(items: list[Any]) -> list[Any]:
    """The items without calls that have no output, outputs that have no call before them, and what led only there."""
    outputs = {id_: index for index, item in enumerate(items) if (id_ := _call_id(item, output=True))}
    calls = {id_: index for index, item in reversed(list(enumerate(items))) if (id_ := _call_id(item, output=False))}
    whole = {id_ for id_, index in calls.items() if outputs.get(id_, -1) > index}
    kept: list[Any] = []
    dropped = False
    for item in items:
        id_ = _call_id(item, output=True) or _call_id(item, output=False)
        if id_ is None or id_ in whole:
            kept.append(item)
            continue
        dropped = True
    return _without_orphaned_reasoning(kept) if dropped else kept


def _call_id(item: Any, *, output: bool) -> str | None:
    if not kind_of(item).endswith("_output" if output else "_call"):
        return None
    id_ = item.get("call_id")  # calls that the provider ran itself have none, and need no output
    return id_ if isinstance(id_, str) and id_ else None


def _without_orphaned_reasoning(items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    led_to = False  # what follows the item at hand is something that reasoning may lead to
    for item in reversed(items):
        kind = kind_of(item)
        if kind == "reasoning" and not led_to:
            continue
        if kind != "reasoning":
            led_to = kind.endswith("_call") or (kind == "message" and item.get("role") == "assistant")
        kept.append(item)
    return kept[::-1]
