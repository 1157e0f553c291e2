"""Tools and their choice in a request.

Cursor sends Anthropic's and Responses' form of a tool to this format, too; all three are read.
"""

from typing import Any

from router_core.wire.model import (
    Cache,
    CustomTool,
    FunctionTool,
    JsonObject,
    OpaqueTool,
    Tool,
    ToolChoice,
    WebSearchTool,
)
from router_core.wire.openai_chat.content import cache_of
from router_core.wire.openai_chat.reading import (
    NAME,
    a_list,
    a_text,
    an_object,
    as_extras,
    flag_or_none,
    rest_of,
    text_or,
    with_form,
    wrong,
)

_PLACE = ("country", "region", "city", "timezone")


def decode_tools(body: JsonObject) -> tuple[Tool, ...]:
    """`tools`, the old `functions`, and `web_search_options`, which is a tool in every other format."""
    tools: list[Tool] = []
    for number, raw in enumerate(a_list(body["tools"], "tools") if body.get("tools") is not None else []):
        tools.append(_tool(an_object(raw, f"tools[{number}]"), f"tools[{number}]"))
    for number, raw in enumerate(a_list(body["functions"], "functions") if body.get("functions") is not None else []):
        path = f"functions[{number}]"
        tools.append(_function(an_object(raw, path), path, {}, {"function": True}, None))
    if (options := body.get("web_search_options")) is not None:
        tools.append(_search(an_object(options, "web_search_options")))
    return tuple(tools)


def decode_choice(body: JsonObject) -> ToolChoice | None:
    """`tool_choice`, or the old `function_call`."""
    value = body.get("tool_choice")
    if value is None:
        legacy = body.get("function_call")
        value = {"type": "function", "function": legacy} if isinstance(legacy, dict) else legacy
    match value:
        case None:
            return None
        case "auto" | "none":
            return ToolChoice(value)
        case "required" | "any":
            return ToolChoice("required")
        case {"type": "function" | "custom" as kind, **fields}:
            inner = fields.get(kind)
            named = inner if isinstance(inner, dict) else fields
            return ToolChoice("required", (a_text(named.get("name"), f"tool_choice.{kind}.name"),))
        case {"type": "tool", "name": str(name)}:  # Anthropic's form
            return ToolChoice("required", (name,))
        case {"type": "auto" | "none" as mode}:
            return ToolChoice(mode)
        case {"type": "any" | "required"}:
            return ToolChoice("required")
        case {"type": "allowed_tools", **fields}:
            allowed = an_object(fields.get("allowed_tools", fields), "tool_choice.allowed_tools")
            tools = a_list(allowed.get("tools"), "tool_choice.allowed_tools.tools")
            names = tuple(_allowed_name(tool, number) for number, tool in enumerate(tools))
            return ToolChoice("required" if allowed.get("mode") == "required" else "auto", names)
        case _:
            raise wrong("tool_choice", "none, auto, required or a tool")


def _allowed_name(value: Any, number: int) -> str:
    path = f"tool_choice.allowed_tools.tools[{number}]"
    tool = an_object(value, path)
    inner = tool.get("function", tool.get("custom", tool))
    return a_text(an_object(inner, path).get("name"), f"{path}.function.name")


def _tool(tool: JsonObject, path: str) -> Tool:
    kind = tool.get("type")
    cache = cache_of(tool.get("cache_control"))
    rest = rest_of(tool, ("type", "function", "custom", "cache_control"))
    if isinstance(function := tool.get("function"), dict):
        return _function(function, f"{path}.function", rest, {} if kind == "function" else {"type": "absent"}, cache)
    if kind == "custom" and isinstance(custom := tool.get("custom"), dict):
        inner = rest_of(custom, ("name", "description", "format"))
        if inner:
            rest["custom"] = inner
        return CustomTool(
            a_text(custom.get("name"), f"{path}.custom.name"),
            text_or(custom.get("description"), f"{path}.custom.description"),
            _grammar(custom.get("format"), f"{path}.custom.format"),
            extras=as_extras(rest),
        )
    if "input_schema" in tool or (kind == "function" and "name" in tool):
        field = "input_schema" if "input_schema" in tool else "parameters"
        flat = {"parameters" if key == field else key: value for key, value in tool.items()}
        flat = {key: flat[key] for key in ("name", "description", "parameters", "strict") if key in flat}
        return _function(flat, path, {}, {}, cache)
    if kind == "function":
        raise wrong(f"{path}.function", "an object")
    if isinstance(kind, str) and kind.startswith("web_search"):
        return _search(tool)
    a_text(kind, f"{path}.type")
    return OpaqueTool(NAME, tool)


def _function(
    function: JsonObject, path: str, rest: JsonObject, notes: JsonObject, cache: Cache | None
) -> FunctionTool:
    parameters = function.get("parameters")
    name = a_text(function.get("name"), f"{path}.name")
    if not name:
        raise wrong(f"{path}.name", "the name of a tool")
    if inner := rest_of(function, ("name", "description", "parameters", "strict")):
        rest = {**rest, "function": inner}
    return FunctionTool(
        name,
        text_or(function.get("description"), f"{path}.description"),
        None if parameters is None else an_object(parameters, f"{path}.parameters"),
        flag_or_none(function.get("strict"), f"{path}.strict"),
        cache=cache,
        extras=with_form(rest, notes),
    )


def _grammar(value: Any, path: str) -> JsonObject | None:
    """`{"type": "grammar", "grammar": {"syntax", "definition"}}` → Responses' flat form, the neutral one."""
    if value is None:
        return None
    format = an_object(value, path)
    inner = format.get("grammar")
    if not isinstance(inner, dict):
        return format
    return {**{key: field for key, field in format.items() if key != "grammar"}, **inner}


def _search(options: JsonObject) -> WebSearchTool:
    value = options.get("user_location")
    location = value.get("approximate", value) if isinstance(value, dict) else None
    place = (
        {key: location[key] for key in _PLACE if isinstance(location.get(key), str)}
        if isinstance(location, dict)
        else {}
    )
    filters = options.get("filters")
    domains = filters.get("allowed_domains") if isinstance(filters, dict) else options.get("allowed_domains")
    uses = options.get("max_uses")
    return WebSearchTool(
        max_uses=uses if type(uses) is int else None,
        allowed_domains=tuple(d for d in domains if isinstance(d, str)) if isinstance(domains, list) else (),
        location=place or None,
        extras=as_extras({"web_search": options}),
    )
