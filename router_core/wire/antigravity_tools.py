"""Function declarations as Antigravity takes them: the classic `parameters`, and for Claude without what its checked
mode (`VALIDATED`) refuses.

What a keyword meant is said in the description instead, where a model can read it. Source: public descriptions of the
protocol and other clients' schema cleaning (2025-12 … 2026-08), read 2026-11.
"""

from typing import Any

from router_core.wire.gemini.schema import to_openapi
from router_core.wire.google_envelope import camel_keys

type JsonObject = dict[str, Any]

_REFUSED = ("minLength", "maxLength", "pattern", "minItems", "maxItems", "format", "default", "example", "examples")
_UNUSED: JsonObject = {"reason": {"type": "string", "description": "May be left out."}}
"""An object wants a property; this one is asked for by nobody."""


def antigravity_tools(tools: Any, *, claude: bool) -> Any:
    """The `tools` of a request; what is none of ours stays as it is."""
    if not isinstance(tools, list):
        return tools
    return [_tool(tool, claude) if isinstance(tool, dict) else tool for tool in tools]


def _tool(tool: JsonObject, claude: bool) -> JsonObject:
    tool = camel_keys(tool)
    declared = tool.get("functionDeclarations")
    if not isinstance(declared, list):
        return tool
    written = [_function(item, claude) if isinstance(item, dict) else item for item in declared]
    return {**tool, "functionDeclarations": written}


def _function(declared: JsonObject, claude: bool) -> JsonObject:
    declared = camel_keys(declared)
    out = {name: value for name, value in declared.items() if name != "parametersJsonSchema"}
    if "parametersJsonSchema" in declared:
        out["parameters"] = to_openapi(declared["parametersJsonSchema"])
    if claude:
        out["parameters"] = _for_claude(out.get("parameters") or {"type": "OBJECT"})
    return out


def _for_claude(schema: JsonObject) -> JsonObject:
    out = {name: value for name, value in schema.items() if name not in _REFUSED}
    said = [f"{name}: {schema[name]}" for name in _REFUSED if name in schema]
    if said:
        out["description"] = " ".join(filter(None, [str(out.get("description") or ""), f"({', '.join(said)})"]))
    if isinstance(kind := out.get("type"), str):
        out["type"] = kind.lower()
    if out.get("type") == "object":
        inner = out.get("properties")
        properties = inner if isinstance(inner, dict) and inner else _UNUSED
        out["properties"] = {
            name: _for_claude(value) if isinstance(value, dict) else value for name, value in properties.items()
        }
    if isinstance(out.get("items"), dict):
        out["items"] = _for_claude(out["items"])
    if isinstance(choices := out.get("anyOf"), list):
        out["anyOf"] = [_for_claude(choice) if isinstance(choice, dict) else choice for choice in choices]
    return out
