"""What the OpenAI platform refuses in a request body, in its own words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from router_core.simulator.call import Json

_CHAT_FIELDS_TEXT = (
    "messages model audio frequency_penalty function_call functions logit_bias logprobs "
    "max_completion_tokens max_tokens metadata modalities moderation n parallel_tool_calls prediction "
    "presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort "
    "response_format safety_identifier seed service_tier stop store stream stream_options temperature "
    "tool_choice tools top_logprobs top_p user verbosity web_search_options"
)
CHAT_FIELDS = frozenset(_CHAT_FIELDS_TEXT.split())

_RESPONSES_FIELDS_TEXT = (
    "access_programs background client_metadata context_management conversation image include input "
    "instructions max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls "
    "previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning "
    "safety_identifier service_tier store stream stream_options temperature text tool_choice tools "
    "top_logprobs top_p truncation user"
)
RESPONSES_FIELDS = frozenset(_RESPONSES_FIELDS_TEXT.split())

_MODEL = re.compile(r"^(gpt-|chatgpt-|codex-|o\d|ft:)")
_REASONING = re.compile(r"^(o\d|gpt-([5-9]|\d\d)|codex-)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a request."""

    message: str
    code: str | None = None
    param: str | None = None
    status: int = 400


def is_model(name: str) -> bool:
    """Whether OpenAI would have a model of this name."""
    return bool(_MODEL.match(name))


def is_reasoning_model(name: str) -> bool:
    return bool(_REASONING.match(name)) and "chat" not in name


def chat_problem(body: Json) -> Problem | None:
    """The first thing wrong with a Chat Completions body."""
    return next(_chat_problems(body), None)


def responses_problem(body: Json) -> Problem | None:
    """The first thing wrong with a Responses body."""
    return next(_responses_problems(body), None)


def _chat_problems(body: Json) -> Iterator[Problem]:
    yield from _needs(body, "messages")
    for name in [name for name in body if name not in CHAT_FIELDS]:
        yield Problem(f"Unrecognized request argument supplied: {name}")
    if not isinstance(body["messages"], list) or not body["messages"]:
        text = (
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
        )
        yield Problem(text, "empty_array", "messages")
    model = body["model"]
    if is_reasoning_model(model):
        if body.get("max_tokens") is not None:
            text = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'"
            yield Problem(f"{text} instead.", "unsupported_parameter", "max_tokens")
        for name in ("top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "stop"):
            if body.get(name) not in (None, 1, 0, False):
                text = f"Unsupported parameter: '{name}' is not supported with this model."
                yield Problem(text, "unsupported_parameter", name)
        yield from _temperature(body)
    if model.startswith("gpt-6.1") and body.get("tools"):
        text = "Function calling is not supported with this model in the v1/chat/completions endpoint."
        yield Problem(text, "unsupported_parameter", "tools")
    for position, tool in enumerate(body.get("tools") or []):
        if tool.get("type") == "function" and not (tool.get("function") or {}).get("name"):
            where = f"tools[{position}].function.name"
            yield Problem(f"Missing required parameter: '{where}'.", "missing_required_parameter", where)
    yield from _chat_turns(body["messages"])


def _chat_turns(messages: list[Json]) -> Iterator[Problem]:
    pending: list[str] = []
    for index, message in enumerate(messages):
        role, where = message.get("role"), f"messages.[{index}].role"
        if role not in ("system", "developer", "user", "assistant", "tool", "function"):
            yield Problem(f"Invalid value: '{role}'.", "invalid_value", f"messages[{index}].role")
        if role == "tool":
            if message.get("tool_call_id") not in pending:
                text = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
                yield Problem(f"Invalid parameter: {text}", None, where)
            pending.remove(message["tool_call_id"])
        elif pending:
            yield _missing_answers(pending, where)
        if role == "assistant":
            pending = [str(call.get("id")) for call in message.get("tool_calls") or []]
    if pending:
        yield _missing_answers(pending, "messages")


def _missing_answers(pending: list[str], where: str) -> Problem:
    text = (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(pending)}"
    )
    return Problem(text, None, where)


def _responses_problems(body: Json) -> Iterator[Problem]:
    yield from _needs(body, "input", unless=("prompt", "conversation", "previous_response_id"))
    for name in [name for name in body if name not in RESPONSES_FIELDS]:
        yield Problem(f"Unknown parameter: '{name}'.", "unknown_parameter", name)
    if not isinstance(body.get("input", ""), str | list):
        text = "Invalid type for 'input': expected one of an array of objects or a string."
        yield Problem(text, "invalid_type", "input")
    if is_reasoning_model(body["model"]):
        for name in ("top_p", "top_logprobs"):
            if body.get(name) not in (None, 1, 0):
                text = f"Unsupported parameter: '{name}' is not supported with this model."
                yield Problem(text, "unsupported_parameter", name)
        yield from _temperature(body)
    limit = body.get("max_output_tokens")
    if limit is not None and limit < 16:
        text = "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, "
        text += f"but got {limit} instead."
        yield Problem(text, "integer_below_min_value", "max_output_tokens")
    for position, tool in enumerate(body.get("tools") or []):
        if tool.get("type") in ("function", "custom") and not tool.get("name"):
            where = f"tools[{position}].name"
            yield Problem(f"Missing required parameter: '{where}'.", "missing_required_parameter", where)


def _needs(body: Json, name: str, unless: tuple[str, ...] = ()) -> Iterator[Problem]:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        yield Problem("you must provide a model parameter", "missing_required_parameter", "model")
    if name not in body and not any(other in body for other in unless):
        yield Problem(f"Missing required parameter: '{name}'.", "missing_required_parameter", name)
    if not is_model(str(model)):
        text = f"The model `{model}` does not exist or you do not have access to it."
        yield Problem(text, "model_not_found", None, 404)


def _temperature(body: Json) -> Iterator[Problem]:
    value = body.get("temperature")
    if value not in (None, 1):
        text = f"Unsupported value: 'temperature' does not support {value} with this model. Only the default (1) value"
        yield Problem(f"{text} is supported.", "unsupported_value", "temperature")
