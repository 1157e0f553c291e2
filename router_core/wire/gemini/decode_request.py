"""A Gemini client's request → neutral.

`model` and `stream` are in the body because whoever parsed the path put them there. What a neutral field says only in
part (a thinking level's spelling, a classic schema, several candidates) is kept as it stood in the extras too, and an
encoder for Gemini takes it from there.

Source: ai.google.dev/api/generate-content, read 2026-11.
"""

from typing import Any, Literal, get_args

from router_core.errors import WireError
from router_core.wire.gemini.fields import (
    NOTE,
    as_flag,
    as_integer,
    as_list,
    as_mapping,
    as_number,
    as_object,
    as_text,
    extras_of,
)
from router_core.wire.gemini.fragments import put_together
from router_core.wire.gemini.generation import synthetic_id
from router_core.wire.gemini.parts import decode_part
from router_core.wire.gemini.schema import to_json_schema
from router_core.wire.model import (
    Block,
    Effort,
    FunctionTool,
    JsonObject,
    Message,
    OpaqueTool,
    OutputFormat,
    Request,
    Role,
    Text,
    ThinkingSetting,
    Tool,
    ToolCall,
    ToolChoice,
    WebSearchTool,
)

_ROLES: dict[str, Role] = {"user": "user", "model": "assistant", "function": "user", "": "user"}
_MODES: dict[str, Literal["auto", "required", "none"]] = {
    "AUTO": "auto", "ANY": "required", "NONE": "none", "VALIDATED": "auto", "MODE_UNSPECIFIED": "auto",
    "": "auto",
}  # fmt: skip
_SAID_TOO = frozenset(
    {
        "role",  # of the system instruction: Google's SDK calls it `user`
        "thinkingConfig", "responseSchema", "candidateCount", "responseLogprobs", "logprobs", "presencePenalty",
        "frequencyPenalty",
    }
)  # fmt: skip
"""Kept for their spelling only: a neutral field says them."""
_EFFORTS = frozenset(get_args(Effort))


def decode_request(body: JsonObject) -> Request:
    """Read a request for an answer.

    Raises:
        WireError: 400, names the field.
    """
    rest = as_object(body, "body")
    model = as_text(rest.pop("model", None), "model").removeprefix("models/")
    stream = as_flag(rest.pop("stream", None), "stream")
    messages = _Conversation().read(rest.pop("contents", None))
    system, system_rest = _system(rest.pop("systemInstruction", None))
    tools = _tools(rest.pop("tools", None))
    choice, choice_rest = _tool_choice(rest.pop("toolConfig", None))
    config = as_object(rest.pop("generationConfig", None), "generationConfig")
    thinking = _thinking(config)
    output = _output(config)
    at = "generationConfig"
    stop = tuple(as_text(word, f"{at}.stopSequences") for word in _strings(config.pop("stopSequences", None)))
    temperature = as_number(config.pop("temperature", None), f"{at}.temperature")
    top_p = as_number(config.pop("topP", None), f"{at}.topP")
    max_tokens = as_integer(config.pop("maxOutputTokens", None), f"{at}.maxOutputTokens")
    top_k = as_integer(config.pop("topK", None), f"{at}.topK")
    seed = as_integer(config.pop("seed", None), f"{at}.seed")
    extras: JsonObject = {key: value for key, value in rest.items() if value is not None and not key.startswith(NOTE)}
    for name, leftover in (("systemInstruction", system_rest), ("toolConfig", choice_rest), (at, config)):
        for key, value in leftover.items():
            extras.setdefault(NOTE + name if key in _SAID_TOO else name, {})[key] = value
    return Request(
        model=model,
        messages=messages,
        system=system,
        tools=tools,
        tool_choice=choice,
        thinking=thinking,
        output=output,
        max_tokens=max_tokens,
        stop=stop,
        top_k=top_k,
        seed=seed,
        n=as_integer(config.get("candidateCount"), f"{at}.candidateCount") or 1,
        logprobs=as_flag(config.get("responseLogprobs"), f"{at}.responseLogprobs"),
        top_logprobs=as_integer(config.get("logprobs"), f"{at}.logprobs"),
        stream=stream,
        extras=extras_of(extras),
        temperature=temperature,
        top_p=top_p,
        presence_penalty=as_number(config.get("presencePenalty"), f"{at}.presencePenalty"),
        frequency_penalty=as_number(config.get("frequencyPenalty"), f"{at}.frequencyPenalty"),
    )


