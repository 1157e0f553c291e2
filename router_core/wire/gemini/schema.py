"""JSON Schema ↔ the subset of OpenAPI 3.0 that Gemini's classic fields take (`parameters`, `responseSchema`).

The classic fields refuse `$ref`, `const`, `additionalProperties` and more, so a schema is cut down to what they know:
references are inlined, `const` becomes an enum, a nullable type a flag. What a keyword meant and cannot be kept goes
into the description where a model can read it. The newer fields (`parametersJsonSchema`, `responseJsonSchema`) take
JSON Schema as it is and are preferred wherever the model has them.

Source: ai.google.dev/api/caching#Schema and providers' 400 answers; read 2026-11.
"""

from typing import Any

from router_core.wire.model import JsonObject

MAX_DEPTH = 24
MAX_NODES = 4000
"""A schema that refers to itself twice per level would fill the memory: beyond this, anything is allowed."""

_KEPT: dict[str, tuple[type, ...]] = {
    "title": (str,), "description": (str,), "pattern": (str,), "minimum": (int, float), "maximum": (int, float),
    "maxItems": (int,), "minItems": (int,), "minProperties": (int,), "maxProperties": (int,), "minLength": (int,),
    "maxLength": (int,),
}  # fmt: skip
"""What both languages have, and the types that Google takes."""
_FORMATS = {"string": ("enum", "date-time"), "number": ("float", "double"), "integer": ("int32", "int64")}
_TYPES = ("string", "number", "integer", "boolean", "array", "object")
_ANYTHING: JsonObject = {"type": "OBJECT"}


def to_openapi(schema: Any) -> JsonObject:
    """A JSON Schema in the words of the classic fields. Never fails: what is no schema allows anything."""
    return _Narrowing(schema).convert(schema, (), 0)


class _Narrowing:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._nodes = 0

    def convert(self, schema: Any, refs: tuple[str, ...], depth: int) -> JsonObject:
        self._nodes += 1
        if not isinstance(schema, dict) or depth > MAX_DEPTH or self._nodes > MAX_NODES:
            return dict(_ANYTHING)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            target = None if reference in refs else self._resolve(reference)
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            if not isinstance(target, dict):
                return _described(dict(_ANYTHING), rest)
            return self.convert({**target, **rest}, (*refs, reference), depth + 1)
        parts = schema.get("allOf")
        if isinstance(parts, list) and parts:
            return self.convert(self._joined(schema, parts, refs), refs, depth + 1)
        return self._plain(schema, refs, depth)

    def _plain(self, schema: JsonObject, refs: tuple[str, ...], depth: int) -> JsonObject:
        out: JsonObject = {key: schema[key] for key, types in _KEPT.items() if _fits(schema.get(key), types)}
        types, nullable = _types(schema)
        choices = schema.get("anyOf") or schema.get("oneOf")
        if isinstance(choices, list) and choices:
            real = [choice for choice in choices if not _is_null(choice)]
            nullable = nullable or len(real) < len(choices)
            converted = [self.convert(choice, refs, depth + 1) for choice in real]
            if len(converted) == 1:
                out = converted[0] | out
            elif converted:
                out["anyOf"] = converted
        if "anyOf" not in out and "type" not in out:
            if len(types) > 1:
                out["anyOf"] = [self._typed(schema, kind, refs, depth) for kind in types]
            else:
                out |= self._typed(schema, types[0] if types else "object", refs, depth)
        if nullable:
            out["nullable"] = True
        return _with_bounds(out, schema)

    def _typed(self, schema: JsonObject, kind: str, refs: tuple[str, ...], depth: int) -> JsonObject:
        out: JsonObject = {"type": kind.upper()}
        if schema.get("format") in _FORMATS.get(kind, ()):
            out["format"] = schema["format"]
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if isinstance(values, list):
            if kind == "string":
                if texts := [value for value in values if isinstance(value, str)]:
                    out["enum"] = texts
            elif kind in ("number", "integer", "boolean"):  # an enum is for strings only: the model is told in words
                allowed = ", ".join(str(value) for value in values[:50] if isinstance(value, int | float))
                before = schema.get("description")
                out["description"] = f"{before} " if isinstance(before, str) else ""
                out["description"] += f"One of: {allowed}."
        if kind == "array":
            out["items"] = self._items(schema, refs, depth)
        if kind == "object":
            out |= self._properties(schema, refs, depth)
        return out

    def _items(self, schema: JsonObject, refs: tuple[str, ...], depth: int) -> JsonObject:
        items = schema.get("prefixItems") or schema.get("items")
        if isinstance(items, list):
            converted = [self.convert(item, refs, depth + 1) for item in items]
            return converted[0] if len(converted) == 1 else {"anyOf": converted} if converted else {"type": "STRING"}
        return self.convert(items, refs, depth + 1) if isinstance(items, dict) else {"type": "STRING"}

    def _properties(self, schema: JsonObject, refs: tuple[str, ...], depth: int) -> JsonObject:
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not properties:
            return {}
        out: JsonObject = {
            "properties": {name: self.convert(inner, refs, depth + 1) for name, inner in properties.items()}
        }
        required = schema.get("required")
        if isinstance(required, list):
            known = [name for name in required if isinstance(name, str) and name in properties]
            if known:
                out["required"] = known
        order = schema.get("propertyOrdering")
        if isinstance(order, list):
            out["propertyOrdering"] = order
        return out

    def _joined(self, schema: JsonObject, parts: list[Any], refs: tuple[str, ...]) -> JsonObject:
        """`allOf`, as one schema: properties and required names add up, for the rest the last one counts."""
        out: JsonObject = {}
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        for part in (*parts, rest):
            if isinstance(part, dict) and isinstance(part.get("$ref"), str) and part["$ref"] not in refs:
                part = self._resolve(part["$ref"])
            if not isinstance(part, dict):
                continue
            properties = {**_dict(out.get("properties")), **_dict(part.get("properties"))}
            required = [*_list(out.get("required")), *_list(part.get("required"))]
            out |= {key: value for key, value in part.items() if key not in ("allOf", "$ref")}
            if properties:
                out["properties"] = properties
            if required:
                out["required"] = list(dict.fromkeys(name for name in required if isinstance(name, str)))
        return out

    def _resolve(self, reference: str) -> Any:
        """The target of `#/$defs/Name`; None for other documents and for what is not there."""
        if not reference.startswith("#"):
            return None
        found = self._root
        for step in reference[1:].split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        return found


