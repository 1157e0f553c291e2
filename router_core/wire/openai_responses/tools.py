"""Tools and the choice among them.

A function is flat here and `strict` unless it says otherwise, so a schema of another format says `strict: false`.
Codex groups MCP tools in `namespace` tools: they are flattened, each remembering its group. Chat's and Anthropic's
forms of a tool are understood, too: some clients send them to any path.
"""

from typing import Any, assert_never

from router_core.errors import WireError
from router_core.wire.codec import Loss
from router_core.wire.model import (
    CustomTool,
    Extras,
    FunctionTool,
    JsonObject,
    OpaqueTool,
    Tool,
    ToolChoice,
    WebSearchTool,
)
from router_core.wire.openai_responses.fields import (
    OWN,
    array,
    boolean,
    fields_of,
    maybe_string,
    obj,
    own_of,
    rest,
    string,
    wrong,
)
from router_core.wire.tool_names import ToolNames

_FUNCTION = frozenset({"type", "name", "description", "parameters", "strict", "function", "input_schema"})
_CUSTOM = frozenset({"type", "name", "description", "format"})
_GROUP = frozenset({"type", "name", "tools"})
_WEB_SEARCH = ("web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11")
_PLACE = "mitmrouter:place"
"""Where an opaque tool stood, when that was not simply in `tools`: it has no `extras` to say it."""
_NO_ARGUMENTS: JsonObject = {"type": "object", "properties": {}}


def decode_tools(tools: Any, where: str = "tools", *, additional: int | None = None) -> tuple[Tool, ...]:
    """The tools of a request.

    Args:
        additional: the tools stand in this `additional_tools` item of the input, not in `tools`.
    """
    out: list[Tool] = []
    mark = {} if additional is None else {"additional": additional}
    for i, value in enumerate(array(tools, where, 400)):
        path = f"{where}[{i}]"
        tool = obj(value, path, 400)
        inner = tool.get("tools")
        if tool.get("type") == "namespace" and inner:
            group = {k: v for k, v in tool.items() if k not in _GROUP}
            name = string(tool, "name", path, 400)
            said = {**mark, "group": [i, group]}
            for j, one in enumerate(array(inner, f"{path}.tools", 400)):
                inside = f"{path}.tools[{j}]"
                out.append(_tool(obj(one, inside, 400), inside, said, name))
        else:
            out.append(_tool(tool, path, mark, ""))
    return tuple(out)


def _tool(tool: JsonObject, where: str, said: JsonObject, namespace: str) -> Tool:
    type = maybe_string(tool, "type", where, 400) or ("function" if "name" in tool else "")
    if type == "custom" and isinstance(tool.get("custom"), dict):
        inner = tool["custom"]
        tool = {"type": "custom", **inner}
    match type:
        case "function":
            return _function(tool, where, said, namespace)
        case "custom":
            grammar = tool.get("format")
            plain = not isinstance(grammar, dict) or grammar.get("type") == "text"
            fields = rest(tool, _CUSTOM)
            if plain and "format" in tool:
                fields["format"] = grammar
            return CustomTool(
                string(tool, "name", where, 400),
                maybe_string(tool, "description", where, 400),
                None if plain or not isinstance(grammar, dict) else grammar,
                namespace,
                {OWN: {**said, "fields": fields}},
            )
        case _ if type in _WEB_SEARCH and not namespace:
            return _web_search(tool, type, said)
        case "":
            raise wrong(f"{where}.type", "a string", 400)
        case _:
            place = {**said, "namespace": namespace} if namespace else said
            return OpaqueTool(OWN, {**tool, _PLACE: place} if place else tool)


def _function(tool: JsonObject, where: str, said: JsonObject, namespace: str) -> FunctionTool:
    inner = tool.get("function")
    if isinstance(inner, dict):
        tool, said = inner, {**said, "form": "chat"}
    schema = tool.get("parameters", tool.get("input_schema"))
    if schema is not None and not isinstance(schema, dict):
        raise wrong(f"{where}.parameters", "an object", 400)
    fields = {k: v for k, v in tool.items() if k not in _FUNCTION or (v in (None, "") and k != "function")}
    return FunctionTool(
        string(tool, "name", where, 400),
        maybe_string(tool, "description", where, 400),
        schema,
        boolean(tool, "strict", where, 400),
        namespace,
        extras={OWN: {**said, "fields": fields}},
    )


