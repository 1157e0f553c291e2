"""Change single values in a JSON text with comments, as people keep settings: comments, order and layout stay.

What comes out is read again and compared with what was wanted, so that an unusual layout is refused and never damaged.
"""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from router_core.migrating.json5 import json5_value

type Keys = tuple[str, ...]

_DECODER = json.JSONDecoder()
_GAP = re.compile(r"(?:\s+|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*")
_REST_OF_LINE = re.compile(r"[ \t]*(?:/\*(?:[^*\n]|\*(?!/))*\*/[ \t]*)*(?://[^\n]*)?(?=\r?\n)")
_SCALAR = re.compile(r"[^\s,\]}/]+")
USUAL_INDENT = "  "


@dataclass(frozen=True, slots=True)
class _Member:
    key: str
    key_at: int
    value_at: int
    value_end: int
    comma_at: int
    """Of the comma behind it; -1 without one."""


@dataclass(frozen=True, slots=True)
class _Object:
    opening: int
    members: tuple[_Member, ...]
    closing: int


def json_document(text: str) -> dict[str, Any]:
    """What the text says; an empty text is an empty object.

    Raises:
        ValueError: it is no JSON object.
    """
    bare = text.removeprefix("\ufeff")
    document = json5_value(bare) if bare.strip() else {}
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")
    return document


def edited_json(text: str, changes: Mapping[Keys, Any]) -> str:
    """The text with these values changed.

    Args:
        changes: path of keys → new value; None takes the key away.

    Raises:
        ValueError: it is no JSON object, a value lies below something that is none, or the layout is too unusual.
    """
    wanted = json_document(text)
    for keys, value in changes.items():
        _put_plain(wanted, keys, value)
    if wanted == json_document(text):
        return text
    new = text if text.removeprefix("\ufeff").strip() else "{}\n"
    for keys, value in changes.items():
        new = _without(new, keys) if value is None else _with(new, keys, value)
    if json_document(new) != wanted:
        raise ValueError("its layout is too unusual to be changed safely")
    return new


def _put_plain(document: dict[str, Any], keys: Keys, value: Any) -> None:
    for key in keys[:-1]:
        if value is None and key not in document:
            return
        document = document.setdefault(key, {})
        if not isinstance(document, dict):
            raise ValueError(f"{key} is no object in it")
    if value is None:
        document.pop(keys[-1], None)
    else:
        document[keys[-1]] = copy.deepcopy(value)


def _with(text: str, keys: Keys, value: Any) -> str:
    at = _read_object(text, _skip(text, 0))
    for depth, key in enumerate(keys):
        member = _last(at, key)
        if member is None:
            for inner in reversed(keys[depth + 1 :]):
                value = {inner: value}
            return _added(text, at, key, value)
        if depth == len(keys) - 1:
            written = _written(value, _indent_of(text, member.key_at), text)
            return text[: member.value_at] + written + text[member.value_end :]
        at = _read_object(text, member.value_at)
    return text


def _added(text: str, at: _Object, key: str, value: Any) -> str:
    """One more member at the end of an object, in the layout of its neighbours."""
    newline = "\r\n" if "\r\n" in text else "\n"
    many_lines = (
        "\n" in text[at.opening : at.closing] or (not at.members and "\n" in text.rstrip("\n")) or at.opening == 0
    )
    if not at.members:
        base = _indent_of(text, at.opening)
        if not many_lines:
            return text[: at.opening + 1] + f"{_quoted(key)}: {json.dumps(value)}" + text[at.closing :]
        inner = base + _unit(text)
        kept = text[at.opening + 1 : at.closing].rstrip()
        entry = f"{newline}{inner}{_quoted(key)}: {_written(value, inner, text)}{newline}{base}"
        return text[: at.opening + 1] + kept + entry + text[at.closing :]
    last = at.members[-1]
    end = last.value_end if last.comma_at < 0 else last.comma_at + 1
    comma = "," if last.comma_at < 0 else ""
    if "\n" not in text[at.opening : at.closing]:
        return text[:end] + f"{comma} {_quoted(key)}: {json.dumps(value, ensure_ascii=False)}" + text[end:]
    rest = _REST_OF_LINE.match(text, end)
    behind = rest.end() if rest else end  # past a comment that stands behind the last value
    inner = _indent_of(text, last.key_at)
    entry = f"{newline}{inner}{_quoted(key)}: {_written(value, inner, text)}"
    return text[:end] + comma + text[end:behind] + entry + text[behind:]


