"""An instruction of ours in a request, at the end of those that the client gives: the beginning of a conversation stays
the same from turn to turn, and with it the provider's prompt cache."""

from typing import Any

from router_core.wire.format import FormatName
from router_core.wire.gemini.fields import camel
from router_core.wire.model import JsonObject

_INSTRUCTING = ("system", "developer")


def with_instruction(body: JsonObject, format: FormatName, text: str) -> JsonObject:
    """A copy that also says this."""
    match format:
        case "anthropic":
            return {**body, "system": _blocks(body.get("system"), text)}
        case "openai-responses":
            said = body.get("instructions")
            return {**body, "instructions": f"{said}\n\n{text}" if isinstance(said, str) and said else text}
        case "gemini":
            name = next((key for key in body if camel(key) == "systemInstruction"), "systemInstruction")
            there = body.get(name)
            parts = there.get("parts") if isinstance(there, dict) else None
            kept = there if isinstance(there, dict) else {}
            old = parts if isinstance(parts, list) else [parts] if isinstance(parts, dict) else []
            return {**body, name: {**kept, "parts": [*old, {"text": text}]}}
        case "openai-chat":
            return {**body, "messages": _messages(body.get("messages"), text)}


def _blocks(system: Any, text: str) -> list[Any]:
    """Anthropic's: one text, or blocks."""
    ours = {"type": "text", "text": text}
    if isinstance(system, str):
        return [{"type": "text", "text": system}, ours] if system else [ours]
    return [*system, ours] if isinstance(system, list) else [ours]


def _messages(messages: Any, text: str) -> list[Any]:
    """Chat's: the last of the system messages at the beginning is longer, or there is a first one."""
    old = messages if isinstance(messages, list) else []
    first = 0
    while first < len(old) and isinstance(old[first], dict) and old[first].get("role") in _INSTRUCTING:
        first += 1
    if not first:
        return [{"role": "system", "content": text}, *old]
    last = old[first - 1]
    content = last.get("content")
    if isinstance(content, list):
        longer: Any = [*content, {"type": "text", "text": text}]
    else:
        longer = f"{content}\n\n{text}" if content else text
    return [*old[: first - 1], {**last, "content": longer}, *old[first:]]