def decode_count(body: JsonObject) -> Request:
    """Read a `:countTokens` body: bare `contents`, or a whole request within `generateContentRequest`."""
    outer = as_object(body, "body")
    inner = as_object(outer.pop("generateContentRequest", None), "generateContentRequest")
    if inner:
        model = as_text(outer.get("model"), "model") or as_text(inner.get("model"), "generateContentRequest.model")
        outer = {**inner, "model": model}
    return decode_request(outer)


class _Turn:
    """A message being read. Turns of the model that follow each other are one."""

    def __init__(self, role: Role, blocks: list[Block], more: JsonObject) -> None:
        self.role = role
        self._blocks = blocks
        self._more = more
        self._seams: set[int] = set()

    def go_on(self, blocks: list[Block], more: JsonObject) -> None:
        self._seams.add(len(self._blocks))
        self._blocks += blocks
        self._more |= more

    def message(self) -> Message:
        blocks = put_together(self._blocks, self._seams) if self.role == "assistant" else self._blocks
        return Message(self.role, tuple(blocks), extras_of(self._more))


class _Conversation:
    """Contents → messages. Results find their calls here: by id, else by name and order among the open ones."""

    def __init__(self) -> None:
        self._open: list[ToolCall] = []
        self._before = ""
        self._at = ""

    def read(self, contents: Any) -> tuple[Message, ...]:
        turns: list[_Turn] = []
        for number, raw in enumerate(as_list(contents, "contents")):
            content: JsonObject = {}
            if (plain := _plain(raw)) is not None:
                role, blocks = plain
                self._turn_of(role)
            else:
                path = f"contents[{number}]"
                content = as_object(raw, path)
                word = as_text(content.pop("role", None), f"{path}.role")
                if word not in _ROLES:
                    raise WireError("Please use a valid role: user, model.", f"{path}.role")
                role = _ROLES[word]
                self._turn_of(role)
                blocks = self._blocks(content.pop("parts", None), path)
            if role == "assistant" and turns and turns[-1].role == role:
                turns[-1].go_on(blocks, content)
            elif blocks or content:
                turns.append(_Turn(role, blocks, content))
        return tuple(turn.message() for turn in turns)

    def _turn_of(self, role: Role) -> None:
        """Where the model begins to speak, what it called before is over."""
        if role == "assistant" and self._before != "assistant":
            self._open = []
        self._before = role

    def _blocks(self, parts: Any, path: str) -> list[Block]:
        blocks: list[Block] = []
        for number, part in enumerate(as_list(parts, f"{path}.parts")):
            self._at = f"{path}.parts[{number}]"
            is_call = isinstance(part, dict) and ("functionCall" in part or "function_call" in part)
            block = decode_part(part, self._at, self._id_of_call if is_call else self._id_of_result)
            if isinstance(block, ToolCall):
                self._open.append(block)
            if block is not None:
                blocks.append(block)
        return blocks

    def _id_of_call(self, given: str, name: str, _arguments: str) -> str:
        return given or synthetic_id("request", self._at, name)

    def _id_of_result(self, given: str, name: str, _arguments: str) -> str:
        matching = [call for call in self._open if call.id == given] or [
            call for call in self._open if call.name == name and not (given and _given_id(call))
        ]
        if not matching:
            return given or synthetic_id("orphan", self._at, name)
        self._open.remove(matching[0])
        return matching[0].id


def _plain(raw: Any) -> tuple[Role, list[Block]] | None:
    """A turn of a role and one text, which most of a long history is: it need not be searched for anything else."""
    if type(raw) is not dict or len(raw) != 2:
        return None
    role, parts = raw.get("role"), raw.get("parts")
    if type(role) is not str or role not in _ROLES or type(parts) is not list or len(parts) != 1:
        return None
    if type(part := parts[0]) is not dict or len(part) != 1 or type(text := part.get("text")) is not str or not text:
        return None
    return _ROLES[role], [Text(text, extras={})]


def _given_id(call: ToolCall) -> bool:
    return bool(call.extras["gemini"]["functionCall"].get("id"))


def _system(raw: Any) -> tuple[tuple[Text, ...], JsonObject]:
    if isinstance(raw, str):  # an SDK habit that reaches some gateways
        return ((Text(raw),), {})
    content = as_object(raw, "systemInstruction")
    texts = []
    for number, part in enumerate(as_list(content.pop("parts", None), "systemInstruction.parts")):
        path = f"systemInstruction.parts[{number}]"
        block = decode_part(part, path, lambda given, name, arguments: given)
        if block is None:
            continue
        if not isinstance(block, Text):
            raise WireError(f"'{path}' must be text.", path)
        texts.append(block)
    return tuple(texts), content


