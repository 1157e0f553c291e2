"""The content of a message, a string or an array of parts → blocks."""

from typing import Any

from msgspec.structs import replace

from router_core.wire.model import Block, Cache, JsonObject, Opaque, Refusal, Text, Thinking
from router_core.wire.openai_chat.media import audio_of, file_of, image_of
from router_core.wire.openai_chat.reading import (
    CLIENT,
    NAME,
    a_list,
    a_text,
    an_object,
    rest_of,
    with_form,
)


def content_blocks(content: Any, path: str, status: int = CLIENT) -> tuple[list[Block], JsonObject]:
    """The blocks of a content, and notes on how it was spelled: as one string unless they say `parts`."""
    if content is None:
        return [], {"content": "null"}
    if isinstance(content, str):
        return [Text(content)], {}
    parts = a_list(content, path, status)
    blocks = [_part(part, f"{path}[{number}]", status) for number, part in enumerate(parts)]
    return blocks, {"content": "parts"} if len(blocks) != 1 or isinstance(blocks[0], Text) else {}


def _part(value: Any, path: str, status: int) -> Block:
    part = an_object(value, path, status)
    kind = a_text(part.get("type"), f"{path}.type", status)
    match kind:
        case "text" | "input_text" | "output_text":
            text = a_text(part.get("text"), f"{path}.text", status)
            rest = rest_of(part, ("type", "text", "cache_control"))
            return Text(text, cache=cache_of(part.get("cache_control")), extras=with_form(rest, {}))
        case "image_url":
            media = image_of(part, path, status)
        case "input_audio":
            media = audio_of(part, path, status)
        case "file":
            media = file_of(part, path, status)
        case "refusal":
            return Refusal(a_text(part.get("refusal"), f"{path}.refusal", status), with_form({}, {"part": True}))
        case "thinking" if isinstance(part.get("thinking"), list | str):
            return Thinking(_mistral_text(part["thinking"]), extras=with_form({}, {"part": True}))
        case _:
            return Opaque(NAME, part)
    cache = cache_of(part.get("cache_control"))
    return media if cache is None else replace(media, cache=cache)


def _mistral_text(thinking: Any) -> str:
    """Magistral's thinking: a string, or text parts."""
    if isinstance(thinking, str):
        return thinking
    texts = (part.get("text") for part in thinking if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def cache_of(value: Any) -> Cache | None:
    """Anthropic's `cache_control`, which some services of this format take."""
    if not isinstance(value, dict):
        return None
    ttl = value.get("ttl")
    return Cache("5m" if ttl == "5m" else "1h" if ttl == "1h" else None)
