"""Tool arguments that a model wrote as broken JSON, mended where one reading is left.

A text that breaks off inside a value is never mended: half a command is another command.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
    """Whether the text ends inside a value: in a string, a number, a word."""
    text = text.rstrip()
    closed = text.rstrip("]} \t\r\n")
    if not closed or closed[-1] in "{[,:":
        return text == closed and closed[-1:] == ":"
    if text != closed and closed[-1] in "\"'":
        return False  # as every whole object ends
    if _ends_in_string(text):
        return True
    return text == closed and closed[-1] not in "\"'" and not closed.endswith(_WORDS)


def _ends_in_string(text: str) -> bool:
    inside, at = False, 0
    quote = '"' if '"' in text else "'"
    while at < len(text):
        if text[at] == "\\" and inside:
            at += 1
        elif text[at] == quote:
            inside = not inside
        at += 1
    return inside
