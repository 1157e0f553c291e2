"""A small value that a JSON schema accepts: for structured answers and for tool arguments."""

from typing import Any

from router_core.simulator.call import Json

MAX_DEPTH = 12


def sample(schema: Json, *, hint: str, required_only: bool = False) -> Any:
    """Make a value for `schema`.

    Args:
        hint: text for strings that have no other rule, cut to `maxLength`.
        required_only: leave out optional properties.
    """
    return _sample(schema, schema, hint, required_only, 0)


def _sample(schema: Any, root: Json, hint: str, required_only: bool, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return None
    if "$ref" in schema:
        return _sample(_resolve(str(schema["$ref"]), root), root, hint, required_only, depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return _sample(schema[key][0], root, hint, required_only, depth + 1)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    match kind:
        case "string":
            return _text(schema, hint)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
        case "array":
            count = int(schema.get("minItems", 1))
            return [_sample(schema.get("items", {}), root, hint, required_only, depth + 1) for _ in range(count)]
        case _:
            return _object(schema, root, hint, required_only, depth)


def _object(schema: Json, root: Json, hint: str, required_only: bool, depth: int) -> Json:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    names = schema.get("required", []) if required_only else list(properties)
    return {
        name: _sample(properties[name], root, hint, required_only, depth + 1) for name in names if name in properties
    }


def _text(schema: Json, hint: str) -> str:
    text = hint or "simulated"
    text = text.ljust(int(schema.get("minLength", 0)), ".")
    return text[: int(schema.get("maxLength", len(text)))]


def _resolve(reference: str, root: Json) -> Any:
    value: Any = root
    for step in reference.lstrip("#/").split("/"):
        value = value.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(value, dict) else None
    return value