def _types(schema: JsonObject) -> tuple[list[str], bool]:
    """The types that a schema allows, null apart; inferred where they are not said."""
    named = schema.get("type")
    words = [word.lower() for word in (named if isinstance(named, list) else [named]) if isinstance(word, str)]
    nullable = "null" in words or schema.get("nullable") is True
    types = [word for word in dict.fromkeys(words) if word in _TYPES]
    if not types:
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        first = next((value for value in _list(values) if value is not None), None)
        nullable = nullable or (isinstance(values, list) and None in values)
        if isinstance(schema.get("properties"), dict):
            types = ["object"]
        elif "items" in schema or "prefixItems" in schema:
            types = ["array"]
        elif isinstance(first, bool):
            types = ["boolean"]
        elif isinstance(first, int | float):
            types = ["integer" if isinstance(first, int) else "number"]
        elif isinstance(first, str) or "pattern" in schema or "format" in schema:
            types = ["string"]
    return types, nullable


def _with_bounds(out: JsonObject, schema: JsonObject) -> JsonObject:
    """Open bounds become closed ones: for integers exactly, for others as near as can be said."""
    step = 1 if out.get("type") == "INTEGER" else 0
    for name, bound, sign in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
        limit: Any = schema.get(name)
        if bound not in out and _fits(limit, (int, float)):
            out[bound] = limit + sign * step
    return out


def _described(out: JsonObject, schema: JsonObject) -> JsonObject:
    if isinstance(schema.get("description"), str):
        out["description"] = schema["description"]
    return out


def _fits(value: Any, types: tuple[type, ...]) -> bool:
    """Whether Google's parser takes it: counts have 32 bits there, and so have numbers."""
    if not isinstance(value, types) or isinstance(value, bool):
        return False
    if not isinstance(value, int | float):
        return True
    return 0 <= value < 2**31 if types == (int,) else -1e38 < value < 1e38


def _is_null(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "null"


def _dict(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


_SNAKE = {
    "any_of": "anyOf", "max_items": "maxItems", "min_items": "minItems", "min_properties": "minProperties",
    "max_properties": "maxProperties", "min_length": "minLength", "max_length": "maxLength",
    "property_ordering": "propertyOrdering", "additional_properties": "additionalProperties",
}  # fmt: skip


def to_json_schema(schema: Any, depth: int = 0) -> JsonObject:
    """A classic schema as JSON Schema: types in lower case, `nullable` as a type, OpenAPI's own words left out."""
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return {}
    out: JsonObject = {}
    for raw, value in schema.items():
        key = str(_SNAKE.get(raw, raw))
        match key:
            case "type":
                if isinstance(value, str) and value.upper() != "TYPE_UNSPECIFIED":
                    out["type"] = value.lower()
            case "format" if value == "enum":
                pass
            case "properties":
                if isinstance(value, dict):
                    out[key] = {name: to_json_schema(inner, depth + 1) for name, inner in value.items()}
            case "items":
                out[key] = to_json_schema(value, depth + 1)
            case "anyOf":
                out[key] = [to_json_schema(inner, depth + 1) for inner in _list(value)]
            case "example":
                out["examples"] = [value]
            case "maxItems" | "minItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties":
                # 64-bit integers are strings in Google's JSON
                out[key] = int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 20 else value
            case "nullable" | "propertyOrdering":  # said as a type below; JSON Schema has no order
                pass
            case _:
                out[key] = value
    if schema.get("nullable") is True and "type" not in out and "anyOf" in out:
        out["anyOf"] = [*out["anyOf"], {"type": "null"}]
    elif schema.get("nullable") is True and isinstance(out.get("type"), str):
        out["type"] = [out["type"], "null"]
        if isinstance(out.get("enum"), list):
            out["enum"] = [*out["enum"], None]
    return out
