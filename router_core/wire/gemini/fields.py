"""Reading Gemini's JSON: names in either spelling, and a named error for every wrong type.

Google's JSON parser takes `inlineData` and `inline_data` alike, one object where a list is expected, and base64 in the
URL alphabet (its Python SDK sends that). So does everything here. Values whose names belong to the user (arguments,
schemas, labels) are never renamed.
"""

import json
from typing import Any

import orjson

from router_core.errors import WireError
from router_core.wire.model import Extras, JsonObject

URL_TO_STANDARD = str.maketrans("-_", "+/")


def camel(name: str) -> str:
    """`inline_data` → `inlineData`."""
    if "_" not in name:
        return name
    head, *tail = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in tail)


def as_object(value: Any, path: str, status: int = 400) -> JsonObject:
    """A shallow copy with its names in camel case; {} for what is absent."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WireError(f"'{path}' must be an object.", path, status)
    return {camel(name): inner for name, inner in value.items()}


def as_mapping(value: Any, path: str, status: int = 400) -> JsonObject:
    """An object whose names are the user's, as it is; {} for what is absent."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WireError(f"'{path}' must be an object.", path, status)
    return value


def as_list(value: Any, path: str, status: int = 400) -> list[Any]:
    """A list; one object stands for a list of one."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        raise WireError(f"'{path}' must be a list.", path, status)
    return value


def as_text(value: Any, path: str, status: int = 400) -> str:
    """A string; "" for what is absent."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise WireError(f"'{path}' must be a string.", path, status)
    return value


def as_number(value: Any, path: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(f"'{path}' must be a number.", path)
    return value


def as_integer(value: Any, path: str) -> int | None:
    """An integer; whole floats and digits in a string count, as they do in Google's parser."""
    if isinstance(value, str) and len(value) < 20 and value.lstrip("-").isdecimal():
        return int(value)
    number = as_number(value, path)
    if number is None:
        return None
    if not -(2**63) <= number < 2**63 or int(number) != number:
        raise WireError(f"'{path}' must be an integer.", path)
    return int(number)


def as_flag(value: Any, path: str) -> bool:
    if value is None:
        return False
    if not isinstance(value, bool):
        raise WireError(f"'{path}' must be true or false.", path)
    return value


def standard_base64(value: str) -> str:
    """The same bytes in the standard alphabet, which every other provider wants."""
    return value.translate(URL_TO_STANDARD) if "-" in value or "_" in value else value


def dump(value: Any, path: str, status: int = 400) -> str:
    """JSON text of a value that came from JSON."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer beyond 64 bits, a lone surrogate, deep nesting
        pass
    try:
        return json.dumps(value, separators=(",", ":"))
    except (RecursionError, TypeError, ValueError) as error:
        raise WireError(f"'{path}' cannot be written as JSON.", path, status) from error


NOTE = "#"
"""Begins keys of our extras that are notes of this codec: what they hold, the neutral request says too."""


def own(extras: Extras) -> JsonObject:
    """What only Gemini knows of a thing; {} when it came from elsewhere."""
    return extras.get("gemini") or {}


def kept(extras: Extras, name: str) -> JsonObject:
    """What a Gemini client wrote in one of its settings objects and the decoder kept as it stood."""
    ours = own(extras)
    return {**(ours.get(NOTE + name) or {}), **(ours.get(name) or {})}


def extras_of(fields: JsonObject) -> Extras:
    """The fields as extras; none when there are none."""
    return {"gemini": fields} if fields else {}
