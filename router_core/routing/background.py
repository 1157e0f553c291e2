"""Is a request one of Claude Code's small errands, which any small model can do?

Two signs: the model is of the haiku kind, which Claude Code takes for them unless told otherwise; or it is a call
without tools and without thinking, as the titles of conversations, the verdicts of prompt hooks and the summaries of
fetched pages are. The second one holds whatever `ANTHROPIC_SMALL_FAST_MODEL` or `ANTHROPIC_DEFAULT_HAIKU_MODEL` say:
requests of the conversation itself always have both (watched on the wire, Claude Code 2.1, 2026-11). A search of the
web is no errand (web_search.py).
"""

from typing import Any

from router_core.wire.model import JsonObject


def is_errand(model: str, client: str, body: JsonObject) -> str:
    """Which sign says so; "" for anything else.

    Args:
        model: that was asked for.
    """
    if client != "claude-code":
        return ""
    if "haiku" in model.lower():
        return f"Claude Code's small model {model}"
    if _is_empty(body.get("tools")) and _thinks_not(body.get("thinking")) and "messages" in body:
        return "a call of Claude Code without tools and thinking"
    return ""


def _is_empty(tools: Any) -> bool:
    return tools is None or tools == []


def _thinks_not(thinking: Any) -> bool:
    return not isinstance(thinking, dict) or thinking.get("type") == "disabled"
