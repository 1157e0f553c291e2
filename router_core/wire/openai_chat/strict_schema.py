"""Whether OpenAI would take a JSON Schema as strict: every object closed, every property required.

Anthropic's and Gemini's strict schemas may leave properties out of `required`; sent as strict here, they cost the whole
request (400 `invalid_function_parameters`, `invalid_json_schema`).
"""

from typing import Any

from router_core.wire.model import JsonObject

_NODES = 20_000
"""Parts of a schema that are looked at; a larger one is not said to be strict."""


def can_be_strict(schema: JsonObject | None) -> bool:
    """True when every object in the schema is closed and requires all it has."""
    pending: list[Any] = [{} if schema is None else schema]
    for _ in range(_NODES):
        if not pending:
            return True
        node = pending.pop()
        if isinstance(node, list):
            pending += node
        elif isinstance(node, dict):
            if not _closed(node):
                return False
            pending += [value for key, value in node.items() if isinstance(value, dict | list) and key not in _DATA]
    return False


_DATA = frozenset({"enum", "const", "default", "examples", "required"})


def _closed(node: JsonObject) -> bool:
    kind = node.get("type")
    if kind != "object" and not (isinstance(kind, list) and "object" in kind):
        return True
    properties, required = node.get("properties", {}), node.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return False
    return node.get("additionalProperties") is False and all(name in required for name in properties)
