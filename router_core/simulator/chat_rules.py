"""What OpenAI refuses in a Chat Completions body."""

from collections.abc import Iterator
from typing import Any

import orjson

from router_core.simulator.call import Json
from router_core.simulator.chat_turns import turn_problems
from router_core.simulator.openai_rules import (
    Problem,
    effort_problems,
    function_problems,
    is_reasoning_model,
    name_problems,
    needs,
    sampling_problems,
    type_problem,
    value_problem,
)
from router_core.simulator.strict_schema import strict_problem

_FIELDS_TEXT = (
    "messages model audio frequency_penalty function_call functions logit_bias logprobs "
    "max_completion_tokens max_tokens metadata modalities moderation n parallel_tool_calls prediction "
    "presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort "
    "response_format safety_identifier seed service_tier stop store stream stream_options temperature "
    "tool_choice tools top_logprobs top_p user verbosity web_search_options"
)
FIELDS = frozenset(_FIELDS_TEXT.split())

_NOT_WHILE_REASONING = ("top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "stop")


def chat_problem(body: Json) -> Problem | None:
    """The first thing wrong with a Chat Completions body."""
    return next(_problems(body), None)


def _problems(body: Json) -> Iterator[Problem]:
    yield from needs(body, "messages")
    for name in [name for name in body if name not in FIELDS]:
        yield Problem(f"Unrecognized request argument supplied: {name}")
    if not isinstance(body["messages"], list) or not body["messages"]:
        text = (
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
        )
        yield Problem(text, "empty_array", "messages")
    model = body["model"]
    if is_reasoning_model(model) and body.get("max_tokens") is not None:
        text = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'"
        yield Problem(f"{text} instead.", "unsupported_parameter", "max_tokens")
    effort = body.get("reasoning_effort")
    yield from sampling_problems(body, _NOT_WHILE_REASONING, effort)
    yield from effort_problems(model, effort, "reasoning_effort", chat=True)
    if model.startswith("gpt-6.1") and body.get("tools"):
        text = "Function calling is not supported with this model in the v1/chat/completions endpoint."
        yield Problem(text, "unsupported_parameter", "tools")
    yield from _setting_problems(body)
    yield from tool_problems(body)
    yield from _format_problems(body)
    yield from turn_problems(body["messages"])


def _setting_problems(body: Json) -> Iterator[Problem]:
    stop, count = body.get("stop"), body.get("n")
    if isinstance(stop, list) and len(stop) > 4:
        text = "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length "
        yield Problem(f"{text}{len(stop)} instead.", "array_above_max_length", "stop")
    if count is not None and (not isinstance(count, int) or not 1 <= count <= 128):
        text = f"Invalid 'n': integer out of range. Expected a value between 1 and 128, but got {count} instead."
        yield Problem(text, "integer_out_of_range", "n")
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        text = "Invalid value for 'top_logprobs': 'top_logprobs' is only allowed when 'logprobs' is enabled."
        yield Problem(text, None, "top_logprobs")
    if body.get("stream_options") is not None and not body.get("stream"):
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        yield Problem(text, None, "stream_options")
    for name in ("max_tokens", "max_completion_tokens"):
        limit = body.get(name)
        if limit is not None and limit < 1:
            text = f"Invalid '{name}': integer below minimum value. Expected a value >= 1, but got {limit} instead."
            yield Problem(text, "integer_below_min_value", name)


def tool_problems(body: Json) -> Iterator[Problem]:
    """Tools and which of them must be used."""
    tools = body.get("tools") or []
    for position, tool in enumerate(tools):
        where = f"tools[{position}]"
        kind = tool.get("type")
        if kind not in ("function", "custom"):
            yield value_problem(f"{where}.type", kind, ["function", "custom"])
        inner = tool.get(kind)
        if not isinstance(inner, dict):
            missing = f"{where}.{kind}"
            yield Problem(f"Missing required parameter: '{missing}'.", "missing_required_parameter", missing)
        for extra in [name for name in tool if name not in ("type", kind)]:
            yield Problem(f"Unknown parameter: '{where}.{extra}'.", "unknown_parameter", f"{where}.{extra}")
        if kind == "function":
            yield from function_problems(inner, f"{where}.function", strict=inner.get("strict") is True)
        else:
            yield from name_problems(inner.get("name"), f"{where}.custom.name")
    for name in ("tool_choice", "parallel_tool_calls"):
        if body.get(name) not in (None, "none") and not tools:
            text = f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified."
            yield Problem(text, None, name)
    yield from _choice_problems(body.get("tool_choice"), tools)


def _choice_problems(choice: Any, tools: list[Json]) -> Iterator[Problem]:
    if isinstance(choice, str) and choice not in ("none", "auto", "required"):
        yield value_problem("tool_choice", choice, ["none", "auto", "required"])
    if isinstance(choice, dict):
        kind = str(choice.get("type"))
        if kind not in ("function", "custom", "allowed_tools"):
            yield value_problem("tool_choice.type", kind, ["function", "allowed_tools", "custom"])
        if not isinstance(choice.get(kind), dict):
            where = f"tool_choice.{kind}"
            yield Problem(f"Missing required parameter: '{where}'.", "missing_required_parameter", where)
        named = choice[kind].get("name")
        if kind != "allowed_tools" and named not in [(tool.get(kind) or {}).get("name") for tool in tools]:
            text = f"Invalid value for 'tool_choice': tool choice '{named}' not found in 'tools' parameter."
            yield Problem(text, None, "tool_choice")


def _format_problems(body: Json) -> Iterator[Problem]:
    form = body.get("response_format")
    if form is None:
        return
    if not isinstance(form, dict):
        yield type_problem("response_format", "an object", form)
    match form.get("type"):
        case "text":
            return
        case "json_object":
            if b"json" not in orjson.dumps(body["messages"]).lower():
                text = "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
                yield Problem(f"{text}'json_object'.", None, "messages")
        case "json_schema":
            yield from schema_problems(form.get("json_schema") or {}, "response_format.json_schema")
        case other:
            yield value_problem("response_format.type", other, ["json_object", "json_schema", "text"])


def schema_problems(described: Json, where: str) -> Iterator[Problem]:
    """The schema of a structured answer: its name, and strict mode."""
    yield from name_problems(described.get("name"), f"{where}.name")
    if not isinstance(described.get("schema"), dict):
        missing = f"{where}.schema"
        yield Problem(f"Missing required parameter: '{missing}'.", "missing_required_parameter", missing)
    found = strict_problem(described["schema"]) if described.get("strict") else None
    if found:
        text = f"Invalid schema for response_format '{described['name']}': {found}"
        yield Problem(text, "invalid_json_schema", where.removesuffix(".json_schema"))
