"""Reading JSON that nobody has checked: each access gives the type asked for, or a WireError that names the field.

What a reader does not know of an item, a part or a tool is its `rest`; it travels in `extras` under "fields" and comes
back when the object is encoded to this format again. A request's unknown fields stand in its extras under their own
names, so that another format's encoder can list them. Everything decoded here has an `extras` entry of this format, if
only an empty one: that is how an encoder knows whether to speak as the client did, or to translate.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from router_core.errors import WireError
from router_core.wire.format import FormatName
from router_core.wire.model import Extras, JsonObject

MARK: Final = "#"
"""Before the names of entries in a request's extras that are no fields of the wire's, but remarks of this codec's."""
OWN: Final[FormatName] = "openai-responses"


def wrong(where: str, wanted: str, status: int) -> WireError:
    """The error for a field of the wrong type."""
    return WireError(f"{where} must be {wanted}", where, status)


def obj(value: Any, where: str, status: int) -> JsonObject:
    if not isinstance(value, dict):
        raise wrong(where, "an object", status)
    return value


def array(value: Any, where: str, status: int) -> list[Any]:
    if not isinstance(value, list):
        raise wrong(where, "an array", status)
    return value


def string(of: JsonObject, key: str, where: str, status: int) -> str:
    """A string that must be there."""
    value = of.get(key)
    if not isinstance(value, str):
        raise wrong(f"{where}.{key}" if where else key, "a string", status)
    return value


def maybe_string(of: JsonObject, key: str, where: str, status: int) -> str:
    """A string; "" when it is absent or null."""
    value = of.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong(f"{where}.{key}" if where else key, "a string", status)
    return value


def integer(of: JsonObject, key: str, where: str, status: int) -> int | None:
    """A whole number; None when it is absent or null."""
    value = of.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 2**53:
        raise wrong(f"{where}.{key}" if where else key, "a number", status)
    return int(value)


def number(of: JsonObject, key: str, where: str, status: int) -> float | None:
    value = of.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(f"{where}.{key}" if where else key, "a number", status)
    return value


def boolean(of: JsonObject, key: str, where: str, status: int) -> bool | None:
    value = of.get(key)
    if value is not None and not isinstance(value, bool):
        raise wrong(f"{where}.{key}" if where else key, "true or false", status)
    return value


def rest(of: JsonObject, known: frozenset[str]) -> JsonObject:
    """What the reader of `known` did not take: unknown fields, and known ones that are null or empty."""
    return {key: value for key, value in of.items() if key not in known or value is None or value == ""}


def own(**said: Any) -> Extras:
    """Extras of this format; entries without content are left out."""
    return {OWN: {key: value for key, value in said.items() if value}}


def own_of(extras: Extras) -> JsonObject | None:
    """What this format said of a thing; None when it comes from another format."""
    return extras.get(OWN) if extras else None


def fields_of(extras: Extras) -> JsonObject:
    """The fields that only this format knows."""
    said = own_of(extras)
    fields = said.get("fields") if said else None
    return fields if isinstance(fields, dict) else {}


def wire_fields(said: JsonObject) -> JsonObject:
    """The fields of a request's extras that stand on the wire."""
    return {key: value for key, value in said.items() if not key.startswith(MARK)} | (said.get("#quiet") or {})


def dump(value: Mapping[str, Any]) -> bytes:
    """JSON text.

    Raises:
        WireError: 502; a provider's value is nested deeper than a JSON writer goes.
    """
    try:
        return orjson.dumps(value)
    except TypeError as error:  # orjson's JSONEncodeError: too deep, or half a surrogate pair
        raise WireError("the answer holds a value that cannot be written as JSON", status=502) from error
