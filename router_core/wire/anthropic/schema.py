"""JSON Schemas that Anthropic accepts: of a tool's input, and of a structured answer.

A tool's schema must be an object at the top, without alternatives there. An answer's schema must close every object and
may not bound numbers, strings or arrays; like Anthropic's own SDK, we move such bounds into the description, where the
model still reads them.
"""

from typing import Any

from router_core.errors import WireError
from router_core.wire.anthropic.reading import Place, written
from router_core.wire.codec import Loss
from router_core.wire.model import JsonObject

MAX_DEPTH = 64
"""Deeper schemas are refused: Anthropic refuses far smaller ones as too complex, and a hostile one must not overflow
the stack."""

_ALTERNATIVES = ("anyOf", "oneOf", "allOf")
_BOUNDS = frozenset(
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
        "pattern", "maxItems", "uniqueItems", "minProperties", "maxProperties", "patternProperties",
    }
)  # fmt: skip


def object_schema(schema: JsonObject | None, path: str, losses: list[Loss]) -> JsonObject:
    """The schema of a tool's input."""
    if schema is None:
        return {"type": "object", "properties": {}}
    variants = [
        variant
        for key in _ALTERNATIVES
        if isinstance(schema.get(key), list)
        for variant in schema[key]
        if isinstance(variant, dict)
    ]
    if not any(key in schema for key in _ALTERNATIVES):
        if schema.get("type") == "object":
            return schema
        if "type" not in schema or schema["type"] is None or schema["type"] == ["object"]:
            return {**schema, "type": "object"}
        losses.append(Loss(f"{path}.parameters", "the input of a tool must be an object"))
        return {"type": "object", "properties": {}}
    losses.append(Loss(f"{path}.parameters", "alternatives at the top of a schema are merged into one object"))
    merged = {key: value for key, value in schema.items() if key not in _ALTERNATIVES}
    properties = merged.get("properties")
    merged["properties"] = dict(properties) if isinstance(properties, dict) else {}
    for variant in variants:
        inner = variant.get("properties")
        if isinstance(inner, dict):
            merged["properties"].update(inner)
    if "allOf" in schema:
        wanted = [name for part in [schema, *variants] for name in _names(part.get("required"))]
        if wanted:
            merged["required"] = list(dict.fromkeys(wanted))
    merged["type"] = "object"
    return merged


def answer_schema(schema: JsonObject, losses: list[Loss]) -> JsonObject:
    """The schema of a structured answer."""
    moved: list[str] = []
    closed = _closed(schema, moved, 0)
    if moved:
        names = ", ".join(sorted(set(moved)))
        losses.append(Loss("output.schema", f"bounds are told in the description, not enforced: {names}"))
    return closed if isinstance(closed, dict) else {}


def _closed(schema: Any, moved: list[str], depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise WireError(f"output schema: nested deeper than {MAX_DEPTH} levels", "output.schema")
    if not isinstance(schema, dict):
        return schema
    out: JsonObject = {}
    bounds: JsonObject = {}
    for key, value in schema.items():
        if key in _BOUNDS or (key == "minItems" and value not in (0, 1)):
            bounds[key] = value
        elif key in ("properties", "$defs", "definitions") and isinstance(value, dict):
            out[key] = {name: _closed(inner, moved, depth + 1) for name, inner in value.items()}
        elif key in _ALTERNATIVES and isinstance(value, list):
            kind = "anyOf" if key == "oneOf" else key  # `oneOf` is not accepted
            out[kind] = [_closed(inner, moved, depth + 1) for inner in value]
        elif key == "items":
            out[key] = _closed(value, moved, depth + 1)
        else:
            out[key] = value
    if schema.get("type") == "object" or isinstance(schema.get("properties"), dict):
        out["additionalProperties"] = False
    if bounds:
        moved.extend(bounds)
        told = written(bounds, Place("output.schema"))
        description = schema.get("description")
        out["description"] = f"{description}\n\n{told}" if isinstance(description, str) and description else told
    return out


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
