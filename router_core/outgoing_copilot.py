"""How requests are put to GitHub Copilot: at which of its three APIs a model answers, and in which form.

Its model list says the APIs (`supported_endpoints`); a model asked at another one is refused with 400
`unsupported_api_for_model`. Where the list says nothing, the model's name is gone by, and such a refusal is believed.

Chat answers of Copilot are not quite Chat's own (one answer in two choices, chunks without `object`), so they are read
and written anew for a client of that format, too. Instructions have been answered with 400 or 500 in forms that the
vendors themselves take: behind the conversation's beginning, or, in Anthropic's format, with Claude Code's attribution
line among them ("a reserved keyword"). They go as one text at the beginning, without that line. (Reports of users and
maintainers, read 2026-11.)
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from router_core.errors import WireError
from router_core.models.info import Endpoint
from router_core.models.known import model_info
from router_core.providers.copilot import copilot_headers
from router_core.wire.codec import codec
from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject
from router_core.wire.system_text import BILLING_HEADER

UNSUPPORTED_API = "unsupported_api_for_model"

_BEST_FIRST: tuple[FormatName, ...] = ("openai-responses", "anthropic", "openai-chat")


def copilot_format(client: FormatName, model: str, offered: Sequence[Endpoint]) -> FormatName:
    """The API at which a model is asked: the client's own if the model answers there, else the one that carries most.

    Args:
        offered: by the provider's list, or as a refusal has taught; empty when nothing is known.
    """
    if offered:
        if client in offered:
            return client
        return next((format for format in _BEST_FIRST if format in offered), "openai-chat")
    info = model_info(model, "copilot")
    if info.responses_only:
        return "openai-responses"
    return client if client == "anthropic" and info.vendor == "anthropic" else "openai-chat"


def another_format(refused: FormatName, model: str) -> FormatName:
    """Where to ask next, after a model was refused at one API."""
    if refused != "openai-chat":
        return "openai-chat"
    return "anthropic" if model_info(model, "copilot").vendor == "anthropic" else "openai-responses"


def has_namespaces(body: JsonObject) -> bool:
    """Codex's tools in namespaces are known to OpenAI's own backends alone: for others they get plain names."""
    tools = body.get("tools")
    return isinstance(tools, list) and any(isinstance(t, Mapping) and t.get("type") == "namespace" for t in tools)


def messages_edits(body: JsonObject) -> dict[str, Any]:
    """What must be another in an Anthropic request: `system` without Claude Code's attribution line, and messages in
    which instructions between turns are reminders of the user's. {} when it can pass as it is."""
    edits: dict[str, Any] = {}
    system, messages = body.get("system"), body.get("messages")
    if isinstance(system, list) and any(_is_billing_line(block) for block in system):
        edits["system"] = [block for block in system if not _is_billing_line(block)]
    elif isinstance(system, str) and system.startswith(BILLING_HEADER):
        edits["system"] = []
    if isinstance(messages, list) and any(_is_instruction(message) for message in messages):
        edits["messages"] = [_as_reminder(message) if _is_instruction(message) else message for message in messages]
    return edits


def headers_of_body(format: FormatName, body: bytes) -> tuple[tuple[str, str], ...]:
    """What Copilot must be told of a request that passes as it is; nothing of one that is not understood."""
    try:
        value = orjson.loads(body)
        return copilot_headers(codec(format).decode_request(value)) if isinstance(value, dict) else ()
    except (orjson.JSONDecodeError, WireError, RecursionError):
        return ()


def _is_instruction(message: object) -> bool:
    return isinstance(message, Mapping) and message.get("role") == "system"


def _as_reminder(message: Mapping[str, Any]) -> JsonObject:
    content = message.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(blocks, list):
        return dict(message)
    return {"role": "user", "content": [_reminding(block) for block in blocks]}


def _reminding(block: Any) -> Any:
    if not isinstance(block, Mapping) or block.get("type") != "text":
        return block
    return {**block, "text": f"<system-reminder>\n{block.get('text', '')}\n</system-reminder>"}


def _is_billing_line(block: object) -> bool:
    return isinstance(block, Mapping) and str(block.get("text", "")).startswith(BILLING_HEADER)
