"""What OpenAI refuses in the messages of a Chat Completions body: roles, parts, tool calls and their answers."""

from collections.abc import Iterator
from typing import Any

from router_core.simulator.call import Json
from router_core.simulator.data_urls import audio_problems, file_problems, image_problems
from router_core.simulator.openai_rules import (
    Problem,
    length_problems,
    name_problems,
    type_problem,
    value_problem,
)

ROLES = ["system", "assistant", "user", "function", "tool", "developer"]

# `annotations` stands in what the API itself returns, which programs append to the conversation as it is.
_FIELDS = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "refusal", "audio", "tool_calls", "function_call", "annotations"},
    "tool": {"role", "content", "tool_call_id"},
    "function": {"role", "content", "name"},
}

_PARTS: dict[str, set[str]] = {
    "text": {"type", "text", "prompt_cache_breakpoint"},
    "image_url": {"type", "image_url", "prompt_cache_breakpoint"},
    "input_audio": {"type", "input_audio", "prompt_cache_breakpoint"},
    "file": {"type", "file", "prompt_cache_breakpoint"},
    "refusal": {"type", "refusal"},
}

MAX_CALL_ID_CHARS = 64


def turn_problems(
    messages: list[Json], *, more_fields: frozenset[str] = frozenset(), more_parts: frozenset[str] = frozenset()
) -> Iterator[Problem]:
    """What is wrong with the messages.

    Args:
        more_fields: message fields of a dialect.
        more_parts: content part types of a dialect; unchecked.
    """
    yield from _pairing_problems(messages)
    for index, message in enumerate(messages):
        where, role = f"messages[{index}]", message["role"]
        for extra in [name for name in message if name not in _FIELDS[role] and name not in more_fields]:
            yield Problem(f"Unknown parameter: '{where}.{extra}'.", "unknown_parameter", f"{where}.{extra}")
        yield from _content_problems(message, where, more_parts)
        for position, call in enumerate(message.get("tool_calls") or []):
            yield from _call_problems(call, f"{where}.tool_calls[{position}]")


def _pairing_problems(messages: list[Json]) -> Iterator[Problem]:
    pending: list[str] = []
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            yield type_problem(f"messages[{index}]", "an object", message)
        role, where = message.get("role"), f"messages.[{index}].role"
        if role not in ROLES:
            yield value_problem(f"messages[{index}].role", role, ROLES)
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


def _content_problems(message: Json, where: str, more_parts: frozenset[str]) -> Iterator[Problem]:
    content, role = message.get("content"), message["role"]
    if content is None:
        carried = any(message.get(name) for name in ("tool_calls", "function_call", "refusal", "audio"))
        if role != "assistant" or not carried:
            at = where.replace("[", ".[")
            text = "Invalid value for 'content': expected a string, got null."
            yield Problem(text, None, f"{at}.content")
        return
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        yield type_problem(f"{where}.content", "one of a string or array of objects", content)
    if not content:
        text = f"Invalid '{where}.content': empty array. Expected an array with minimum length 1, but got an empty "
        yield Problem(f"{text}array instead.", "empty_array", f"{where}.content")
    for position, part in enumerate(content):
        here = f"{where}.content[{position}]"
        if not isinstance(part, dict):
            yield type_problem(here, "an object", part)
        if part.get("type") not in more_parts:
            yield from _part_problems(part, here, where, role)


def _part_problems(part: Json, here: str, where: str, role: str) -> Iterator[Problem]:
    kind = part.get("type")
    if kind not in _PARTS:
        yield value_problem(f"{here}.type", kind, ["text", "image_url", "input_audio", "refusal", "audio", "file"])
    for extra in [name for name in part if name not in _PARTS[str(kind)]]:
        yield Problem(f"Unknown parameter: '{here}.{extra}'.", "unknown_parameter", f"{here}.{extra}")
    if kind == "image_url" and role != "user":
        text = (
            f"Invalid '{where}'. Image URLs are only allowed for messages with role 'user', but this message with role "
            f"'{role}' contains an image URL."
        )
        yield Problem(text, "invalid_value", where)
    if role != "user" and kind in ("input_audio", "file"):
        yield value_problem(f"{here}.type", kind, ["text", "refusal"] if role == "assistant" else ["text"])
    if kind == "refusal" and role != "assistant":
        yield value_problem(f"{here}.type", kind, ["text"])
    match kind:
        case "text" | "refusal" if not isinstance(part.get(kind), str):
            yield type_problem(f"{here}.{kind}", "a string", part.get(kind))
        case "image_url":
            image = part.get("image_url")
            if not isinstance(image, dict):
                yield type_problem(f"{here}.image_url", "an object", image)
            else:
                yield from image_problems(image.get("url"), f"{here}.image_url.url")
        case "input_audio":
            yield from audio_problems(part.get("input_audio"), f"{here}.input_audio")
        case "file":
            file = part.get("file")
            if not isinstance(file, dict):
                yield type_problem(f"{here}.file", "an object", file)
            else:
                yield from file_problems(file, f"{here}.file")
        case _:
            return


def _call_problems(call: Any, where: str) -> Iterator[Problem]:
    yield from length_problems(call.get("id"), f"{where}.id", MAX_CALL_ID_CHARS)
    kind = call.get("type")
    if kind not in ("function", "custom"):
        yield value_problem(f"{where}.type", kind, ["function", "custom"])
    inner = call.get(kind)
    key = "input" if kind == "custom" else "arguments"
    if not isinstance(inner, dict) or key not in inner:
        missing = f"{where}.{kind}.{key}"
        yield Problem(f"Missing required parameter: '{missing}'.", "missing_required_parameter", missing)
    yield from name_problems(inner.get("name"), f"{where}.{kind}.name")
    if not isinstance(inner[key], str):
        yield type_problem(f"{where}.{kind}.{key}", "a string", inner[key])
