"""Typed reading of Anthropic JSON: whoever wrote it, a wrong type is a WireError that names the field.

`null` counts as absent, as it does for the provider; `rest` keeps such fields with the unknown ones, so that a body
goes back as it came.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from msgspec import Struct

from router_core.errors import WireError
from router_core.wire.model import NO_EXTRAS, Extras, JsonObject

FORMAT: Final = "anthropic"
MARK = "#"
"""Begins those keys of our extras that are notes of this codec and no fields of the wire."""


class Place(Struct, frozen=True):
    """Where in a body we are, and whose body it is.

    Args:
        status: 400 in a client's request, 502 in a provider's answer.
    """

    path: str = ""
    status: int = 400

    def at(self, key: str) -> "Place":
        return Place(f"{self.path}.{key}" if self.path else key, self.status)

    def item(self, index: int) -> "Place":
        return Place(f"{self.path}[{index}]", self.status)

    def wrong(self, what: str) -> WireError:
        """`what`: the complaint, to be read after the name of the field."""
        where = self.path or ("the request" if self.status == 400 else "the answer")
        return WireError(f"{where}: {what}", self.path, self.status)


def as_object(value: Any, place: Place) -> JsonObject:
    if not isinstance(value, dict):
        raise place.wrong("expected an object")
    return value


def as_list(value: Any, place: Place) -> list[Any]:
    if not isinstance(value, list):
        raise place.wrong("expected an array")
    return value


def as_text(value: Any, place: Place) -> str:
    if not isinstance(value, str):
        raise place.wrong("expected a string")
    return value


def needed(value: JsonObject, key: str, place: Place) -> str:
    """A string that must be there."""
    return as_text(value.get(key), place.at(key))


def text(value: JsonObject, key: str, place: Place) -> str:
    """A string, "" when absent."""
    found = value.get(key)
    return "" if found is None else as_text(found, place.at(key))


def filled(value: JsonObject, key: str, place: Place) -> str:
    """A string that says something: no other format takes a call without a name."""
    found = needed(value, key, place)
    if not found:
        raise place.at(key).wrong("expected a name")
    return found


def flag(value: JsonObject, key: str, place: Place) -> bool | None:
    found = value.get(key)
    if found is None or isinstance(found, bool):
        return found
    raise place.at(key).wrong("expected true or false")


def count(value: JsonObject, key: str, place: Place) -> int | None:
    """A whole number, not below zero."""
    found = value.get(key)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 2**53 or found % 1:
        raise place.at(key).wrong("expected a whole number that is not negative")
    return int(found)


def number(value: JsonObject, key: str, place: Place) -> float | None:
    found = value.get(key)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise place.at(key).wrong("expected a number")
    return found


def texts(value: JsonObject, key: str, place: Place) -> tuple[str, ...]:
    """An array of strings, empty when absent."""
    found = value.get(key)
    if found is None:
        return ()
    inner = place.at(key)
    return tuple(as_text(item, inner.item(index)) for index, item in enumerate(as_list(found, inner)))


def rest(value: JsonObject, known: frozenset[str], **more: Any) -> Extras:
    """What we have no place for: unknown fields, and known ones that are null.

    Args:
        more: notes and raw forms to keep beside them.
    """
    kept = {key: field for key, field in value.items() if key not in known or field is None}
    kept.update(more)
    return {"anthropic": kept} if kept else NO_EXTRAS


EXPLANATION = f"{MARK}stop_details"
"""Note on a refusal: its words stand in `stop_details`, not in the content."""


def own(extras: Extras) -> JsonObject:
    """Our part of some extras, notes included."""
    return extras.get("anthropic") or {}


def fields(extras: Extras) -> JsonObject:
    """Our part of some extras, without the notes: fields to be put on the wire."""
    return {key: value for key, value in own(extras).items() if not key.startswith(MARK)}


def parsed_arguments(arguments: str) -> JsonObject | None:
    """A call's arguments as an object; None when they are not one. No arguments are the empty object."""
    if not arguments.strip():
        return {}
    try:
        value = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def written(value: Mapping[str, Any], place: Place) -> str:
    """JSON text of an object that came from a body."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError as error:  # nested beyond 254 levels, lone surrogates, numbers beyond 64 bits
        raise place.wrong(f"cannot be written as JSON ({error})") from error
