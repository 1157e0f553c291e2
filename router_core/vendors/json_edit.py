"""Change single values in a JSON text and leave every other byte of it as it is.

A vendor's file holds more than the login that we renew (other services' logins, fields that we do not know), written in
its program's own style. Parsing and dumping the whole of it would reorder, reindent and respell what is not ours.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

type Json = str | int | float | bool | list[Json] | dict[str, Json] | None
type Path = tuple[str, ...]

_DECODER = json.JSONDecoder()
_SPACE = " \t\n\r"


@dataclass(frozen=True, slots=True)
class _Member:
    key: str
    key_at: int
    value_at: int
    value_end: int


def with_values(text: str, changes: Mapping[Path, Json]) -> str:
    """The text with the value at each path replaced, or added at the end of its object.

    Args:
        changes: path of keys → new value; the object that holds the last key must exist.

    Raises:
        ValueError: the text is no JSON object, or an object on the way is missing.
    """
    for path, value in changes.items():
        text = _with_value(text, path, value)
    return text


def _with_value(text: str, path: Path, value: Json) -> str:
    opening = _skip(text, 0)
    for step in path[:-1]:
        opening = _found(_members(text, opening), step).value_at
    members = _members(text, opening)
    last = [member for member in members if member.key == path[-1]]
    written = json.dumps(value, ensure_ascii=text.isascii())
    if last:  # of a key written twice, readers take the last
        return text[: last[-1].value_at] + written + text[last[-1].value_end :]
    key = json.dumps(path[-1], ensure_ascii=text.isascii())
    if not members:
        return text[: opening + 1] + f"{key}: {written}" + text[opening + 1 :]
    before, colon = text[opening + 1 : members[0].key_at], _colon(text, members[-1])
    end = members[-1].value_end
    return text[:end] + f",{before or ''}{key}{colon}{written}" + text[end:]


def _found(members: list[_Member], key: str) -> _Member:
    for member in reversed(members):
        if member.key == key:
            return member
    raise ValueError(f"there is no {key!r}")


def _colon(text: str, member: _Member) -> str:
    """How this text writes what stands between a key and its value."""
    _, key_end = _DECODER.raw_decode(text, member.key_at)
    return text[key_end : member.value_at]


def _members(text: str, opening: int) -> list[_Member]:
    """The members of the object that begins at `opening`."""
    if text[opening : opening + 1] != "{":
        raise ValueError("not an object")
    members: list[_Member] = []
    at = _skip(text, opening + 1)
    while text[at : at + 1] == '"':
        key, key_end = _DECODER.raw_decode(text, at)
        value_at = _skip(text, _skip(text, key_end) + 1)  # past the colon
        _, value_end = _DECODER.raw_decode(text, value_at)
        members.append(_Member(key, at, value_at, value_end))
        after = _skip(text, value_end)
        if text[after : after + 1] != ",":
            break
        at = _skip(text, after + 1)
    return members


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in _SPACE:
        at += 1
    return at
