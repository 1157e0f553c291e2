"""Tools and the choice among them, both ways.

A client tool has a name and a schema; one with a `type` of its own is run or known by the provider. OpenAI's form of a
function is read as well: some editors send it to either path.
"""

from collections.abc import Sequence
from typing import Any

from router_core.errors import WireError
from router_core.wire.anthropic.decode_blocks import decode_cache, encode_cache
from router_core.wire.anthropic.reading import (
    FORMAT,
    Place,
    as_list,
    as_object,
    count,
    fields,
    flag,
    needed,
    own,
    rest,
    text,
    texts,
)
from router_core.wire.anthropic.schema import object_schema
from router_core.wire.codec import Loss
from router_core.wire.model import (
    CustomTool,
    FunctionTool,
    JsonObject,
    OpaqueTool,
    Request,
    Tool,
    ToolChoice,
    WebSearchTool,
)
from router_core.wire.tool_names import ToolNames

_FUNCTION = frozenset({"name", "description", "input_schema", "strict", "cache_control"})
_SEARCH = frozenset({"type", "name", "max_uses", "allowed_domains", "blocked_domains", "user_location"})
_CHOICE = frozenset({"type", "name", "disable_parallel_tool_use"})
WEB_SEARCH = "web_search_20250305"
CUSTOM_INPUT = "The whole input of the tool, as free text."


def decode_tools(value: Any, place: Place) -> tuple[Tool, ...]:
    if value is None:
        return ()
    return tuple(_tool(tool, place.item(index)) for index, tool in enumerate(as_list(value, place)))


def _tool(value: Any, place: Place) -> Tool:
    tool = as_object(value, place)
    kind = tool.get("type")
    if kind is None or kind == "custom":
        return _function(tool, place)
    if not isinstance(kind, str):
        raise place.at("type").wrong("expected a string")
    if kind == "function":
        return _openai_function(tool, place)
    if kind.startswith("web_search_"):
        return _web_search(tool, place)
    return OpaqueTool(FORMAT, tool)


def _function(tool: JsonObject, place: Place) -> FunctionTool:
    schema = tool.get("input_schema")
    cache, kept = decode_cache(tool, place)
    if tool.get("description") == "":
        kept = {**kept, "description": ""}
    return FunctionTool(
        needed(tool, "name", place),
        text(tool, "description", place),
        None if schema is None else as_object(schema, place.at("input_schema")),
        flag(tool, "strict", place),
        cache=cache,
        extras=rest(tool, _FUNCTION, **kept),
    )


def _openai_function(tool: JsonObject, place: Place) -> FunctionTool:
    inner, here = (tool["function"], place.at("function")) if "function" in tool else (tool, place)
    function = as_object(inner, here)
    schema = function.get("parameters")
    return FunctionTool(
        needed(function, "name", here),
        text(function, "description", here),
        None if schema is None else as_object(schema, here.at("parameters")),
        flag(function, "strict", here),
    )


def _web_search(tool: JsonObject, place: Place) -> WebSearchTool:
    location = tool.get("user_location")
    kept: JsonObject = {} if tool["type"] == WEB_SEARCH else {"type": tool["type"]}
    where = None
    if location is not None:
        raw = as_object(location, place.at("user_location"))
        where = {key: raw[key] for key in ("country", "region", "city", "timezone") if raw.get(key) is not None}
        if raw != {"type": "approximate", **where}:
            kept["user_location"] = raw
    for key in ("allowed_domains", "blocked_domains"):
        if tool.get(key) == []:
            kept[key] = []
    return WebSearchTool(
        count(tool, "max_uses", place),
        texts(tool, "allowed_domains", place),
        texts(tool, "blocked_domains", place),
        where,
        rest(tool, _SEARCH, **kept),
    )


def decode_choice(value: Any, place: Place) -> tuple[ToolChoice | None, bool | None, JsonObject]:
    """The choice, whether calls may be parallel, and what else the field says."""
    if value is None:
        return None, None, {}
    raw = as_object(value, place)
    disabled = flag(raw, "disable_parallel_tool_use", place)
    match raw.get("type"):
        case "auto":
            choice = ToolChoice("auto")
        case "any":
            choice = ToolChoice("required")
        case "none":
            choice = ToolChoice("none")
        case "tool":
            choice = ToolChoice("required", (needed(raw, "name", place),))
        case _:
            raise place.at("type").wrong("expected auto, any, tool or none")
    more = {key: field for key, field in raw.items() if key not in _CHOICE}
    return choice, None if disabled is None else not disabled, more


