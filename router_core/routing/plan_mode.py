"""Is the client planning? Claude Code's plan mode, and Codex's.

Claude Code 2.1 (watched on the wire, 2026-11) says it in two ways: `safeguards[0].classifier_context.permission_mode`
holds the mode of this very moment, but the field is not always there; and when the mode begins or ends, a reminder is
put into the conversation ("Plan mode is active …", "## Exited Plan Mode …"), where it stays: the last one counts.
Codex 0.169 writes its collaboration mode into developer messages, of which the last one counts, too.
"""

from collections.abc import Sequence
from typing import Any

from router_core.routing.conversation import texts_of
from router_core.wire.model import JsonObject

_BEGINS = ("Plan mode is active", "Plan mode still active")
_ENDS = ("Exited Plan Mode", "You have exited plan mode")
_CODEX_MODE = "<collaboration_mode>"
_CODEX_PLANS = "# Plan Mode"


def plans(body: JsonObject, client: str, items: Sequence[Any], reminders: Sequence[str]) -> bool:
    """True in plan mode.

    Args:
        client: its name; others than the two have no such mode.
        items: the whole conversation.
        reminders: Claude Code's in it.
    """
    match client:
        case "claude-code":
            mode = _permission_mode(body)
            return mode == "plan" if mode else _claude_code_plans(reminders)
        case "codex":
            return _codex_plans(items)
        case _:
            return False


def _permission_mode(body: JsonObject) -> str:
    safeguards = body.get("safeguards")
    for each in safeguards if isinstance(safeguards, list) else ():
        context = each.get("classifier_context") if isinstance(each, dict) else None
        if isinstance(context, dict) and isinstance(mode := context.get("permission_mode"), str):
            return mode
    return ""


def _claude_code_plans(reminders: Sequence[str]) -> bool:
    for text in reversed(reminders):
        begins, ends = (max(map(text.rfind, words)) for words in (_BEGINS, _ENDS))
        if begins >= 0 or ends >= 0:
            return begins > ends
    return False


def _codex_plans(items: Sequence[Any]) -> bool:
    for item in reversed(items):
        if isinstance(item, dict) and item.get("role") == "developer":
            for text in reversed(texts_of(item)):
                if _CODEX_MODE in text:
                    return _CODEX_PLANS in text
    return False
