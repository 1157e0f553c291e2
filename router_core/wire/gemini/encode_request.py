"""Neutral request → Gemini's body. The model and streaming are in the path, so they are not in it.

Source: ai.google.dev/api/generate-content and /gemini-api/docs/function-calling, read 2026-11.
"""

from router_core.errors import WireError
from router_core.models.known import model_info
from router_core.wire.codec import Encoded, Loss, Target
from router_core.wire.gemini.conversation import Contents
from router_core.wire.gemini.fields import NOTE, kept, own
from router_core.wire.gemini.generation import WITH_JSON_SCHEMA, WITH_SIGNATURES, Generation, generation
from router_core.wire.gemini.parts import text_part
from router_core.wire.gemini.schema import to_openapi
from router_core.wire.gemini.settings import MAX_STOP_SEQUENCES, format_in_words, generation_config
from router_core.wire.google_envelope import is_claude
from router_core.wire.model import CustomTool, FunctionTool, JsonObject, OpaqueTool, Request, WebSearchTool
from router_core.wire.system_text import joined_system
from router_core.wire.tool_names import ToolNames

MAX_NAME_LENGTH = 64
_PLACED = ("generationConfig", "toolConfig", "systemInstruction")
"""Extras that are merged into what they belong to."""


def encode_request(request: Request, target: Target) -> Encoded:
    """Write a request for a Gemini model.

    Raises:
        WireError: 400; names what cannot be said and would be unsafe to leave out.
    """
    return _Encoding(request, target).encode()


def count_body(request: Request, target: Target) -> JsonObject:
    """The body of `:countTokens` for the same request: its tools and instructions count, too."""
    body = encode_request(request, target).body
    counted = {key: body[key] for key in ("contents", "systemInstruction", "tools", "toolConfig") if key in body}
    return {"generateContentRequest": {"model": f"models/{target.model.removeprefix('models/')}", **counted}}


