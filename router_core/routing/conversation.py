"""The parts of a request body that routing looks at, whichever wire format it is in: turns, openings, images.

Nothing is built anew: these are views of the parsed JSON, and any shape is taken as it comes.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject

_IMAGE_TYPES = frozenset({"image", "image_url", "input_image"})
_INLINE = ("inlineData", "inline_data", "fileData", "file_data")
_NESTED = ("content", "parts", "output")
_RESULTS = frozenset({"tool_result", "function_call_output", "custom_tool_call_output", "local_shell_call_output"})


def items_of(format: FormatName, body: JsonObject) -> Sequence[Any]:
    """The conversation in order: messages, input items or contents."""
    match format:
        case "anthropic" | "openai-chat":
            found = body.get("messages")
        case "openai-responses":
            found = body.get("input")
            if isinstance(found, str):
                return [{"role": "user", "content": found}]
        case "gemini":
            inner = body.get("generateContentRequest")
            found = (inner if isinstance(inner, dict) else body).get("contents")
    return found if isinstance(found, list) else []


def new_turn(items: Sequence[Any]) -> Sequence[Any]:
    """What belongs to the user's last words: from there on, with the tool calls and results that followed them."""
    at = len(items) - 1
    while at >= 0 and not is_own_words(items[at]):
        at -= 1
    while at > 0 and not is_models(items[at - 1]):
        at -= 1
    return items[max(at, 0) :]


def opening(items: Sequence[Any]) -> Sequence[Any]:
    """What stands before the model's first word."""
    end = next((n for n, item in enumerate(items) if is_models(item)), len(items))
    return items[:end]


def is_models(item: Any) -> bool:
    """The model has said it: words, calls, reasoning."""
    if not isinstance(item, dict):
        return False
    role = item.get("role")
    if role is not None:
        return role in ("assistant", "model")
    kind = item.get("type")
    return isinstance(kind, str) and kind not in _RESULTS and kind != "additional_tools"


def texts_of(item: Any) -> Iterator[str]:
    """The texts of one message, without those of tool results."""
    if not isinstance(item, dict):
        return
    for key in ("content", "parts"):
        value = item.get(key)
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            for block in value:
                if isinstance(block, dict) and isinstance(text := block.get("text"), str):
                    yield text


def has_image(item: Any) -> bool:
    """An image in a message, also one that a tool gave back."""
    if not isinstance(item, dict):
        return False
    if item.get("type") in _IMAGE_TYPES:
        return True
    for key in _INLINE:
        if isinstance(inner := item.get(key), dict):
            mime = inner.get("mimeType") or inner.get("mime_type")
            if isinstance(mime, str) and mime.startswith("image/"):
                return True
    for key in _NESTED:
        if isinstance(inner := item.get(key), list) and any(map(has_image, inner)):
            return True
    response = item.get("functionResponse")
    return isinstance(response, dict) and has_image(response)


def is_own_words(item: Any) -> bool:
    """A message of the user that is not results of tools only."""
    if not isinstance(item, dict) or item.get("role") != "user":
        return False
    value = item.get("content", item.get("parts"))
    if not isinstance(value, list):
        return isinstance(value, str)
    return any(
        isinstance(block, dict) and block.get("type") not in _RESULTS and "functionResponse" not in block
        for block in value
    )
