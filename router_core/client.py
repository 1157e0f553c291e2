"""Who is calling and in which conversation, from headers and body."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

_CODEX_ORIGINATOR = re.compile(r"codex", re.I)


def client_name(headers: Mapping[str, str]) -> str:
    """`claude-code`, `codex`, `anthropic-sdk`, `openai-sdk`, else the first word of the user agent.

    Args:
        headers: names in lower case.
    """
    agent = headers.get("user-agent", "")
    lower = agent.lower()
    if lower.startswith(("claude-cli/", "claude-code/")):
        return "claude-code"
    if _CODEX_ORIGINATOR.search(headers.get("originator", "")) or lower.startswith("codex"):
        return "codex"
    if lower.startswith(("anthropic/", "asyncanthropic/")):
        return "anthropic-sdk"
    if lower.startswith(("openai/", "asyncopenai/")):
        return "openai-sdk"
    return agent.split("/", 1)[0].split(" ", 1)[0][:40]


def session_key(headers: Mapping[str, str], body: Any) -> str:
    """What the requests of one conversation have in common; "" when the client says nothing.

    The ladder: the client's session header, `prompt_cache_key`, `metadata.user_id`'s session.
    """
    for name in ("x-claude-code-session-id", "session-id", "session_id", "thread-id", "conversation_id"):
        if value := headers.get(name):
            return value[:128]
    if not isinstance(body, dict):
        return ""
    if isinstance(key := body.get("prompt_cache_key"), str) and key:
        return key[:128]
    metadata = body.get("metadata")
    user = metadata.get("user_id") if isinstance(metadata, dict) else None
    return _session_of_user(user)[:128] if isinstance(user, str) else ""


def _session_of_user(user_id: str) -> str:
    """`user_…_session_<uuid>`, or newer: a JSON text with `session_id`."""
    if user_id.startswith("{"):
        try:
            return str(orjson.loads(user_id).get("session_id") or "")
        except orjson.JSONDecodeError:
            return ""
    return user_id.rpartition("_session_")[2] if "_session_" in user_id else ""
