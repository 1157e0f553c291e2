"""Whether a tool's arguments are what its schema says, and values of the wrong type for which it leaves one reading.

Only what schemas of tools use: types, properties, items, alternatives, enums, references within the schema. A keyword
that is not known here holds for every value: what cannot be judged is not changed.
"""

import re
from typing import Any

import orjson

from router_core.wire.model import JsonObject

_MOST_DEEP = 40
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")


def fits(value: Any, schema: Any, root: JsonObject, depth: int = 0) -> bool:
    """Whether a value is what the schema says, as far as that can be judged."""
    schema = _resolved(schema, root)
    if not isinstance(schema, dict) or depth > _MOST_DEEP:
        return schema is not False
    types = types_of(schema)
    if types and not any(_is(value, kind) for kind in types):
        return False
    if isinstance(schema.get("enum"), list) and value not in schema["enum"]:
        return False
    if "const" in schema and value != schema["const"]:
        return False
    for name in ("anyOf", "oneOf"):
        choices = schema.get(name)
        if isinstance(choices, list) and not any(fits(value, choice, root, depth + 1) for choice in choices):
            return False
    if not all(fits(value, part, root, depth + 1) for part in _list(schema.get("allOf"))):
        return False
    if isinstance(value, dict):
        return _object_fits(value, schema, root, depth)
    if isinstance(value, list) and "items" in schema:
        return all(fits(item, schema["items"], root, depth + 1) for item in value)
    return True


def _object_fits(value: JsonObject, schema: JsonObject, root: JsonObject, depth: int) -> bool:
    known = schema.get("properties")
    known = known if isinstance(known, dict) else {}
    if any(name not in value for name in _list(schema.get("required"))):
        return False
    if (
        schema.get("additionalProperties") is False
        and "patternProperties" not in schema
        and value.keys() - known.keys()
    ):
        return False
    return all(fits(item, known[name], root, depth + 1) for name, item in value.items() if name in known)


def coerced(value: Any, schema: Any, root: JsonObject, depth: int = 0) -> Any:
    """The value with what can only mean one thing changed into it; the value itself where nothing is to do."""
    schema = _resolved(schema, root)
    if not isinstance(schema, dict) or depth > _MOST_DEEP:
        return value
    types = types_of(schema)
    if types and not any(_is(value, kind) for kind in types):
        value = _as_one_of(value, types, schema, root)
    if isinstance(value, dict):
        return _object_coerced(value, schema, root, depth)
    if isinstance(value, list) and "items" in schema:
        done = [coerced(item, schema["items"], root, depth + 1) for item in value]
        return value if all(one is other for one, other in zip(done, value, strict=True)) else done
    return value


def _object_coerced(value: JsonObject, schema: JsonObject, root: JsonObject, depth: int) -> JsonObject:
    known, required = schema.get("properties"), _list(schema.get("required"))
    if not isinstance(known, dict):
        return value
    done: JsonObject = {}
    for name, item in value.items():
        if item is None and name in known and name not in required and not fits(None, known[name], root):
            continue  # left out is what it means
        done[name] = coerced(item, known[name], root, depth + 1) if name in known else item
    same = len(done) == len(value) and all(item is value[name] for name, item in done.items())
    return value if same else done


def _as_one_of(value: Any, types: tuple[str, ...], schema: JsonObject, root: JsonObject) -> Any:
    """Read as the one type that it can be; itself where it can be none of them, or several."""
    read = [other for kind in types if kind != "null" and (other := _read(value, kind, schema, root)) is not None]
    return read[0] if len(read) == 1 else value


def _read(value: Any, kind: str, schema: JsonObject, root: JsonObject) -> Any:
    match value, kind:
        case str(), "integer" if _INTEGER.fullmatch(value.strip()):
            return int(value)
        case str(), "number" if _NUMBER.fullmatch(value.strip()):
            return float(value) if any(mark in value for mark in ".eE") else int(value)
        case str(), "boolean" if value.strip().lower() in ("true", "false"):
            return value.strip().lower() == "true"
        case str(), "object" | "array":
            try:
                found = orjson.loads(value)
            except orjson.JSONDecodeError:
                found = None
            if _is(found, kind):
                return found
        case float(), "integer" if value.is_integer():
            return int(value)
        case int() | float(), "string" if not isinstance(value, bool):
            return orjson.dumps(value).decode()
    if kind == "array" and not isinstance(value, list | dict) and value is not None and "items" in schema:
        return [value] if fits([value], schema, root) else None
    return None


def types_of(schema: JsonObject) -> tuple[str, ...]:
    """In lower case: Gemini's are in upper."""
    said = schema.get("type")
    named = [said] if isinstance(said, str) else _list(said)
    return tuple(str(kind).lower() for kind in named)


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "integer":
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            return whole and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "null":
            return value is None
    return True


def _resolved(schema: Any, root: JsonObject) -> Any:
    """What a reference within the schema stands for."""
    for _ in range(_MOST_DEEP):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        schema = root
        for part in reference[2:].split("/"):
            schema = schema.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(schema, dict) else None
    return True


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
