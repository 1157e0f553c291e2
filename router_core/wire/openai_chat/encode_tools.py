"""Tools and their choice for a service of this format."""

from typing import assert_never

from router_core.errors import WireError
from router_core.wire.codec import Loss, Target
from router_core.wire.model import CustomTool, FunctionTool, JsonObject, OpaqueTool, Request, WebSearchTool
from router_core.wire.openai_chat.dialect import Dialect
from router_core.wire.openai_chat.encode_words import cache_control
from router_core.wire.openai_chat.reading import form, own
from router_core.wire.openai_chat.strict_schema import can_be_strict
from router_core.wire.tool_names import ToolNames

_EMPTY: JsonObject = {"type": "object", "properties": {}}
_TEXT: JsonObject = {
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
    "additionalProperties": False,
}
_LONGEST_DESCRIPTION = 8000


def encode_tools(
    request: Request, target: Target, dialect: Dialect, names: ToolNames, losses: list[Loss]
) -> JsonObject:
    """The fields of the body that are about tools.

    Raises:
        WireError: a tool must be called that is not there.
    """
    out: JsonObject = {}
    tools: list[JsonObject] = []
    legacy: list[JsonObject] = []
    declared: dict[str, JsonObject] = {}
    for number, tool in enumerate(request.tools):
        path = f"tools[{number}]"
        match tool:
            case FunctionTool():
                entry = _function(tool, dialect, names, path, losses)
                if form(tool.extras).get("function") and dialect.developer:
                    legacy.append(entry["function"])
                    continue
                declared[tool.name] = entry
            case CustomTool():
                entry = declared[tool.name] = _custom(tool, dialect, names)
            case WebSearchTool():
                out |= _search(tool, target, dialect, path, losses)
                continue
            case OpaqueTool(format="openai-chat"):
                entry = tool.value
            case OpaqueTool():
                kind = tool.value.get("type") or tool.value.get("name")
                losses.append(Loss(path, f"a tool of another provider ({kind})"))
                continue
            case _:
                assert_never(tool)
        tools.append(entry)
    _choose(request, dialect, declared, bool(legacy), names, tools, out, losses)
    if tools:
        out["tools"] = tools
        if request.parallel_tool_calls is not None:
            if dialect.parallel:
                out["parallel_tool_calls"] = request.parallel_tool_calls
            elif request.parallel_tool_calls is False:
                losses.append(Loss("parallel_tool_calls", "the service has no such switch"))
    if legacy:
        out["functions"] = legacy
    return out


def _choose(
    request: Request,
    dialect: Dialect,
    declared: dict[str, JsonObject],
    legacy: bool,
    names: ToolNames,
    tools: list[JsonObject],
    out: JsonObject,
    losses: list[Loss],
) -> None:
    choice = request.tool_choice
    if choice is None:
        return
    if legacy:
        out["function_call"] = {"name": names.send(choice.only[0])} if choice.only else choice.mode
        return
    for name in choice.only:
        if name not in declared and not _is_search(name, request):
            raise WireError(f"tool_choice names the tool {name!r}, which tools does not have", "tool_choice")
    if not tools:
        if choice.mode == "required" and not out:
            raise WireError("a tool must be called, but no tool that this provider has is there", "tool_choice")
        if choice.mode != "none":
            losses.append(Loss("tool_choice", "there is no tool to choose"))
        return
    word = dialect.required if choice.mode == "required" else choice.mode
    allowed = [declared[name] for name in choice.only if name in declared]
    if not allowed:
        out["tool_choice"] = word
    elif len(allowed) == 1 and choice.mode == "required":
        out["tool_choice"] = _reference(allowed[0])
    elif dialect.allowed_tools:
        subset = {"mode": choice.mode, "tools": [_reference(tool) for tool in allowed]}
        out["tool_choice"] = {"type": "allowed_tools", "allowed_tools": subset}
    else:  # only those are sent
        tools[:] = allowed
        out["tool_choice"] = word


