"""What Anthropic refuses inside messages: content blocks of the wrong shape or place, calls without results.

Same rule as in `anthropic_rules.py`: the words are the provider's, because clients match them.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from router_core.simulator.anthropic_signatures import is_redacted, mint_found, mint_signature
from router_core.simulator.call import Json

IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")

# The fields of the blocks that translators build; blocks of betas are not listed and not checked.
_FIELDS: dict[str, frozenset[str]] = {
    "text": frozenset({"type", "text", "cache_control", "citations"}),
    "image": frozenset({"type", "source", "cache_control"}),
    "document": frozenset({"type", "source", "title", "context", "citations", "cache_control"}),
    "tool_use": frozenset({"type", "id", "name", "input", "cache_control", "caller"}),
    "tool_result": frozenset({"type", "tool_use_id", "content", "is_error", "cache_control"}),
    "thinking": frozenset({"type", "thinking", "signature"}),
    "redacted_thinking": frozenset({"type", "data"}),
}

# What other formats call their blocks: a translator that forgets one sends it here.
_FOREIGN = frozenset(
    {"input_text", "output_text", "input_image", "image_url", "input_file", "file", "input_audio", "refusal"}
    | {"function_call", "function_call_output", "reasoning", "tool_call", "summary_text", "audio", "opaque"}
)
_KNOWN_TEXT = ", ".join(f"'{name}'" for name in sorted(_FIELDS))

_PLACES = {"tool_use": "assistant", "tool_result": "user", "image": "user", "document": "user"}

_ID = re.compile(r"^[a-zA-Z0-9_-]+$")
_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,128}$")


def block_problems(content: Any, where: str, role: Any) -> Iterator[str]:
    """What is wrong with the blocks of one message.

    Args:
        where: `messages.N`.
    """
    if isinstance(content, str) and content and not content.strip():
        yield "messages: text content blocks must contain non-whitespace text"
    for index, block in enumerate(content if isinstance(content, list) else []):
        here = f"{where}.content.{index}"
        if not isinstance(block, dict) or not isinstance(block.get("type"), str):
            yield f"{here}.type: Field required"
        kind = block["type"]
        if kind in _FOREIGN:
            yield (
                f"{here}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {_KNOWN_TEXT}"
            )
        for extra in [name for name in block if kind in _FIELDS and name not in _FIELDS[kind]]:
            yield f"{here}.{kind}.{extra}: Extra inputs are not permitted"
        if role in ("user", "assistant") and _PLACES.get(kind, role) != role:
            yield f"{where}: `{kind}` blocks can only be in `{_PLACES[kind]}` messages"
        yield from _one_block(block, here)


def _one_block(block: Json, here: str) -> Iterator[str]:
    match block["type"]:
        case "text":
            yield from _text_problems(block, here)
        case "thinking":
            signature = block.get("signature")
            if not isinstance(signature, str):
                yield f"{here}.thinking.signature: Field required"
            if not isinstance(block.get("thinking"), str):
                yield f"{here}.thinking.thinking: Field required"
            if signature != mint_signature(block["thinking"]):
                yield f"{here}: Invalid `signature` in `thinking` block"
        case "redacted_thinking" if not is_redacted(block.get("data")):
            yield f"{here}: Invalid `data` in `redacted_thinking` block"
        case "image":
            yield from _source_problems(block, f"{here}.image", IMAGE_TYPES, ("base64", "url", "file"))
        case "document":
            kinds = ("base64", "text", "url", "content", "file")
            yield from _source_problems(block, f"{here}.document", ("application/pdf",), kinds)
        case "tool_use":
            if not isinstance(block.get("input"), dict):
                yield f"{here}.tool_use.input: Input should be a valid dictionary"
            for name, pattern in (("id", _ID), ("name", _NAME)):
                if not isinstance(block.get(name), str) or not pattern.match(block[name]):
                    yield f"{here}.tool_use.{name}: String should match pattern '{pattern.pattern}'"
        case "tool_result":
            yield from _result_problems(block, here)
        case "web_search_tool_result" if isinstance(block.get("content"), list):
            for result in block["content"]:
                if result.get("encrypted_content") != mint_found(str(result.get("url"))):
                    yield f"{here}: Invalid `encrypted_content` in `search_result` block"
        case _:
            return


def _text_problems(block: Json, here: str) -> Iterator[str]:
    text = block.get("text")
    if not isinstance(text, str):
        yield f"{here}.text.text: Input should be a valid string"
    if not text:
        yield "messages: text content blocks must be non-empty"
    if not str(text).strip():
        yield "messages: text content blocks must contain non-whitespace text"


def _source_problems(block: Json, here: str, media: tuple[str, ...], kinds: tuple[str, ...]) -> Iterator[str]:
    source = block.get("source")
    if not isinstance(source, dict):
        yield f"{here}.source: Field required"
        return
    kind = source.get("type")
    if kind not in kinds:
        expected = ", ".join(f"'{name}'" for name in kinds)
        text = f"Input tag '{kind}' found using 'type' does not match any of the expected tags: {expected}"
        yield f"{here}.source: {text}"
    if kind == "base64":
        if source.get("media_type") not in media:
            named = " or ".join(", ".join(f"'{name}'" for name in media).rsplit(", ", 1))
            yield f"{here}.source.base64.media_type: Input should be {named}"
        if not _is_base64(source.get("data")):
            yield f"{here}.source.base64: invalid base64 data"
    if kind == "url" and not str(source.get("url", "")).startswith(("https://", "http://")):
        yield f"{here}.source.url.url: Input should be a valid URL"


def _is_base64(data: object) -> bool:
    try:
        return isinstance(data, str) and bool(base64.b64decode(data, validate=True))
    except binascii.Error:
        return False


def _result_problems(block: Json, here: str) -> Iterator[str]:
    if "tool_use_id" not in block:
        yield f"{here}.tool_result.tool_use_id: Field required"
    content = block.get("content")
    if content is not None and not isinstance(content, str | list):
        yield f"{here}.tool_result.content: Input should be a valid list"
    for index, part in enumerate(content if isinstance(content, list) else []):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in _FOREIGN or kind is None or kind in ("tool_use", "tool_result", "thinking"):
            yield (
                f"{here}.tool_result.content.{index}: Input tag '{kind}' found using 'type' does not match any of the "
                "expected tags: 'document', 'image', 'search_result', 'text', 'tool_reference'"
            )
        if block.get("is_error") and kind != "text":
            yield f'{here}.tool_result: all content must be type "text" if `is_error` is true'
        if kind in ("text", "image", "document"):
            yield from _one_block(part, f"{here}.tool_result.content.{index}")


def pairing_problems(turns: list[Json]) -> Iterator[str]:
    """Every tool call is answered in the very next turn, before anything else there, and nothing else is answered."""
    pending: list[str] = []
    seen: set[str] = set()
    for index, message in enumerate(turns):
        blocks = message["content"] if isinstance(message["content"], list) else []
        first = next((at for at, block in enumerate(blocks) if block["type"] != "tool_result"), len(blocks))
        answered = [str(block["tool_use_id"]) for block in blocks if block["type"] == "tool_result"]
        in_front = [str(block["tool_use_id"]) for block in blocks[:first]]
        missing = [call for call in pending if call not in in_front]
        if missing:
            yield _unanswered(index - 1, missing)
        for position, block in enumerate(blocks):
            if block["type"] == "tool_result" and str(block["tool_use_id"]) not in pending:
                yield (
                    f"messages.{index}.content.{position}: unexpected `tool_use_id` found in `tool_result` blocks: "
                    f"{block['tool_use_id']}. Each `tool_result` block must have a corresponding `tool_use` block in "
                    "the previous message."
                )
            if block["type"] == "tool_result" and answered.count(str(block["tool_use_id"])) > 1:
                yield (
                    f"messages.{index}.content.{position}: each tool_use must have a single result. Found multiple "
                    f"`tool_result` blocks with id: {block['tool_use_id']}"
                )
            if block["type"] == "tool_use":
                if block["id"] in seen:
                    yield f"messages.{index}.content.{position}: `tool_use` ids must be unique"
                seen.add(block["id"])
        yield from _search_problems(blocks, index)
        calls = [str(block.get("id")) for block in blocks if block["type"] == "tool_use"]
        pending = calls if message["role"] == "assistant" else []
    if pending:
        yield _unanswered(len(turns) - 1, pending)


def _search_problems(blocks: list[Json], index: int) -> Iterator[str]:
    searched = [str(block.get("id")) for block in blocks if block["type"] == "server_tool_use"]
    found = [str(block.get("tool_use_id")) for block in blocks if block["type"] == "web_search_tool_result"]
    for use_id in found:
        if use_id not in searched:
            yield (
                f"messages.{index}: unexpected `tool_use_id` found in `web_search_tool_result` blocks: {use_id}. Each "
                "`web_search_tool_result` block must have a corresponding `server_tool_use` block before it."
            )


def _unanswered(index: int, calls: list[str]) -> str:
    return (
        f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(calls)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )
