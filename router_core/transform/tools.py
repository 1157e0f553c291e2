"""The tools in a body of any format: their schemas, one more of them, and that one of them must be called."""

from collections.abc import Iterator
from typing import Any

from router_core.wire.format import FormatName
from router_core.wire.gemini.fields import camel
from router_core.wire.model import JsonObject


def schemas_of(body: JsonObject, format: FormatName) -> dict[str, JsonObject]:
    """Name → JSON Schema of the arguments, for functions."""
    return {name: schema for name, schema in _functions(body, format) if isinstance(schema, dict)}


def has_functions(body: JsonObject, format: FormatName) -> bool:
    return next(_functions(body, format), None) is not None


def _functions(body: JsonObject, format: FormatName) -> Iterator[tuple[str, Any]]:
    for tool in _objects(body.get("tools")):
        match format:
            case "anthropic":
                if tool.get("type") in (None, "custom"):
                    yield str(tool.get("name")), tool.get("input_schema")
            case "openai-chat":
                if isinstance(function := tool.get("function"), dict):
                    yield str(function.get("name")), function.get("parameters")
            case "openai-responses":
                if tool.get("type") == "function":
                    yield str(tool.get("name")), tool.get("parameters")
            case "gemini":
                declared = next((tool[key] for key in tool if camel(key) == "functionDeclarations"), None)
                for function in _objects(declared):
                    schema = next((function[key] for key in function if camel(key) == "parametersJsonSchema"), None)
                    yield str(function.get("name")), schema or function.get("parameters")


def _objects(value: Any) -> list[JsonObject]:
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, dict)]


def with_function(body: JsonObject, format: FormatName, name: str, description: str, schema: JsonObject) -> JsonObject:
    """A copy with one more tool at the end: the others keep their place in the prompt cache."""
    match format:
        case "anthropic":
            tool: JsonObject = {"name": name, "description": description, "input_schema": schema}
        case "openai-chat":
            function = {"name": name, "description": description, "parameters": schema}
            tool = {"type": "function", "function": function}
        case "openai-responses":
            tool = {"type": "function", "name": name, "description": description, "parameters": schema}
        case "gemini":
            own = {key: value for key, value in schema.items() if key != "additionalProperties"}
            tool = {"functionDeclarations": [{"name": name, "description": description, "parameters": own}]}
    return {**body, "tools": [*_objects(body.get("tools")), tool]}


def choice_of(body: JsonObject, format: FormatName) -> str:
    """`auto`, `required`, `none`, or `tool` for certain ones; what is not said is `auto`."""
    if format == "gemini":
        config = next((body[key] for key in body if camel(key) == "toolConfig"), None)
        inner = _inner(config, "functionCallingConfig")
        mode = str(_inner(inner, "mode") or "AUTO").upper()
        if _inner(inner, "allowedFunctionNames"):
            return "tool"
        return {"ANY": "required", "NONE": "none"}.get(mode, "auto")
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        kind = str(choice.get("type"))
        return {"auto": "auto", "any": "required", "none": "none"}.get(kind, "tool")
    return {"none": "none", "required": "required", "any": "required"}.get(str(choice), "auto")


def _inner(value: Any, name: str) -> Any:
    return next((value[key] for key in value if camel(key) == name), None) if isinstance(value, dict) else None


def with_choice_required(body: JsonObject, format: FormatName, word: str = "required") -> JsonObject:
    """A copy that says that some tool must be called.

    Args:
        word: what the Chat service says for it.
    """
    if format == "gemini":
        name = next((key for key in body if camel(key) == "toolConfig"), "toolConfig")
        config = body.get(name) if isinstance(body.get(name), dict) else {}
        kept = {key: value for key, value in (config or {}).items() if camel(key) != "functionCallingConfig"}
        return {**body, name: {**kept, "functionCallingConfig": {"mode": "ANY"}}}
    if format == "anthropic":
        choice = body.get("tool_choice")
        kept = choice if isinstance(choice, dict) else {}
        return {**body, "tool_choice": {**kept, "type": "any"}}
    return {**body, "tool_choice": word if format == "openai-chat" else "required"}
