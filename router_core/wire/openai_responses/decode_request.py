"""A request's body → the neutral request.

`instructions` are its system text; developer and system items stay in the conversation, where the client put them.
`additional_tools` items (newer Codex) hold tools, so their tools count as tools, and their place is remembered. What
only this format knows (`previous_response_id`, `background` …) stands in the extras under its own name; entries that
begin with `#` are for this codec alone.

Source: OpenAI's API reference for Responses, and recorded requests of Codex CLI, 2026-11.
"""

from typing import Any, cast

from router_core.wire.effort import ORDER
from router_core.wire.model import (
    Effort,
    JsonObject,
    Message,
    OutputFormat,
    Request,
    Text,
    ThinkingSetting,
    Tool,
)
from router_core.wire.openai_responses.decode_items import decode_item, plain_message
from router_core.wire.openai_responses.fields import (
    MARK,
    OWN,
    array,
    boolean,
    integer,
    maybe_string,
    number,
    obj,
    own,
    string,
    wrong,
)
from router_core.wire.openai_responses.tools import decode_choice, decode_tools

ENCRYPTED = "reasoning.encrypted_content"
LOGPROBS = "message.output_text.logprobs"
_TAKEN = frozenset(
    {
        "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "text",
        "max_output_tokens", "temperature", "top_p", "top_logprobs", "prompt_cache_key", "service_tier", "metadata",
        "stream",
    }
)  # fmt: skip
_ELSEWHERE = frozenset({"store", "include", "client_metadata", "user", "safety_identifier", "stream_options"})
"""Fields that are no loss for a provider of another format: it stores nothing, always tells, or is told in its way."""


def decode_request(body: JsonObject) -> Request:
    """Raises WireError 400 for what is not of this format."""
    said: JsonObject = {}
    messages, item_tools = _input(body, said)
    tools: tuple[Tool, ...] = decode_tools(body["tools"]) if body.get("tools") else ()
    include = body.get("include")
    included = array(include, "include", 400) if include is not None else []
    instructions = body.get("instructions")
    if instructions is not None and not isinstance(instructions, str):
        raise wrong("instructions", "a string", 400)
    top_logprobs = integer(body, "top_logprobs", "", 400)
    if isinstance(body.get("tool_choice"), dict):
        said["#tool_choice"] = body["tool_choice"]
    thinking = _thinking(body, said)
    output, verbosity = _text(body, said)
    metadata = body.get("metadata")
    stream = boolean(body, "stream", "", 400)
    for key, value in body.items():
        empty = value is None or value == "" or value == [] or value is False
        if key not in _TAKEN and not empty and key not in _ELSEWHERE and not key.startswith(MARK):
            said[key] = value
        elif key != "input" and (key not in _TAKEN or empty):
            said.setdefault("#quiet", {})[key] = value
    return Request(
        model=string(body, "model", "", 400),
        messages=tuple(messages),
        system=(Text(instructions, extras=own()),) if instructions else (),
        tools=tools + tuple(item_tools),
        tool_choice=decode_choice(body.get("tool_choice")),
        parallel_tool_calls=boolean(body, "parallel_tool_calls", "", 400),
        thinking=thinking,
        output=output,
        max_tokens=integer(body, "max_output_tokens", "", 400),
        temperature=number(body, "temperature", "", 400),
        top_p=number(body, "top_p", "", 400),
        logprobs=LOGPROBS in included or bool(top_logprobs),
        top_logprobs=top_logprobs,
        verbosity=verbosity,
        user=maybe_string(body, "safety_identifier", "", 400) or maybe_string(body, "user", "", 400) or None,
        cache_key=maybe_string(body, "prompt_cache_key", "", 400) or None,
        service_tier=maybe_string(body, "service_tier", "", 400) or None,
        metadata=obj(metadata, "metadata", 400) if metadata is not None else None,
        stream=bool(stream),
        include_proofs=ENCRYPTED in included,
        extras={OWN: said},
    )


def _input(body: JsonObject, said: JsonObject) -> tuple[list[Message], list[Tool]]:
    given: Any = body.get("input")
    if given is None:
        said["#input"] = "absent"
        return [], []
    if isinstance(given, str):
        said["#input"] = "string"
        return [Message("user", (Text(given, extras=own()),), {OWN: {"message": {}, "string": True}})], []
    messages: list[Message] = []
    tools: list[Tool] = []
    additional: list[JsonObject] = []
    for i, value in enumerate(array(given, "input", 400)):
        if (plain := plain_message(value)) is not None:
            messages.append(plain)
            continue
        where = f"input[{i}]"
        item = obj(value, where, 400)
        if item.get("type") == "additional_tools":
            tools += decode_tools(item.get("tools") or [], f"{where}.tools", additional=len(additional))
            kept = {key: value for key, value in item.items() if key != "tools"}
            additional.append({"at": len(messages), "item": kept})
        else:
            messages.append(decode_item(item, where))
    if additional:
        said["#additional_tools"] = additional
    return messages, tools


def _thinking(body: JsonObject, said: JsonObject) -> ThinkingSetting | None:
    given = body.get("reasoning")
    if given is None:
        return None
    reasoning = obj(given, "reasoning", 400)
    effort = maybe_string(reasoning, "effort", "reasoning", 400)
    summary = maybe_string(reasoning, "summary", "reasoning", 400)
    known = effort in ORDER
    said["#reasoning"] = {k: v for k, v in reasoning.items() if k != "effort" or not known}
    if effort == "none":
        return ThinkingSetting("off")
    show = "summary" if summary and summary != "none" else None
    return ThinkingSetting("on" if known else "adaptive", cast(Effort, effort) if known else None, show=show)  # type: ignore[arg-type]


def _text(body: JsonObject, said: JsonObject) -> tuple[OutputFormat | None, str | None]:
    given = body.get("text")
    if given is None:
        return None, None
    text = obj(given, "text", 400)
    said["#text"] = {k: v for k, v in text.items() if k not in ("format", "verbosity") or v is None}
    verbosity = maybe_string(text, "verbosity", "text", 400) or None
    if text.get("format") is None:
        return None, verbosity
    format = obj(text["format"], "text.format", 400)
    match string(format, "type", "text.format", 400):
        case "json_schema":
            known = ("type", "schema", "name", "strict", "description")
            said["#format"] = {k: v for k, v in format.items() if k not in known or v is None or v == ""}
            return OutputFormat(
                "json_schema",
                obj(format.get("schema"), "text.format.schema", 400),
                maybe_string(format, "name", "text.format", 400),
                boolean(format, "strict", "text.format", 400),
                maybe_string(format, "description", "text.format", 400),
            ), verbosity
        case "json_object":
            return OutputFormat("json_object"), verbosity
        case _:
            said["#text"]["format"] = format
            return None, verbosity
