"""A Prompt from the facts of a routed request, without decoding the whole of a long conversation.

Of the newest turn the user's words and the last step of the work are decoded, as the format's codec does it; the rest
is counted in the parsed JSON. Where these cannot be decoded by themselves, or no words are the user's own, the whole
conversation is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from router_core.errors import WireError
from router_core.routing.auto.from_request import is_clients, prompt_of
from router_core.routing.auto.prompt import Prompt
from router_core.routing.conversation import is_models, texts_of
from router_core.routing.facts import Facts
from router_core.wire.codec import codec
from router_core.wire.format import FormatName
from router_core.wire.model import Request

_CONVERSATION: Mapping[FormatName, str] = {
    "anthropic": "messages", "openai-chat": "messages", "openai-responses": "input", "gemini": "contents",
}  # fmt: skip
_LISTED: tuple[FormatName, ...] = ("anthropic", "openai-chat")
"""Formats in which each entry of `tools` is one tool."""
_SHORT = 12
"""Conversations of so few messages are decoded whole: the request will need it anyway where it is translated."""
_MEDIA = frozenset(
    {
        "image", "image_url", "input_image", "computer_screenshot", "document", "file", "input_file", "input_audio",
        "audio", "video", "video_url", "computer_call_output",
    }
)  # fmt: skip
_BLOCKS = ("content", "parts", "output")
_INLINE = ("inlineData", "inline_data", "fileData", "file_data")


def prompt_of_facts(facts: Facts) -> Prompt:
    """What the classifier needs of a request.

    Raises:
        WireError: the request cannot be decoded.
    """
    items, key = facts.items, _CONVERSATION[facts.format]
    whole = facts.earlier or len(items) <= _SHORT or not isinstance(facts.body.get(key), list)
    if whole or _have_media(items):  # of media more must be known than their being there
        return prompt_of(facts.asked.neutral, facts.input_tokens)
    begin = _last_words_at(items)
    newest = _newest(facts, _words_and_last_step(items[begin:]), key) if begin is not None else None
    if newest is None:
        return prompt_of(facts.asked.neutral, facts.input_tokens)
    depth = sum(isinstance(item, dict) and item.get("role") not in ("system", "developer") for item in items)
    prompt = replace(prompt_of(newest, facts.input_tokens), depth=depth)
    listed = facts.body.get("tools")
    return replace(prompt, tool_count=len(listed)) if facts.format in _LISTED and isinstance(listed, list) else prompt


def _last_words_at(items: Sequence[Any]) -> int | None:
    """Where the turn begins in which the user said something; None where nobody did."""
    at = len(items) - 1
    while at >= 0 and not _has_words(items[at]):
        at -= 1
    while at > 0 and not is_models(items[at - 1]):
        at -= 1
    return at if at >= 0 else None


def _has_words(item: Any) -> bool:
    if not isinstance(item, dict) or item.get("role") != "user":
        return False
    return any(text.strip() and not is_clients(text) for text in texts_of(item))


def _words_and_last_step(turn: Sequence[Any]) -> Sequence[Any]:
    """A turn without its middle: what stands before the model's first word, then its last answer and what followed."""
    by_model = [is_models(item) for item in turn]
    if True not in by_model:
        return turn
    end = len(turn) - by_model[::-1].index(True)
    begin = end - 1
    while begin > 0 and by_model[begin - 1]:  # the calls of one answer stand side by side
        begin -= 1
    return [*turn[: by_model.index(True)], *turn[begin:]]


def _newest(facts: Facts, turn: Sequence[Any], key: str) -> Request | None:
    """The request with its newest turn only; None where that cannot stand alone."""
    try:
        body = {**facts.body, key: list(turn)}
        if facts.format in _LISTED:  # dozens of schemas, of which only the number counts
            body.pop("tools", None)
            body.pop("tool_choice", None)
        return codec(facts.format).decode_request(body)
    except (WireError, RecursionError):
        return None


def _have_media(items: Sequence[Any]) -> bool:
    """Something in a conversation that is no text: among its items, their blocks, or the blocks of a tool's result."""
    for item in items:
        if isinstance(item, dict):
            if item.get("type") in _MEDIA:
                return True
            for key in _BLOCKS:
                if isinstance(blocks := item.get(key), list) and _any_is_media(blocks):
                    return True
    return False


def _any_is_media(blocks: Sequence[Any]) -> bool:
    for block in blocks:
        if not isinstance(block, dict):
            continue
        kind = block.get("type")
        if kind == "tool_result":
            inner = block.get("content")
        elif kind is not None:
            if kind in _MEDIA:
                return True
            continue
        elif not block.keys().isdisjoint(_INLINE):
            return True
        else:
            answer = block.get("functionResponse") or block.get("function_response")
            inner = answer.get("parts") if isinstance(answer, dict) else None
        if isinstance(inner, list) and _any_is_media(inner):
            return True
    return False
