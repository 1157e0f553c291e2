"""What OpenAI refuses in a Responses body: fields, tools, structured answers."""

from collections.abc import Iterator
from typing import Any

from router_core.simulator.call import Json
from router_core.simulator.chat_rules import schema_problems
from router_core.simulator.openai_rules import (
    Problem,
    effort_problems,
    function_problems,
    name_problems,
    needs,
    sampling_problems,
    type_problem,
    value_problem,
)
from router_core.simulator.responses_item_rules import item_problems

_FIELDS_TEXT = (
    "access_programs background client_metadata context_management conversation image include input "
    "instructions max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls "
    "previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning "
    "safety_identifier service_tier store stream stream_options temperature text tool_choice tools "
    "top_logprobs top_p truncation user"
)
FIELDS = frozenset(_FIELDS_TEXT.split())

INCLUDES = [
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
]


def responses_problem(body: Json) -> Problem | None:
    """The first thing wrong with a Responses body."""
    return next(_problems(body), None)


def _problems(body: Json) -> Iterator[Problem]:
    yield from needs(body, "input", unless=("prompt", "conversation", "previous_response_id"))
    for name in [name for name in body if name not in FIELDS]:
        yield Problem(f"Unknown parameter: '{name}'.", "unknown_parameter", name)
    if not isinstance(body.get("input", ""), str | list):
        text = "Invalid type for 'input': expected one of an array of objects or a string."
        yield Problem(text, "invalid_type", "input")
    effort = (body.get("reasoning") or {}).get("effort")
    yield from sampling_problems(body, ("top_p", "top_logprobs"), effort)
    yield from effort_problems(body["model"], effort, "reasoning.effort", chat=False)
    limit = body.get("max_output_tokens")
    if limit is not None and limit < 16:
        text = "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, "
        text += f"but got {limit} instead."
        yield Problem(text, "integer_below_min_value", "max_output_tokens")
    if body.get("instructions") is not None and not isinstance(body["instructions"], str):
        yield type_problem("instructions", "a string", body["instructions"])
    yield from shared_problems(body)


def shared_problems(body: Json) -> Iterator[Problem]:
    """What the platform and the Codex backend refuse alike: items, tools, structured answers, includes."""
    if isinstance(body.get("input"), list):
        yield from item_problems(body["input"])
    yield from _tool_problems(body)
    form = (body.get("text") or {}).get("format")
    if form is not None:
        kind = form.get("type")
        if kind not in ("text", "json_schema", "json_object"):
            yield value_problem("text.format.type", kind, ["json_object", "json_schema", "text"])
        if kind == "json_schema":
            yield from schema_problems(form, "text.format")
    for position, name in enumerate(body.get("include") or []):
        if name not in INCLUDES:
            yield value_problem(f"include[{position}]", name, INCLUDES)


def _tool_problems(body: Json) -> Iterator[Problem]:
    tools = body.get("tools") or []
    for position, tool in enumerate(tools):
        where = f"tools[{position}]"
        match tool.get("type"):
            case "function":
                # strict unless it says otherwise: the trap of this format
                yield from function_problems(tool, where, strict=tool.get("strict", True) is not False)
            case "custom":
                yield from name_problems(tool.get("name"), f"{where}.name")
            case None:
                yield Problem(f"Missing required parameter: '{where}.type'.", "missing_required_parameter", where)
            case _:
                pass
        for extra in [name for name in ("function", "custom", "input_schema", "cache_control") if name in tool]:
            yield Problem(f"Unknown parameter: '{where}.{extra}'.", "unknown_parameter", f"{where}.{extra}")
    yield from _choice_problems(body.get("tool_choice"), tools)


def _choice_problems(choice: Any, tools: list[Json]) -> Iterator[Problem]:
    if isinstance(choice, str) and choice not in ("none", "auto", "required"):
        yield value_problem("tool_choice", choice, ["none", "auto", "required"])
    if choice == "required" and not tools:
        text = "Tool choice 'required' must be specified with 'tools' parameter."
        yield Problem(text, None, "tool_choice")
    if isinstance(choice, dict) and choice.get("type") in ("function", "custom"):
        if not choice.get("name"):
            yield Problem(
                "Missing required parameter: 'tool_choice.name'.", "missing_required_parameter", "tool_choice.name"
            )
        if choice["name"] not in [tool.get("name") for tool in tools]:
            yield Problem(f"Tool choice '{choice['name']}' not found in 'tools' parameter.", None, "tool_choice")