class _Encoding:
    def __init__(self, request: Request, target: Target) -> None:
        self._request = request
        self._target = target
        self._generation: Generation = generation(target.model)
        self._names = ToolNames(max_length=MAX_NAME_LENGTH, forbidden=r"[^a-zA-Z0-9_.:-]", first=r"[a-zA-Z_]")
        self._losses: list[Loss] = []

    def encode(self) -> Encoded:
        request = self._request
        info = model_info(self._target.model, self._target.provider)
        tools, declared = self._tools()
        config = generation_config(request, self._generation, info, self._lose, functions=bool(declared))
        system, messages = joined_system(request)
        system_parts = [text_part(text.text, None, own(text.extras)) for text in system]
        if words := format_in_words(request, config):
            system_parts.append({"text": words})
        turns = Contents(self._generation, self._names, claude=is_claude(self._target.model))
        contents = turns.encode(messages)
        if not contents:  # instructions alone are a question, too
            contents, system_parts = [{"role": "user", "parts": system_parts}], []
        if not contents[0]["parts"]:
            raise WireError("'messages': there is nothing to answer.", "messages")
        self._losses += turns.losses
        body: JsonObject = {"contents": contents}
        placed = own(request.extras)
        if system_parts:
            body["systemInstruction"] = {**kept(request.extras, "systemInstruction"), "parts": system_parts}
        if tools:
            body["tools"] = tools
        if settings := self._tool_config(declared):
            body["toolConfig"] = settings
        if config:
            body["generationConfig"] = config
        body |= {key: value for key, value in placed.items() if key not in _PLACED and not key.startswith(NOTE)}
        self._unsayable()
        stop = [word for word in request.stop if word]
        return Encoded(body, tuple(self._losses), self._names.restore, tuple(stop[MAX_STOP_SEQUENCES:]))

    def _lose(self, path: str, reason: str) -> None:
        self._losses.append(Loss(path, reason))

    def _tools(self) -> tuple[list[JsonObject], set[str]]:
        """The tools, and the names under which functions are declared."""
        declared: set[str] = set()
        out: list[JsonObject] = []
        functions = any(isinstance(tool, FunctionTool | CustomTool) for tool in self._request.tools)
        for number, tool in enumerate(self._request.tools):
            path = f"tools[{number}]"
            match tool:
                case FunctionTool() | CustomTool():
                    declaration = self._declaration(tool, path)
                    if declaration["name"] in declared:
                        self._lose(path, "a second tool of the same name")
                        continue
                    declared.add(declaration["name"])
                    if not (out and "functionDeclarations" in out[-1]):
                        out.append({"functionDeclarations": []})
                    out[-1]["functionDeclarations"].append(declaration)
                case WebSearchTool():
                    if functions and self._generation < WITH_SIGNATURES and "gemini" not in tool.extras:
                        self._lose(path, "models before Gemini 3 cannot search beside functions")
                        continue
                    self._web_search_losses(tool, path)
                    out.append({"googleSearch": own(tool.extras)})
                case OpaqueTool(format="gemini", value=value):
                    out.append(value)
                case OpaqueTool(format=format, value=value):
                    self._lose(path, f"only {format} has the tool {value.get('type') or value.get('name')!r}")
        return out, declared

    def _declaration(self, tool: FunctionTool | CustomTool, path: str) -> JsonObject:
        if isinstance(tool, CustomTool):
            return self._custom(tool)
        out: JsonObject = {"name": self._names.send(tool.name, tool.namespace)}
        if tool.description:
            out["description"] = tool.description
        classic = own(tool.extras).get("parameters")
        if tool.schema is not None and classic is None:
            if self._generation >= WITH_JSON_SCHEMA:
                out["parametersJsonSchema"] = tool.schema
            elif tool.schema.get("properties"):
                out["parameters"] = to_openapi(tool.schema)
        if tool.strict:
            self._lose(f"{path}.strict", "Gemini has no strict functions")
        return {**out, **own(tool.extras)}

    def _custom(self, tool: CustomTool) -> JsonObject:
        description = tool.description
        grammar = tool.grammar or {}
        if isinstance(grammar.get("definition"), str):
            syntax = grammar.get("syntax") or "given"
            description += f"\n\nThe input must match this {syntax} grammar:\n{grammar['definition']}"
        schema = {
            "type": "object",
            "properties": {"input": {"type": "string", "description": "The whole input of the tool, as plain text."}},
            "required": ["input"],
        }
        name = self._names.send(tool.name, tool.namespace, custom=True)
        out: JsonObject = {"name": name, "description": description.strip()}
        if self._generation >= WITH_JSON_SCHEMA:
            return {**out, "parametersJsonSchema": schema}
        return {**out, "parameters": to_openapi(schema)}

    def _web_search_losses(self, tool: WebSearchTool, path: str) -> None:
        said = own(tool.extras)
        for name, value in (
            ("max_uses", tool.max_uses),
            ("allowed_domains", tool.allowed_domains),
            ("blocked_domains", tool.blocked_domains if "excludeDomains" not in said else ()),
            ("location", tool.location),
        ):
            if value:
                self._lose(f"{path}.{name}", "Google's search cannot be told")

    def _tool_config(self, declared: set[str]) -> JsonObject:
        choice = self._request.tool_choice
        out: JsonObject = kept(self._request.extras, "toolConfig")
        searches = any(isinstance(tool, WebSearchTool) and "gemini" not in tool.extras for tool in self._request.tools)
        if searches and declared and self._generation >= WITH_SIGNATURES:
            out.setdefault("includeServerSideToolInvocations", True)
        if choice is None:
            return out
        calling: JsonObject = {"mode": {"auto": "AUTO", "required": "ANY", "none": "NONE"}[choice.mode]}
        if choice.only:
            calling["allowedFunctionNames"] = [self._existing(name, declared) for name in choice.only]
            if choice.mode == "auto":
                calling["mode"] = "VALIDATED"  # AUTO knows no subset
        elif choice.mode == "required" and not declared:
            raise WireError("'tool_choice': a call is required, and no function is declared.", "tool_choice")
        if not declared and choice.mode != "required" and not out.get("functionCallingConfig"):
            return out  # nothing to choose from
        out["functionCallingConfig"] = {**calling, **(out.get("functionCallingConfig") or {})}
        return out

    def _existing(self, name: str, declared: set[str]) -> str:
        """The sent name of a tool that a choice names, with or without its namespace."""
        for tool in self._request.tools:
            if isinstance(tool, FunctionTool | CustomTool) and name in (tool.name, f"{tool.namespace}__{tool.name}"):
                sent = self._names.send(tool.name, tool.namespace, custom=isinstance(tool, CustomTool))
                if sent in declared:
                    return sent
        raise WireError(f"'tool_choice': there is no tool {name!r}.", "tool_choice")

    def _unsayable(self) -> None:
        """What the other formats can say of a whole request and Gemini cannot."""
        request = self._request
        for path, value, reason in (
            ("verbosity", request.verbosity, "Gemini has no verbosity"),
            ("user", request.user, "Gemini is not told who asks"),
            ("service_tier", request.service_tier not in (None, "auto", "default"), "Gemini has no service tiers"),
            ("metadata", request.metadata, "Gemini's public API has no metadata"),
            ("parallel_tool_calls", request.parallel_tool_calls is False, "Gemini has no switch for parallel calls"),
            ("cache_control", _has_cache(request), "Gemini caches by itself"),
        ):
            if value:
                self._lose(path, reason)
        for format, fields in request.extras.items():
            if format != "gemini":
                names = (
                    name for name, value in fields.items() if value is not None and name[:1] not in ("#", "$", "_")
                )
                self._losses += [Loss(name, f"only {format} knows it") for name in names]  # the rest are codecs' notes


def _has_cache(request: Request) -> bool:
    if any(text.cache for text in request.system):
        return True
    if any(isinstance(tool, FunctionTool) and tool.cache for tool in request.tools):
        return True
    for message in request.messages:
        for block in message.blocks:
            if getattr(block, "cache", None):
                return True
    return False
