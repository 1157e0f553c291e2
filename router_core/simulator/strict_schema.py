"""What OpenAI's strict mode asks of a JSON schema, for tools and for structured answers."""

from typing import Any

MAX_DEPTH = 100


def strict_problem(schema: Any, context: tuple[str, ...] = ()) -> str | None:
    """The first breach of strict mode, in the provider's words; None when there is none."""
    if len(context) > MAX_DEPTH:
        return f"In context={context[:4]!r}, the schema is nested too deep."
    if not isinstance(schema, dict):
        return None
    kind = schema.get("type")
    if kind == "object" or (isinstance(kind, list) and "object" in kind):
        if schema.get("additionalProperties") is not False:
            return f"In context={context!r}, 'additionalProperties' is required to be supplied and to be false."
        required = schema.get("required")
        for name in schema.get("properties") or {}:
            if not isinstance(required, list) or name not in required:
                return (
                    f"In context={context!r}, 'required' is required to be supplied and to be an array including every "
                    f"key in properties. Missing '{name}'."
                )
    for key in ("oneOf", "allOf", "patternProperties"):
        if key in schema:
            return f"In context={context!r}, '{key}' is not permitted."
    for group in ("properties", "$defs", "definitions"):
        children = schema.get(group)
        for name, child in children.items() if isinstance(children, dict) else ():
            found = strict_problem(child, (*context, group, name))
            if found:
                return found
    for position, child in enumerate(schema.get("anyOf") or []):
        found = strict_problem(child, (*context, "anyOf", str(position)))
        if found:
            return found
    return strict_problem(schema.get("items"), (*context, "items"))


def root_problem(schema: Any) -> str | None:
    """What is wrong with the outermost schema of a function, strict or not."""
    if not isinstance(schema, dict):
        return "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."
    kind = schema.get("type", "None")
    if schema and kind != "object":
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
    return None