def encode_tools(request: Request, names: ToolNames, losses: list[Loss]) -> list[JsonObject]:
    """The tools that the target can be told, under names that it accepts.

    Raises:
        WireError: the choice forces a tool that is not among them.
    """
    choice = request.tool_choice
    only = set(choice.only) if choice is not None and choice.mode != "none" else set()
    ours = FORMAT in request.extras
    out: list[JsonObject] = []
    offered: set[str] = set()
    seen: set[tuple[str, str]] = set()
    for index, tool in enumerate(request.tools):
        path = f"tools[{index}]"
        match tool:
            case FunctionTool(name=name) | CustomTool(name=name) if only and len(only) > 1 and name not in only:
                losses.append(Loss(path, "not among the tools that the choice allows, so it is not offered"))
            case FunctionTool() | CustomTool() if not ours and (tool.name, tool.namespace) in seen:
                losses.append(Loss(path, f"a second tool named {tool.name!r}"))
            case FunctionTool():
                out.append(_function_out(tool, names, ours, path, losses))
                offered.add(tool.name)
            case CustomTool():
                out.append(_custom_out(tool, names))
                offered.add(tool.name)
            case WebSearchTool():
                out.append(_search_out(tool))
                offered.add("web_search")
            case OpaqueTool(format=format, value=value):
                if format == FORMAT:
                    out.append(value)
                    offered.add(str(value.get("name")))
                else:
                    losses.append(Loss(path, f"{value.get('type', 'a tool')} is known to {format} only"))
        if isinstance(tool, FunctionTool | CustomTool):
            seen.add((tool.name, tool.namespace))
    if only and not ours and not only & offered:
        missing = ", ".join(sorted(only))
        raise WireError(f"tool_choice: no such tool can be offered to this provider: {missing}", "tool_choice")
    return out


def _function_out(tool: FunctionTool, names: ToolNames, ours: bool, path: str, losses: list[Loss]) -> JsonObject:
    out: JsonObject = {"name": names.send(tool.name, tool.namespace)}
    if tool.description:
        out["description"] = tool.description
    out["input_schema"] = tool.schema if ours and tool.schema is not None else object_schema(tool.schema, path, losses)
    if tool.strict is not None and ours:
        out["strict"] = tool.strict
    elif tool.strict:
        losses.append(Loss(f"{path}.strict", "strict schemas are limited in another way here"))
    if tool.cache is not None:
        out["cache_control"] = encode_cache(tool.cache)
    out.update(fields(tool.extras))
    return out


def _custom_out(tool: CustomTool, names: ToolNames) -> JsonObject:
    description = tool.description
    definition = tool.grammar.get("definition") if tool.grammar else None
    if isinstance(definition, str):
        description = f"{description}\n\nThe input must follow this grammar:\n{definition}".strip()
    described = {"description": description} if description else {}
    return {
        "name": names.send(tool.name, tool.namespace, custom=True),
        **described,
        "input_schema": {
            "type": "object",
            "properties": {"input": {"type": "string", "description": CUSTOM_INPUT}},
            "required": ["input"],
        },
    }


def _search_out(tool: WebSearchTool) -> JsonObject:
    out: JsonObject = {"type": WEB_SEARCH, "name": "web_search"}
    if tool.max_uses is not None:
        out["max_uses"] = tool.max_uses
    if tool.allowed_domains:
        out["allowed_domains"] = list(tool.allowed_domains)
    if tool.blocked_domains and not (tool.allowed_domains and FORMAT not in tool.extras):  # not both at once
        out["blocked_domains"] = list(tool.blocked_domains)
    if tool.location is not None:
        out["user_location"] = {"type": "approximate", **tool.location}
    out.update(fields(tool.extras))
    return out


def encode_choice(
    request: Request, tools: Sequence[JsonObject], names: ToolNames, *, forced_ok: bool, losses: list[Loss]
) -> JsonObject | None:
    """`tool_choice`, or None where the default says the same."""
    choice, parallel = request.tool_choice, request.parallel_tool_calls
    ours = FORMAT in request.extras
    if not tools and not ours:
        return None
    if choice is None:
        return {"type": "auto", "disable_parallel_tool_use": True} if parallel is False else None
    out: JsonObject
    if choice.mode == "required" and not forced_ok:
        losses.append(Loss("tool_choice", "this model cannot be forced to call a tool; it may choose"))
        out = {"type": "auto"}
    elif choice.mode == "required":
        out = {"type": "any"}
        if len(choice.only) == 1:
            out = {"type": "tool", "name": _sent(choice.only[0], request, names)}
    else:
        out = {"type": choice.mode}
        if choice.mode == "auto" and not ours and parallel is not False:
            return None
    if parallel is not None and choice.mode != "none" and (ours or not parallel):
        out["disable_parallel_tool_use"] = not parallel
    out.update(own(request.extras).get("#tool_choice", {}))
    return out


def _sent(name: str, request: Request, names: ToolNames) -> str:
    """The name under which a chosen tool travels; the choice does not say its namespace."""
    for tool in request.tools:
        if isinstance(tool, FunctionTool) and tool.name == name:
            return names.send(tool.name, tool.namespace)
        if isinstance(tool, CustomTool) and tool.name == name:
            return names.send(tool.name, tool.namespace, custom=True)
    return name