def _reference(tool: JsonObject) -> JsonObject:
    kind = tool.get("type", "function")
    return {"type": kind, kind: {"name": tool[kind]["name"]}}


def _is_search(name: str, request: Request) -> bool:
    return name == "web_search" and any(isinstance(tool, WebSearchTool) for tool in request.tools)


def _function(tool: FunctionTool, dialect: Dialect, names: ToolNames, path: str, losses: list[Loss]) -> JsonObject:
    extras = own(tool.extras)
    nested = extras.pop("function", None)
    function: JsonObject = {**nested} if isinstance(nested, dict) else {}
    function["name"] = names.send(tool.name, tool.namespace)
    if tool.description:
        function["description"] = tool.description
    if tool.schema is not None:
        function["parameters"] = tool.schema or _EMPTY
    elif not dialect.developer:  # OpenAI alone is known to take a tool without
        function["parameters"] = _EMPTY
    if tool.strict and dialect.strict and not can_be_strict(tool.schema):
        losses.append(Loss(f"{path}.strict", "strict schemas are limited in another way here"))
    elif tool.strict is not None and dialect.strict:
        function["strict"] = tool.strict
    entry: JsonObject = {**extras, "type": "function", "function": function}
    if tool.cache and dialect.cache_control:
        entry["cache_control"] = cache_control(tool.cache)
    return entry


def _custom(tool: CustomTool, dialect: Dialect, names: ToolNames) -> JsonObject:
    """A freeform tool; as a function of one string where there are none, whose description keeps the grammar."""
    if dialect.custom_tools:
        extras = own(tool.extras)
        nested = extras.pop("custom", None)
        custom: JsonObject = {**nested} if isinstance(nested, dict) else {}
        custom["name"] = names.send(tool.name, tool.namespace)
        if tool.description:
            custom["description"] = tool.description
        if tool.grammar is not None:
            custom["format"] = _format(tool.grammar)
        return {**extras, "type": "custom", "custom": custom}
    description = tool.description
    definition = (tool.grammar or {}).get("definition")
    if isinstance(definition, str):
        syntax = (tool.grammar or {}).get("syntax")
        description = f"{description}\n\n`input` must follow this {syntax} grammar:\n{definition}"
    function = {
        "name": names.send(tool.name, tool.namespace, custom=True),
        "description": description[:_LONGEST_DESCRIPTION],
        "parameters": _TEXT,
    }
    return {"type": "function", "function": function}


def _format(grammar: JsonObject) -> JsonObject:
    """The neutral form is Responses' flat one."""
    if grammar.get("type") != "grammar" or isinstance(grammar.get("grammar"), dict):
        return grammar
    inner = {key: value for key, value in grammar.items() if key in ("syntax", "definition")}
    return {**{key: value for key, value in grammar.items() if key not in inner}, "grammar": inner}


def _search(tool: WebSearchTool, target: Target, dialect: Dialect, path: str, losses: list[Loss]) -> JsonObject:
    told = own(tool.extras).get("web_search")
    if dialect.search == "plugin":
        plugin: JsonObject = {"id": "web"}
        if tool.allowed_domains:
            plugin["include_domains"] = list(tool.allowed_domains)
        if tool.blocked_domains:
            plugin["exclude_domains"] = list(tool.blocked_domains)
        return {"plugins": [plugin]}
    if dialect.search == "web_search_options" and "search" in target.model:
        for name, value in (("max_uses", tool.max_uses), ("blocked_domains", tool.blocked_domains or None)):
            if value is not None:
                losses.append(Loss(f"{path}.{name}", "the service cannot be told"))
        if isinstance(told, dict) and "type" not in told:
            return {"web_search_options": told}
        options: JsonObject = {}
        if tool.allowed_domains:
            options["filters"] = {"allowed_domains": list(tool.allowed_domains)}
        if tool.location:
            options["user_location"] = {"type": "approximate", "approximate": tool.location}
        return {"web_search_options": options}
    losses.append(Loss(path, "this model has no web search of its own"))
    return {}