def _web_search(tool: JsonObject, type: str, said: JsonObject) -> WebSearchTool:
    filters, location = tool.get("filters"), tool.get("user_location")
    domains = filters.get("allowed_domains") if isinstance(filters, dict) else None
    place = {k: v for k, v in location.items() if k != "type"} if isinstance(location, dict) else None
    return WebSearchTool(
        allowed_domains=tuple(d for d in domains if isinstance(d, str)) if isinstance(domains, list) else (),
        location=place,
        extras={OWN: {**said, "type": type, "fields": {k: v for k, v in tool.items() if k != "type"}}},
    )


class ToolWriter:
    """Tools for one request.

    Args:
        names: for calls in the history, too.
        namespaces: the target has them.
    """

    def __init__(self, names: ToolNames, *, namespaces: bool, losses: list[Loss]) -> None:
        self._names = names
        self.namespaces = namespaces
        self._losses = losses

    def name(self, name: str, namespace: str) -> str:
        """Under which a tool travels. Inside a native namespace names need not differ from those of another."""
        if namespace and self.namespaces and 0 < len(name) <= 64:
            return name
        return self._names.send(name, namespace)

    def tools(self, tools: tuple[Tool, ...], additional: int | None = None) -> list[JsonObject]:
        """Those of `tools` or of one `additional_tools` item, groups put together again."""
        out: list[JsonObject] = []
        open_group: object = None
        for i, tool in enumerate(tools):
            said = _said(tool)
            if said.get("additional") != additional:
                continue
            encoded = self._tool(tool, f"tools[{i}]")
            if encoded is None:
                continue
            group = said.get("group")
            namespace = _namespace(tool)
            if not namespace or not self.namespaces:
                out.append(encoded)
                open_group = None
                continue
            key = (namespace, group[0]) if group else namespace
            if open_group != key:
                out.append({"type": "namespace", "name": namespace, **(group[1] if group else {}), "tools": []})
                open_group = key
            out[-1]["tools"].append(encoded)
        return out

    def _tool(self, tool: Tool, where: str) -> JsonObject | None:
        match tool:
            case FunctionTool():
                out: JsonObject = {"type": "function", "name": self.name(tool.name, tool.namespace)}
                if tool.description:
                    out["description"] = tool.description
                own = own_of(tool.extras)
                if tool.schema is not None:
                    out["parameters"] = tool.schema if own is not None else _object_schema(tool.schema)
                if tool.strict is not None:
                    out["strict"] = tool.strict
                if own is None:
                    out.setdefault("parameters", _NO_ARGUMENTS)
                if own is None or own.get("form") == "chat":  # there, and at Anthropic, not strict is the default
                    out.setdefault("strict", False)
                return out | fields_of(tool.extras)
            case CustomTool():
                out = {"type": "custom", "name": self.name(tool.name, tool.namespace)}
                if tool.description:
                    out["description"] = tool.description
                if tool.grammar is not None:
                    out["format"] = tool.grammar
                return out | fields_of(tool.extras)
            case WebSearchTool():
                return self._search(tool, where)
            case OpaqueTool(format=format, value=value):
                if format == OWN:
                    return {k: v for k, v in value.items() if k != _PLACE}
                self._losses.append(Loss(where, f"a tool of {format} that Responses does not have"))
                return None
            case _:
                assert_never(tool)

    def _search(self, tool: WebSearchTool, where: str) -> JsonObject:
        said = own_of(tool.extras)
        if said is not None:
            return {"type": said.get("type", "web_search"), **fields_of(tool.extras)}
        out: JsonObject = {"type": "web_search"}
        if tool.allowed_domains:
            out["filters"] = {"allowed_domains": list(tool.allowed_domains)}
        if tool.blocked_domains:
            self._losses.append(Loss(f"{where}.blocked_domains", "Responses cannot exclude domains"))
        if tool.max_uses is not None:
            self._losses.append(Loss(f"{where}.max_uses", "Responses does not limit the number of searches"))
        if tool.location:
            out["user_location"] = {"type": "approximate", **tool.location}
        return out


