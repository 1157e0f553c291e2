"""The parts of a request body that routing looks at, whichever wire format it is in: turns, openings, images.

Nothing is built anew: these are views of the parsed JSON, and any shape is taken as it comes.
"""

from collections.abc import Sequence
from typing import Any

from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject

_IMAGE_TYPES = frozenset({"image", "image_url", "input_image", "computer_screenshot"})
_MODELS = ("assistant", "model")
_INLINE = ("inlineData", "inline_data", "fileData", "file_data")
_RESULTS = frozenset(
    {
        "tool_result", "function_call_output", "custom_tool_call_output", "local_shell_call_output",
        "shell_call_output", "apply_patch_call_output", "computer_call_output", "mcp_approval_response",
    }
)  # fmt: skip


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


def turn_begin(items: Sequence[Any]) -> int:
    """Where the newest turn begins: at the user's last words; the tool calls and results that followed belong to it."""
    at = len(items) - 1
    while at >= 0 and not is_own_words(items[at]):
        at -= 1
    while at > 0 and not is_models(items[at - 1]):
        at -= 1
    return max(at, 0)


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
        return role in _MODELS
    kind = item.get("type")
    return isinstance(kind, str) and kind not in _RESULTS and kind != "additional_tools"


def texts_of(item: Any) -> Sequence[str]:
    """The texts of one message, without those of tool results."""
    if not isinstance(item, dict):
        return ()
    content = item.get("content")
    if content is None:
        content = item.get("parts")
    if isinstance(content, str):
        return (content,)
    if not isinstance(content, list):
        return ()
    return [
        text for block in content if isinstance(block, dict) and isinstance(text := block.get("text"), str)
    ]  # fmt: skip


def has_image(item: Any) -> bool:
    """An image in a message, also one that a tool gave back."""
    if not isinstance(item, dict) or item.get("role") in _MODELS:
        return False
    content = item.get("content")
    if content is None:
        content = item.get("parts") or item.get("output")
        content = [content] if isinstance(content, dict) else content
    if isinstance(content, list):
        for block in content:
            if _is_image(block):
                return True
    return False


def _is_image(block: Any) -> bool:
    if not isinstance(block, dict):
        return False
    kind = block.get("type")
    if kind == "tool_result":  # most of a long turn are these, of one text each
        return not isinstance(block.get("content"), str) and has_image(block)
    if kind is not None:
        return kind in _IMAGE_TYPES
    for key in _INLINE:
        if isinstance(inner := block.get(key), dict):
            mime = inner.get("mimeType") or inner.get("mime_type")
            if isinstance(mime, str) and mime.startswith("image/"):
                return True
    response = block.get("functionResponse")
    return response is not None and has_image(response)


def is_own_words(item: Any) -> bool:
    """A message of the user that is not results of tools only."""
    if not isinstance(item, dict) or item.get("role") != "user":
        return False
    content = item.get("content")
    if content is None:
        content = item.get("parts")
    if not isinstance(content, list):
        return isinstance(content, str)
    for block in content:
        if isinstance(block, dict) and block.get("type") not in _RESULTS and "functionResponse" not in block:
            return True
    return False
