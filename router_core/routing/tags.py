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
    rb'"' + _SPACE + rb"(?:(?:<|\\u003[cC])(CCR-SUBAGENT-MODEL|mitmrouter-model)(?:>|\\u003[eE])"
    rb'(?:(?!<|\\u003[cC])[^"])*'
    rb"(?:<|\\u003[cC])\\?/\1(?:>|\\u003[eE])" + _SPACE + rb")+"
)
"""The same as it is written in JSON: some programs escape `<`, `>` and `/`."""
_SYSTEM = ("system", "instructions", "systemInstruction", "system_instruction")
_CONVERSATION = {
    "anthropic": "messages", "openai-chat": "messages", "openai-responses": "input", "gemini": "contents",
}  # fmt: skip

_WHOLE = "generateContentRequest"

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
    found = [(path, *split) for path, text in _starts(format, body) if (split := _split(text)) is not None]
    if not found:
        return None
    raw = asked.body
    for path, _, rest in reversed(found):  # the last one first: a block that is left out moves those behind it
        gone = () if rest else _left_empty(body, path)
        raw = _edited(raw, gone or path, None if gone else rest)
        _edit(body, gone or path, None if gone else rest)
    asked.use_edited(raw, body)
    path, target, _ = found[0]
    tag = Tag(target, _written(path))
    asked.edits.append(Edit(tag.path, "subagent tag"))
    return tag


def _split(text: str) -> tuple[str, str] | None:
    """The target of the tag that a text begins with, and the text behind it and any others; None without one."""
    match = _TAG.match(text)
    if match is None:
        return None
    target, end = match[2].strip(), match.end()
    while (more := _TAG.match(text, end)) is not None:
        end = more.end()
    return target, text[end:]


def _starts(format: FormatName, body: JsonObject) -> Iterator[tuple[Path, str]]:
    """Each text that may begin with a tag."""
    where: Path = ()
    if format == "gemini" and isinstance(inner := body.get(_WHOLE), dict):  # to be counted
        body, where = inner, (_WHOLE,)
    for name in _SYSTEM:
        if name in body:
            yield from _texts(body[name], (*where, name))
    name = _CONVERSATION[format]
    conversation = body.get(name)
    if isinstance(conversation, str):
        yield (*where, name), conversation
    elif isinstance(conversation, list):
        for n, item in enumerate(opening(items_of(format, body))):
            if isinstance(item, dict) and item.get("role") != "tool":
                yield from _texts(item, (*where, name, n))


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


def _left_empty(body: JsonObject, path: Path) -> Path:
    """What goes with a text of which nothing is left, since providers refuse empty ones: one block of several, else
    the whole system prompt; () where nothing can go."""
    if path[-1] == "text" and len(_at(body, path[:-2])) > 1:
        return path[:-1]
    return next((path[: n + 1] for n, step in enumerate(path) if step in _SYSTEM), ())


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _edit(body: JsonObject, path: Path, rest: str | None) -> None:
    """Put the rest in the text's place; None takes out what stands there."""
    if rest is None:
        del _at(body, path[:-1])[path[-1]]
    else:
        _at(body, path[:-1])[path[-1]] = rest


def _edited(raw: bytes, path: Path, rest: str | None) -> bytes:
    """The same, done to the bytes; only what leads there is written anew."""
    if not path:
        return _text_edited(raw, rest or "")
    step, deeper = path[0], path[1:]
    gone = rest is None and not deeper
    if isinstance(step, int):
        items = [bytes(item) for item in _list.decode(raw)]
        if gone:
            del items[step]
        else:
            items[step] = _edited(items[step], deeper, rest)
        return b"[" + b",".join(items) + b"]"
    fields = {name: bytes(value) for name, value in _object.decode(raw).items()}
    if gone:
        del fields[step]
    else:
        fields[step] = _edited(fields[step], deeper, rest)
    return b"{" + b",".join(orjson.dumps(name) + b":" + value for name, value in fields.items()) + b"}"


def _text_edited(raw: bytes, rest: str) -> bytes:
    """A text's bytes from behind its tags on; written anew where they are spelled as no program is known to."""
    match = _WRITTEN.match(raw)
    kept = b'"' + raw[match.end() :] if match is not None else b'""'
    return kept if orjson.loads(kept) == rest else orjson.dumps(rest)


def _written(path: Sequence[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