def _object_schema(schema: JsonObject) -> JsonObject:
    """OpenAI refuses a schema that does not say `object`, and an object without `properties`."""
    if "type" in schema and ("properties" in schema or schema["type"] != "object"):
        return schema
    return {**_NO_ARGUMENTS, **schema}


def _said(tool: Tool) -> JsonObject:
    """What this format said of where a tool stood."""
    if isinstance(tool, OpaqueTool):
        place = tool.value.get(_PLACE) if tool.format == OWN else None
        return place if isinstance(place, dict) else {}
    return own_of(tool.extras) or {}


def _namespace(tool: Tool) -> str:
    if isinstance(tool, FunctionTool | CustomTool):
        return tool.namespace
    return str(_said(tool).get("namespace") or "")


def decode_choice(choice: Any) -> ToolChoice | None:
    """`tool_choice` in any of its forms. Raises WireError 400."""
    if choice is None:
        return None
    if isinstance(choice, str):
        match choice:
            case "auto" | "required" | "none":
                return ToolChoice(choice)
            case _:
                raise wrong("tool_choice", "auto, required, none or an object", 400)
    said = obj(choice, "tool_choice", 400)
    type = string(said, "type", "tool_choice", 400)
    match type:
        case "function" | "custom":
            inner = said.get(type)
            return ToolChoice(
                "required", (string(inner if isinstance(inner, dict) else said, "name", "tool_choice", 400),)
            )
        case "allowed_tools":
            listed = array(said.get("tools"), "tool_choice.tools", 400)
            tools = [obj(tool, "tool_choice.tools", 400) for tool in listed]
            mode = "required" if said.get("mode") == "required" else "auto"
            return ToolChoice("required" if mode == "required" else "auto", tuple(_choice_name(t) for t in tools))
        case "auto" | "required" | "none":
            return ToolChoice(type)
        case "any":
            return ToolChoice("required")
        case _:
            return ToolChoice("required", (_choice_name(said),))


def _choice_name(said: JsonObject) -> str:
    for key in ("name", "server_label", "type"):
        value = said.get(key)
        if isinstance(value, str) and value:
            return "web_search" if key == "type" and value in _WEB_SEARCH else value
    raise wrong("tool_choice", "a tool's name or type", 400)


def encode_choice(
    choice: ToolChoice | None, tools: tuple[Tool, ...], writer: ToolWriter, losses: list[Loss], extras: Extras
) -> Any:
    """`tool_choice`, or None for none.

    Args:
        extras: the request's; the client's own words stand when they still mean the same.

    Raises:
        WireError: 400; the tool that is to be called does not exist.
    """
    if choice is None:
        return None
    raw = (own_of(extras) or {}).get("#tool_choice")
    if raw is not None and decode_choice(raw) == choice:
        return raw
    if not choice.only:
        return choice.mode
    listed: list[JsonObject] = []
    for name in choice.only:
        found = next((tool for tool in tools if _is_named(tool, name)), None)
        if found is None:
            if choice.mode == "required" and len(choice.only) == 1:
                raise WireError(f"tool_choice names the tool {name!r}, which is not among the tools", "tool_choice")
            losses.append(Loss("tool_choice", f"it names {name!r}, which is not among the tools"))
            continue
        match found:
            case FunctionTool():
                listed.append({"type": "function", "name": writer.name(found.name, found.namespace)})
            case CustomTool():
                listed.append({"type": "custom", "name": writer.name(found.name, found.namespace)})
            case WebSearchTool():
                listed.append({"type": "web_search"})
            case OpaqueTool(value=value):
                listed.append({"type": value.get("type")})
            case _:
                assert_never(found)
    if not listed:
        return "none" if choice.mode == "auto" else choice.mode
    if choice.mode == "required" and len(listed) == 1:
        return listed[0]
    return {"type": "allowed_tools", "mode": choice.mode, "tools": listed}


def _is_named(tool: Tool, name: str) -> bool:
    match tool:
        case FunctionTool() | CustomTool():
            return tool.name == name
        case WebSearchTool():
            return name == "web_search"
        case OpaqueTool(format=format, value=value):
            return format == OWN and name in (value.get("type"), value.get("server_label"))
