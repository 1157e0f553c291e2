"""Tool arguments that a model wrote as broken JSON, mended where one reading is left.

A text that breaks off inside a value is never mended: half a command is another command.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from router_core.transform.argument_types import coerced, fits
from router_core.wire.json_bytes import json_bytes
from router_core.wire.model import JsonObject

_FENCE = re.compile(r"^\s*```\w*\s*\n(.*?)\n?\s*```\s*$", re.S)
_MOST_BYTES = 2 * 1024 * 1024
_WORDS = ("true", "false", "null", "True", "False", "None")


@dataclass(frozen=True, slots=True)
class Mended:
    """What to send instead, and what was done; `arguments` None: they stay, and `how` says why."""

    arguments: str | None
    how: str


def mended(arguments: str, schema: JsonObject | None, *, coerce: bool = True) -> Mended | None:
    """None when the arguments are as they should be.

    Args:
        schema: of the tool; None when it is not known.
        coerce: change values of the wrong type, where the schema leaves one way to read them.
    """
    if not arguments.strip():
        return None
    try:
        value = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return _repaired(arguments, schema, coerce)
    if isinstance(value, dict):
        return _retyped(value, schema) if coerce and schema is not None else None
    found = _inner(value)
    if found is None:
        return Mended(None, "they are JSON, but no object")
    return _chosen([(found, "they were a JSON text in a JSON text")], schema, coerce)


def _retyped(value: JsonObject, schema: JsonObject) -> Mended | None:
    if fits(value, schema, schema):
        return None
    done = coerced(value, schema, schema)
    if done is value or not fits(done, schema, schema):
        return None  # what it means is for the client's tool to ask
    return Mended(json_bytes(done, 502).decode(), "types as the tool's schema says")


def _repaired(text: str, schema: JsonObject | None, coerce: bool) -> Mended:
    if len(text) > _MOST_BYTES:
        return Mended(None, "they are too long to be repaired")
    if fence := _FENCE.match(text):
        text = fence[1]
    if "{" not in text:
        return Mended(None, "they are no object")
    if breaks_off(text):
        return Mended(None, "they break off inside a value, and half of it may mean something else")
    in_a_row = _in_a_row(text)
    if len(in_a_row) > 1:
        return Mended(None, "they are several objects, and only one may be meant")
    around = [(value, "what stood around or before them was taken off") for value in in_a_row]
    return _chosen(around or list(_read_kindly(text)), schema, coerce)


def _read_kindly(text: str) -> Iterator[tuple[JsonObject, str]]:
    """What the text may mean: as it is with the brackets that it lacks, else as json_repair reads it."""
    try:
        value = orjson.loads(text.rstrip().rstrip(",") + _end_of(text)[1])
        if isinstance(value, dict):
            yield value, "brackets were missing at the end"
    except orjson.JSONDecodeError:
        pass
    import json_repair  # here: most answers need none

    try:
        found = json_repair.repair_json(text, return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict):
        yield found, "broken JSON was repaired"


def _in_a_row(text: str) -> list[JsonObject]:
    """The objects of `{}{"a": 1}{"a": 1}` that say something, each once; none if anything else is there."""
    import json

    decoder, at, found = json.JSONDecoder(), 0, []
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return []
        if not isinstance(value, dict):
            return []
        found.append(value)
    return list({json.dumps(value, sort_keys=True): value for value in found if value}.values())


def _inner(value: Any) -> JsonObject | None:
    for _ in range(3):
        if not isinstance(value, str):
            break
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
    return value if isinstance(value, dict) else None


def _chosen(readings: list[tuple[JsonObject, str]], schema: JsonObject | None, coerce: bool) -> Mended:
    """The first reading that is what the tool takes; the first one of all where that is not known."""
    for value, how in readings:
        done = coerced(value, schema, schema) if coerce and schema is not None else value
        if schema is None or fits(done, schema, schema):
            return Mended(json_bytes(done, 502).decode(), how if done is value else f"{how}, types as the schema says")
    return Mended(
        None, "nothing that they may mean is what the tool takes" if readings else "nothing can be read in them"
    )


def breaks_off(text: str) -> bool:
    """Whether the text ends inside a value, in a string, a number, a word, or before one, behind a name."""
    text = text.rstrip()
    closed = text.rstrip("]} \t\r\n")
    quote = _quote_of(text)
    end, _ = _end_of(text)
    if text != closed and closed.endswith(quote) and not _is_escaped(closed):  # as every whole object ends
        return end == "string" and closed[:-1].rstrip()[-1:] in tuple(":,[{")
    if end != "value":
        return True
    if not closed or closed[-1] in "{[,:":
        return closed[-1:] == ":"
    return text == closed and closed[-1] != quote and not closed.endswith(_WORDS)


def _quote_of(text: str) -> str:
    return '"' if '"' in text else "'"


def _is_escaped(text: str) -> bool:
    """Whether the last character stands behind an odd number of backslashes."""
    before = text[:-1]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _end_of(text: str) -> tuple[Literal["string", "name", "value"], str]:
    """Where the text ends (in a string, behind the name of a field, or anywhere else), and what would close it."""
    quote = _quote_of(text)
    inside, at, before, begun_behind = False, 0, "", ""
    closing: list[str] = []
    while at < len(text):
        char = text[at]
        if inside:
            at += char == "\\"
            inside = char != quote
        elif char == quote:
            inside, begun_behind, before = True, before, quote
        elif not char.isspace():
            before = char
            if char in "{[":
                closing.append("}" if char == "{" else "]")
            elif char in "}]" and closing:
                closing.pop()
        at += 1
    if inside:
        return "string", ""
    is_name = before == quote and closing[-1:] == ["}"] and begun_behind in ("{", ",")
    return "name" if is_name else "value", "".join(reversed(closing))
