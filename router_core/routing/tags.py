"""The tag by which a subagent's prompt names its model: read, and taken out before anything is sent.

`<CCR-SUBAGENT-MODEL>provider,model</CCR-SUBAGENT-MODEL>` or `<mitmrouter-model>provider/model</mitmrouter-model>`, at
the start of a block of the system prompt or of a text before the model's first word. Anywhere else (in the middle of
a text, in a tool's result, in later turns) it is something that somebody wrote about, and stays. A subagent sends its
prompt with every turn, so the tag holds as long as the subagent lives.

All other values of the body keep their bytes: a provider's prompt cache compares them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from router_core.asked_for import AskedFor
from router_core.routing.conversation import items_of, opening
from router_core.wire.edit import Edit
from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject

NAMES = (b"CCR-SUBAGENT-MODEL", b"mitmrouter-model")
_TAG = re.compile(r"\s*<(CCR-SUBAGENT-MODEL|mitmrouter-model)>([^<]*)</\1>\s*")
_SPACE = rb"(?:\\[nrt]|[ ])*"
_WRITTEN = re.compile(
    rb'"' + _SPACE + rb"(?:<|\\u003[cC])(CCR-SUBAGENT-MODEL|mitmrouter-model)(?:>|\\u003[eE])"
    rb'(?:(?!<|\\u003[cC])[^"])*'
    rb"(?:<|\\u003[cC])\\?/\1(?:>|\\u003[eE])" + _SPACE
)
"""The same as it is written in JSON: some programs escape `<`, `>` and `/`."""
_SYSTEM = ("system", "instructions", "systemInstruction", "system_instruction")
_CONVERSATION = {
    "anthropic": "messages", "openai-chat": "messages", "openai-responses": "input", "gemini": "contents",
}  # fmt: skip

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])

type Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that was found."""

    target: str
    """As it is written."""
    path: str
    """Where it stood (`messages[0].content[1].text`)."""


def may_have_tag(body: bytes) -> bool:
    """False when the names of the tags are nowhere in it."""
    return any(name in body for name in NAMES)


def take_tag(asked: AskedFor) -> Tag | None:
    """The first tag of a request; it is taken out, and all others that stand at a start, too.

    Raises:
        WireError: the body is no JSON object.
    """
    body, format = asked.json, asked.entrance.format
    found = [(path, match) for path, text in _starts(format, body) if (match := _TAG.match(text)) is not None]
    if not found:
        return None
    raw = asked.body
    for path, match in reversed(found):  # the last one first: a block that is left out moves those behind it
        rest = match.string[match.end() :]
        gone = not rest and _stands_beside_others(body, path)
        raw = _edited(raw, path, rest, gone=gone)
        _edit(body, path, rest, gone=gone)
    asked.use_edited(raw, body)
    path, match = found[0]
    tag = Tag(match[2].strip(), _written(path))
    asked.edits.append(Edit(tag.path, "subagent tag"))
    return tag


def _starts(format: FormatName, body: JsonObject) -> Iterator[tuple[Path, str]]:
    """Each text that may begin with a tag."""
    for name in _SYSTEM:
        if name in body:
            yield from _texts(body[name], (name,))
    name = _CONVERSATION[format]
    conversation = body.get(name)
    if isinstance(conversation, str):
        yield (name,), conversation
    elif isinstance(conversation, list):
        for n, item in enumerate(opening(items_of(format, body))):
            if isinstance(item, dict) and item.get("role") != "tool":
                yield from _texts(item, (name, n))


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """A text, a list of blocks, or what holds one of them."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for n, block in enumerate(value):
            if isinstance(block, dict) and isinstance(text := block.get("text"), str):
                yield (*path, n, "text"), text
    elif isinstance(value, dict):
        for name in ("content", "parts"):
            if isinstance(value.get(name), str | list):
                yield from _texts(value[name], (*path, name))


def _stands_beside_others(body: JsonObject, path: Path) -> bool:
    """The text is one block of several: it goes whole when nothing is left of it, since providers refuse empty ones."""
    if len(path) < 3 or path[-1] != "text":
        return False
    blocks = _at(body, path[:-2])
    return isinstance(blocks, list) and len(blocks) > 1


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _edit(body: JsonObject, path: Path, rest: str, *, gone: bool) -> None:
    if gone:
        del _at(body, path[:-2])[path[-2]]
    else:
        _at(body, path[:-1])[path[-1]] = rest


def _edited(raw: bytes, path: Path, rest: str, *, gone: bool) -> bytes:
    """The same, done to the bytes; only what leads there is written anew."""
    if not path:
        match = _WRITTEN.match(raw)
        return orjson.dumps(rest) if match is None else b'"' + raw[match.end() :]
    step, deeper = path[0], path[1:]
    if isinstance(step, int):
        items = [bytes(item) for item in _list.decode(raw)]
        if gone and len(deeper) == 1:
            del items[step]
        else:
            items[step] = _edited(items[step], deeper, rest, gone=gone)
        return b"[" + b",".join(items) + b"]"
    fields = {name: bytes(value) for name, value in _object.decode(raw).items()}
    fields[step] = _edited(fields[step], deeper, rest, gone=gone)
    return b"{" + b",".join(orjson.dumps(name) + b":" + value for name, value in fields.items()) + b"}"


def _written(path: Sequence[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
