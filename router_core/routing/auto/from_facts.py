"""A Prompt from the facts of a routed request, without decoding the whole of a long conversation.

Of the newest turn the user's words and the last step of the work are decoded, as the format's codec does it; the rest
is counted in the parsed JSON. Where these cannot be decoded by themselves, or no words are the user's own, the whole
conversation is.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs

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
_UNREAD = frozenset({"system", "instructions", "systemInstruction", "metadata", "thinking", "reasoning"})
"""They make a request large, which is counted already, and say nothing of what the user wants."""
_UNREAD_LISTED = _UNREAD | {"tools", "tool_choice"}
"""Dozens of schemas, of which only the number counts."""
_INSTRUCTING = ("system", "developer")
_SHORT = 12
"""Conversations of so few messages are decoded whole: the request will need it anyway where it is translated."""


def prompt_of_facts(facts: Facts) -> Prompt:
    """What the classifier needs of a request.

    Raises:
        WireError: the request cannot be decoded.
    """
    items, key = facts.items, _CONVERSATION[facts.format]
    whole = facts.earlier or len(items) <= _SHORT or not isinstance(facts.body.get(key), list)
    if whole or facts.asked.estimate.has_media:  # of media more must be known than their being there
        return prompt_of(facts.asked.neutral, facts.input_tokens)
    begin = _words_begin(items, facts.turn_begin)
    newest = _newest(facts, _words_and_last_step(items[begin:]), key) if begin is not None else None
    if newest is None:
        return prompt_of(facts.asked.neutral, facts.input_tokens)
    listed = facts.body.get("tools")
    prompt = prompt_of(newest, facts.input_tokens)
    return structs.replace(
        prompt,
        depth=sum([isinstance(item, dict) and item.get("role") not in _INSTRUCTING for item in items]),
        tool_count=len(listed) if facts.format in _LISTED and isinstance(listed, list) else prompt.tool_count,
    )


def _words_begin(items: Sequence[Any], turn: int) -> int | None:
    """Where the turn begins in which the user said something: the newest one at `turn`, where that is more than what
    its client puts in; None where nobody did."""
    while not any(map(_has_words, itertools.takewhile(_is_not_models, itertools.islice(items, turn, None)))):
        turn -= 1
        while turn >= 0 and is_models(items[turn]):
            turn -= 1
        if turn < 0:
            return None
        while turn > 0 and not is_models(items[turn - 1]):
            turn -= 1
    return turn


def _is_not_models(item: Any) -> bool:
    return not is_models(item)


def _has_words(item: Any) -> bool:
    if not isinstance(item, dict) or item.get("role") != "user":
        return False
    return any(text.strip() and not is_clients(text) for text in texts_of(item))


def _words_and_last_step(turn: Sequence[Any]) -> Sequence[Any]:
    """A turn without its middle: what stands before the model's first word, then its last answer and what followed."""
    first = next((n for n, item in enumerate(turn) if is_models(item)), None)
    if first is None:
        return turn
    last = len(turn) - 1
    while not is_models(turn[last]):
        last -= 1
    while last > first and is_models(turn[last - 1]):  # the calls of one answer stand side by side
        last -= 1
    return [*turn[:first], *turn[last:]]


def _newest(facts: Facts, turn: Sequence[Any], key: str) -> Request | None:
    """The request with its newest turn only; None where that cannot stand alone."""
    try:
        unread = _UNREAD_LISTED if facts.format in _LISTED else _UNREAD
        body = {name: value for name, value in facts.body.items() if name not in unread}
        return codec(facts.format).decode_request({**body, key: list(turn)})
    except (WireError, RecursionError):
        return None
