"""The end of a conversation: which tools the model called last, and whether a person has spoken since.

Only the last items of the body are read, within its last 256 KB. As clients write them they are found from the end:
inside a JSON text every quote is escaped, so `{"role":"assistant"` with bare quotes is the beginning of an item.
Otherwise the items before are skipped, not built. (0.02 ms for 100 KB; skipping takes 0.2 ms.)
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from router_core.routing.conversation import is_models, is_own_words, texts_of
from router_core.wire.format import FormatName

MOST_ITEMS = 200
"""Of the end of a conversation; parallel calls are an item each in OpenAI's Responses."""
MOST_BYTES = 256 * 1024
NEAR_BYTES = 16 * 1024
_BEGINNINGS: dict[FormatName, tuple[bytes, ...]] = {
    "anthropic": (b'{"role":"assistant"', b'{"role": "assistant"'),
    "openai-chat": (b'{"role":"assistant"', b'{"role": "assistant"'),
    "openai-responses": (b'{"type":"function_call",', b'{"type":"custom_tool_call",'),
    "gemini": (b'{"role":"model"', b'{"role": "model"'),
}
_decoder = json.JSONDecoder()
CLIENTS_WORDS = ("<system-reminder>", "<environment_context>", "<user_instructions>")
"""How texts begin that clients add by themselves to what a person says."""


class _Body(msgspec.Struct):
    messages: msgspec.Raw = msgspec.Raw()
    input: msgspec.Raw = msgspec.Raw()
    contents: msgspec.Raw = msgspec.Raw()


_body = msgspec.json.Decoder(_Body)
_list = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call; two are the same when name and arguments are."""

    name: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class LastTurn:
    """What the model did last, and who speaks now."""

    calls: tuple[Call, ...] = ()
    spoken: bool = False
    """The newest words are a person's, not a tool's."""
    answered: tuple[Call, ...] = ()
    """Calls of the answer to this request: where a conversation goes on by an id, the next body has none of them."""


def last_turn(body: bytes, format: FormatName | None = None) -> LastTurn:
    """Read the end of a request's body. Never fails: what cannot be read tells nothing.

    Args:
        format: its wire format; None: any, found the slow way.
    """
    at = _last_beginning(body, _BEGINNINGS[format]) if format is not None else -1
    if at >= 0:
        return _turn_of(_items_at(body[at:].decode("utf-8", "replace")))
    if format is not None and len(body) > MOST_BYTES:
        return LastTurn()  # one item as large as that: reading it would cost more than it tells
    try:
        found = _body.decode(body)
        conversation = bytes(found.messages or found.input or found.contents)
        if not conversation.startswith(b"["):
            return LastTurn(spoken=bool(conversation))  # Responses: one string, the user's
        raw = _list.decode(conversation)[-MOST_ITEMS:]
        items = [orjson.loads(bytes(item)) for item in _from_last_turn(raw)]
    except (msgspec.DecodeError, orjson.JSONDecodeError, UnicodeDecodeError, RecursionError):
        return LastTurn()
    return _turn_of(items)


def _last_beginning(body: bytes, marks: tuple[bytes, ...]) -> int:
    """Where the last of these stands within the last 256 KB, mostly near the end: there is looked first."""
    for size in (NEAR_BYTES, MOST_BYTES):
        start = max(0, len(body) - size)
        if (at := max(body.rfind(mark, start) for mark in marks)) >= 0:
            return at
    return -1


def _items_at(text: str) -> list[Any]:
    """The items from here to the end of their list."""
    items: list[Any] = []
    at = 0
    try:
        while True:
            item, at = _decoder.raw_decode(text, at)
            items.append(item)
            while text[at : at + 1].isspace():
                at += 1
            if text[at : at + 1] != ",":
                return items
            at += 1
            while text[at : at + 1].isspace():
                at += 1
            if text[at : at + 1] != "{":  # the item stood for itself, and this is the next key
                return items
    except (ValueError, RecursionError):  # cut, or nested beyond reason
        return items


def _turn_of(items: list[Any]) -> LastTurn:
    return LastTurn(calls_of(items), any(_is_spoken(item) for item in items if not is_models(item)))


def calls_of(items: Iterable[Any]) -> tuple[Call, ...]:
    """The tool calls in some items of a conversation."""
    return tuple(_call(name, arguments) for item in items for name, arguments in _calls_of(item))


def _is_spoken(item: Any) -> bool:
    """A person's words (or picture), also beside results of tools; what clients add by themselves is none."""
    texts = [text for text in texts_of(item) if text.strip()]
    return is_own_words(item) and (not texts or any(not text.lstrip().startswith(CLIENTS_WORDS) for text in texts))


def _from_last_turn(raw: list[msgspec.Raw]) -> list[msgspec.Raw]:
    """From the first item of the model's last turn on."""
    at = len(raw)
    while at > 0 and not is_models(orjson.loads(bytes(raw[at - 1]))):
        at -= 1
    while at > 0 and is_models(orjson.loads(bytes(raw[at - 1]))):
        at -= 1
    return raw[at:]


def _calls_of(item: Any) -> Iterator[tuple[str, Any]]:
    """(name, arguments) of each call, as the formats write them."""
    if not isinstance(item, dict):
        return
    if item.get("type") in ("function_call", "custom_tool_call", "local_shell_call"):
        yield str(item.get("name") or item["type"]), item.get("arguments") or item.get("input") or item.get("action")
    for call in _list_of(item.get("tool_calls")):
        function = call.get("function") or call.get("custom")
        if isinstance(function, dict):
            yield str(function.get("name")), function.get("arguments") or function.get("input")
    for part in _list_of(item.get("content")):
        if part.get("type") == "tool_use":
            yield str(part.get("name")), part.get("input")
    for part in _list_of(item.get("parts")):
        made = part.get("functionCall") or part.get("function_call")
        if isinstance(made, dict):
            yield str(made.get("name")), made.get("args")


def _call(name: str, arguments: Any) -> Call:
    try:
        written = orjson.dumps([name, arguments], option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONEncodeError, TypeError):
        written = repr((name, arguments)).encode("utf-8", "replace")
    return Call(name[:80], hashlib.blake2b(written, digest_size=12).digest())


def _list_of(value: Any) -> Iterator[dict[str, Any]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())
