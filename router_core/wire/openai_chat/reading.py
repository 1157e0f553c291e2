"""Reading JSON that somebody else wrote: each value is what it must be, or a WireError names the field.

A client's mistakes are 400, a provider's 502. Also here: where this format keeps what the neutral model has no place
for. Unknown fields stand in the extras under their own names; how something was spelled, where there are several ways,
stands in them under `FORM`.
"""

from collections.abc import Collection
from typing import Any

import orjson

from router_core.errors import WireError
from router_core.wire.format import FormatName
from router_core.wire.model import NO_EXTRAS, Extras, JsonObject

NAME: FormatName = "openai-chat"
FORM = "$form"
"""In the extras: which of several spellings was used. Not a field of the wire."""

CLIENT, PROVIDER = 400, 502


def wrong(path: str, expected: str, status: int = CLIENT) -> WireError:
    """The error for a value of another kind."""
    return WireError(f"'{path}' must be {expected}", path, status)


def an_object(value: Any, path: str, status: int = CLIENT) -> JsonObject:
    if not isinstance(value, dict):
        raise wrong(path, "an object", status)
    return value


def a_list(value: Any, path: str, status: int = CLIENT) -> list[Any]:
    if not isinstance(value, list):
        raise wrong(path, "an array", status)
    return value


def a_text(value: Any, path: str, status: int = CLIENT) -> str:
    if not isinstance(value, str):
        raise wrong(path, "a string", status)
    return value


def text_or(value: Any, path: str, otherwise: str = "", status: int = CLIENT) -> str:
    """The same, where the field may be missing or null."""
    return otherwise if value is None else a_text(value, path, status)


def flag_or_none(value: Any, path: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise wrong(path, "true or false")


def whole_or_none(value: Any, path: str, least: int = 0) -> int | None:
    """An integer; `4096.0` counts, for clients whose language has only one kind of number."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**53:
        raise wrong(path, f"an integer from {least} on")
    return value


def number_or_none(value: Any, path: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(path, "a number")
    return value


def json_text(value: Any, path: str, status: int = CLIENT) -> str:
    """The JSON text of a value; arguments of a call come as an object from some services."""
    try:
        return orjson.dumps(value).decode()
    except TypeError as error:  # nested deeper than can be written
        raise wrong(path, "JSON that is nested less deeply", status) from error


def rest_of(value: JsonObject, known: Collection[str]) -> JsonObject:
    """The fields that are not known; they return as they came. A known field that is null says nothing."""
    return {key: field for key, field in value.items() if key not in known}


def as_extras(fields: JsonObject) -> Extras:
    return {NAME: fields} if fields else NO_EXTRAS


def own(extras: Extras) -> JsonObject:
    """This format's part of the extras, without the notes on spelling."""
    fields = extras.get(NAME)
    if not fields:
        return {}
    return {key: field for key, field in fields.items() if key != FORM}


def form(extras: Extras) -> JsonObject:
    """The notes on spelling."""
    found = extras.get(NAME, {}).get(FORM)
    return found if isinstance(found, dict) else {}


def with_form(fields: JsonObject, notes: JsonObject) -> Extras:
    """Extras of unknown fields and of notes on spelling."""
    return as_extras({**fields, FORM: notes} if notes else fields)