def _without(text: str, keys: Keys) -> str:
    at = _read_object(text, _skip(text, 0))
    for key in keys[:-1]:
        member = _last(at, key)
        if member is None:
            return text
        at = _read_object(text, member.value_at)
    while (member := _last(at, keys[-1])) is not None:  # a key may stand there twice
        text = _cut(text, at, at.members.index(member))
        at = _read_object(text, at.opening)
    return text


def _cut(text: str, at: _Object, place: int) -> str:
    member = at.members[place]
    after = member.comma_at + 1 if member.comma_at >= 0 else member.value_end
    if place + 1 < len(at.members):
        rest = re.compile(r"[ \t]*(\r?\n[ \t]*)?").match(text, after)
        return text[: member.key_at] + text[rest.end() if rest else after :]
    if place == 0:
        inside = text[at.opening + 1 : member.key_at].strip(), text[after : at.closing].strip()
        if not any(inside):
            return text[: at.opening + 1] + text[at.closing :]
        return text[: member.key_at].rstrip() + text[after:]
    comma = at.members[place - 1].comma_at
    kept = text[comma + 1 : member.key_at].rstrip()
    return text[:comma] + kept + text[after:]


def _read_object(text: str, opening: int) -> _Object:
    if text[opening : opening + 1] != "{":
        raise ValueError("it is no JSON object")
    members = []
    at = _skip(text, opening + 1)
    while text[at : at + 1] == '"':
        key, key_end = _DECODER.raw_decode(text, at)
        value_at = _skip(text, _skip(text, key_end) + 1)  # past the colon
        value_end = _end_of(text, value_at)
        after = _skip(text, value_end)
        comma = after if text[after : after + 1] == "," else -1
        members.append(_Member(key, at, value_at, value_end, comma))
        at = _skip(text, after + 1) if comma >= 0 else after
    if text[at : at + 1] != "}":
        raise ValueError("its layout is too unusual to be changed safely")
    return _Object(opening, tuple(members), at)


def _end_of(text: str, at: int) -> int:
    """Where the value that begins here ends."""
    first = text[at : at + 1]
    if first == "{":
        return _read_object(text, at).closing + 1
    if first == "[":
        at = _skip(text, at + 1)
        while text[at : at + 1] not in ("]", ""):
            at = _skip(text, _end_of(text, at))
            if text[at : at + 1] == ",":
                at = _skip(text, at + 1)
        return at + 1
    if first == '"':
        return _DECODER.raw_decode(text, at)[1]
    scalar = _SCALAR.match(text, at)
    if scalar is None:
        raise ValueError("its layout is too unusual to be changed safely")
    return scalar.end()


def _last(at: _Object, key: str) -> _Member | None:
    """Of a key written twice, readers take the last."""
    return next((member for member in reversed(at.members) if member.key == key), None)


def _skip(text: str, at: int) -> int:
    if at == 0 and text.startswith("\ufeff"):
        at = 1
    found = _GAP.match(text, at)
    return found.end() if found else at


def _quoted(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


def _written(value: Any, indent: str, text: str) -> str:
    """A value over several lines as this text has them, below something that is indented so far."""
    newline = "\r\n" if "\r\n" in text else "\n"
    return json.dumps(value, indent=_unit(text), ensure_ascii=False).replace("\n", f"{newline}{indent}")


def _indent_of(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _unit(text: str) -> str:
    """One step of this text's indentation."""
    found = re.search(r"\{[^\S\n]*\r?\n([ \t]+)\S", text)
    return found[1] if found else USUAL_INDENT