def _tools(raw: Any) -> tuple[Tool, ...]:
    tools: list[Tool] = []
    for number, entry in enumerate(as_list(raw, "tools")):
        path = f"tools[{number}]"
        tool = as_object(entry, path)
        for place, declared in enumerate(
            as_list(tool.pop("functionDeclarations", None), f"{path}.functionDeclarations")
        ):
            tools.append(_function(declared, f"{path}.functionDeclarations[{place}]"))
        for name, value in tool.items():
            if value is None:
                continue
            if name == "googleSearch":
                search = as_object(value, f"{path}.googleSearch")
                blocked = tuple(as_text(site, path) for site in _strings(search.get("excludeDomains")))
                tools.append(WebSearchTool(blocked_domains=blocked, extras={"gemini": search}))
            else:
                tools.append(OpaqueTool("gemini", {name: value}))
    return tuple(tools)


def _function(raw: Any, path: str) -> FunctionTool:
    declared = as_object(raw, path)
    name = as_text(declared.pop("name", None), f"{path}.name")
    if not name:
        raise WireError(f"'{path}.name' is missing.", f"{path}.name")
    description = as_text(declared.pop("description", None), f"{path}.description")
    schema: JsonObject | None = None
    if declared.get("parametersJsonSchema") is not None:
        schema = as_mapping(declared.pop("parametersJsonSchema"), f"{path}.parametersJsonSchema")
    elif declared.get("parameters") is not None:  # kept as it is for Gemini, read for the others
        schema = to_json_schema(as_mapping(declared["parameters"], f"{path}.parameters"))
    return FunctionTool(name, description, schema, extras={"gemini": declared})


def _tool_choice(raw: Any) -> tuple[ToolChoice | None, JsonObject]:
    settings = as_object(raw, "toolConfig")
    path = "toolConfig.functionCallingConfig"
    if settings.get("functionCallingConfig") is None:
        settings.pop("functionCallingConfig", None)
        return None, settings
    calling = as_object(settings.pop("functionCallingConfig"), path)
    mode = as_text(calling.get("mode"), f"{path}.mode").upper()
    if mode not in _MODES:
        raise WireError(f"'{path}.mode' must be AUTO, ANY, NONE or VALIDATED.", f"{path}.mode")
    only = tuple(as_text(name, path) for name in _strings(calling.pop("allowedFunctionNames", None)))
    if mode != "VALIDATED":
        calling.pop("mode", None)
    if calling:
        settings["functionCallingConfig"] = calling
    return ToolChoice(_MODES[mode], only), settings


def _thinking(config: JsonObject) -> ThinkingSetting | None:
    """The setting; `thinkingConfig` itself stays in the extras, since its two spellings are not worth the same."""
    path = "generationConfig.thinkingConfig"
    raw = as_object(config.get("thinkingConfig"), path)
    if not raw:
        config.pop("thinkingConfig", None)
        return None
    config["thinkingConfig"] = raw
    budget = as_integer(raw.get("thinkingBudget"), f"{path}.thinkingBudget")
    level = as_text(raw.get("thinkingLevel"), f"{path}.thinkingLevel").lower()
    shown = raw.get("includeThoughts")
    show: Literal["omitted", "summary"] | None = None
    if shown is not None:
        show = "summary" if as_flag(shown, f"{path}.includeThoughts") else "omitted"
    if budget == 0:
        return ThinkingSetting("off", budget=0, show=show)
    if budget is not None and budget > 0:
        return ThinkingSetting("on", budget=budget, show=show)
    if level in _EFFORTS:
        return ThinkingSetting("on", effort=level, show=show)  # type: ignore[arg-type]  # checked against the words
    return ThinkingSetting("adaptive", show=show)


def _output(config: JsonObject) -> OutputFormat | None:
    path = "generationConfig"
    mime = as_text(config.get("responseMimeType"), f"{path}.responseMimeType")
    if mime != "application/json":
        return None  # text/x.enum and the like stay in the extras
    schema: JsonObject | None = None
    if config.get("responseJsonSchema") is not None:
        schema = as_mapping(config.pop("responseJsonSchema"), f"{path}.responseJsonSchema")
    elif config.get("responseSchema") is not None:
        schema = to_json_schema(as_mapping(config["responseSchema"], f"{path}.responseSchema"))
    config.pop("responseMimeType")
    return OutputFormat("json_object" if schema is None else "json_schema", schema)


def _strings(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else as_list(value, "generationConfig.stopSequences")
