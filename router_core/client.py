"""Who is calling and in which conversation, from headers and body."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from router_core.session import key_of_beginning
from router_core.tokens.affinity import Asker

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


SESSION_HEADERS = (
    "x-claude-code-session-id", "session-id", "session_id", "x-session-id", "thread-id", "conversation_id",
    "x-grok-conv-id",
)  # fmt: skip


def session_key(headers: Mapping[str, str], body: Any) -> str:
    """What the requests of one conversation have in common; "" when the client says nothing (session.py finds one
    then).

    The ladder: the client's session header, `prompt_cache_key`, the id of a conversation or thread, the session in
    `metadata.user_id`.
    """
    for name in SESSION_HEADERS:
        if value := headers.get(name):
            return value[:128]
    if not isinstance(body, dict):
        return ""
    if isinstance(key := body.get("prompt_cache_key"), str) and key:
        return key[:128]
    conversation = body.get("conversation")  # Responses: the id, or an object that holds it
    named = conversation.get("id") if isinstance(conversation, dict) else conversation
    for value in (named, body.get("session_id"), body.get("thread_id")):
        if isinstance(value, str) and value:
            return value[:128]
    metadata = body.get("metadata")
    user = metadata.get("user_id") if isinstance(metadata, dict) else None
    return _session_of_user(user)[:128] if isinstance(user, str) else ""


AGENT_HEADER = "x-claude-code-agent-id"


def thread_of(headers: Mapping[str, str], session: str) -> str:
    """Which line of work within a session; "" for the main one. A subagent shares the session's token, but has a
    prompt of its own and so another cached prefix.

    Args:
        session: the session's key, which Codex repeats as the thread of its main line.
    """
    found = headers.get(AGENT_HEADER) or headers.get("thread-id") or ""
    return "" if found == session else found[:64]


def asker_of(headers: Mapping[str, str], session: str, body: bytes | None, owner: str) -> Asker:
    """For whom a token is chosen.

    Args:
        session: what the client says of itself; "" makes the body's beginning tell.
        body: decompressed JSON.
        owner: id of the request.
    """
    key = session or (key_of_beginning(body) if body else "")
    return Asker(key, thread_of(headers, session), owner)


def _session_of_user(user_id: str) -> str:
    """`user_…_session_<uuid>`, or newer: a JSON text with `session_id`."""
    if user_id.startswith("{"):
        try:
            return str(orjson.loads(user_id).get("session_id") or "")
        except orjson.JSONDecodeError:
            return ""
    return user_id.rpartition("_session_")[2] if "_session_" in user_id else ""
