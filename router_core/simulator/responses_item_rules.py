"""What OpenAI refuses in the input items of a Responses request: their types, their parts, their ids."""

from collections.abc import Iterator
from typing import Any

from router_core.simulator.call import Json
from router_core.simulator.data_urls import file_problems, image_problems
from router_core.simulator.openai_rules import (
    Problem,
    length_problems,
    name_problems,
    type_problem,
    value_problem,
)
from router_core.simulator.responses_prompt import CALLS, OUTPUTS, item_type

ROLES = ["assistant", "system", "developer", "user"]
_PARTS_OF_USERS = ["input_text", "input_image", "input_file"]
_PARTS_OF_ASSISTANTS = ["output_text", "refusal"]

# Fields and types of other formats, which a translator may leave behind. Not a closed list of what is allowed: the
# real clients send items and fields that are documented nowhere.
_FOREIGN_FIELDS = frozenset(
    {"cache_control", "tool_calls", "tool_call_id", "tool_use_id", "is_error", "signature", "reasoning_content"}
    | {"thinking", "input_schema", "thoughtSignature", "parts"}
)
_FOREIGN_TYPES = frozenset({"tool_use", "tool_result", "text", "thinking", "redacted_thinking", "image", "tool"})

ITEM_TYPES = ["message", "reasoning", "item_reference", *CALLS, *OUTPUTS, "web_search_call", "local_shell_call"]
MAX_CALL_ID_CHARS = 64
MAX_ITEM_ID_CHARS = 64


def item_problems(items: list[Any]) -> Iterator[Problem]:
    """What is wrong with the items of one request."""
    seen: set[str] = set()
    for index, item in enumerate(items):
        where = f"input[{index}]"
        if not isinstance(item, dict):
            yield type_problem(where, "an object", item)
        kind = item_type(item)
        if not kind or kind in _FOREIGN_TYPES:
            yield value_problem(where, kind, ITEM_TYPES)
        for extra in [name for name in item if name in _FOREIGN_FIELDS]:
            yield Problem(f"Unknown parameter: '{where}.{extra}'.", "unknown_parameter", f"{where}.{extra}")
        item_id = item.get("id")
        yield from length_problems(item_id, f"{where}.id", MAX_ITEM_ID_CHARS)
        if isinstance(item_id, str) and kind != "item_reference":
            if item_id in seen:
                text = f"Duplicate item found with id {item_id}. Remove duplicate items from your input and try again."
                yield Problem(text, None, "input")
            seen.add(item_id)
        yield from _one_item(item, kind, where)


def _one_item(item: Json, kind: str, where: str) -> Iterator[Problem]:
    if kind == "message":
        yield from _message_problems(item, where)
    if kind in CALLS:
        key = "arguments" if kind == "function_call" else "input"
        yield from name_problems(item.get("name"), f"{where}.name")
        if not isinstance(item.get(key), str):
            yield type_problem(f"{where}.{key}", "a string", item.get(key))
    if kind in CALLS or kind in OUTPUTS:
        if not item.get("call_id"):
            missing = f"{where}.call_id"
            yield Problem(f"Missing required parameter: '{missing}'.", "missing_required_parameter", missing)
        yield from length_problems(item.get("call_id"), f"{where}.call_id", MAX_CALL_ID_CHARS)
    if kind in OUTPUTS:
        output = item.get("output")
        if isinstance(output, list):
            yield from _part_problems(output, f"{where}.output", _PARTS_OF_USERS)
        elif not isinstance(output, str):
            yield type_problem(f"{where}.output", "one of an array of objects or a string", output)
    if kind == "reasoning" and not isinstance(item.get("summary"), list):
        missing = f"{where}.summary"
        yield Problem(f"Missing required parameter: '{missing}'.", "missing_required_parameter", missing)


def _message_problems(item: Json, where: str) -> Iterator[Problem]:
    role, content = item.get("role"), item.get("content")
    if role not in ROLES:
        yield value_problem(where, role, ROLES)
    if isinstance(content, list):
        known = _PARTS_OF_ASSISTANTS if role == "assistant" else _PARTS_OF_USERS
        yield from _part_problems(content, f"{where}.content", known)
    elif not isinstance(content, str):
        yield type_problem(f"{where}.content", "one of an array of objects or a string", content)


def _part_problems(parts: list[Any], where: str, known: list[str]) -> Iterator[Problem]:
    for position, part in enumerate(parts):
        here = f"{where}[{position}]"
        if not isinstance(part, dict):
            yield type_problem(here, "an object", part)
        kind = part.get("type")
        if kind not in known:
            yield value_problem(here, kind, known)
        for extra in [name for name in part if name in _FOREIGN_FIELDS]:
            yield Problem(f"Unknown parameter: '{here}.{extra}'.", "unknown_parameter", f"{here}.{extra}")
        match kind:
            case "input_text" | "output_text" if not isinstance(part.get("text"), str):
                yield type_problem(f"{here}.text", "a string", part.get("text"))
            case "refusal" if not isinstance(part.get("refusal"), str):
                yield type_problem(f"{here}.refusal", "a string", part.get("refusal"))
            case "input_image" if not part.get("file_id"):
                yield from image_problems(part.get("image_url"), f"{here}.image_url")
            case "input_file":
                yield from file_problems(part, here)
            case _:
                continue
