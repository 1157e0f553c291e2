"""What the OpenAI platform refuses in every request body, in its own words: models, sampling, tools, efforts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from router_core.simulator.call import Json
from router_core.simulator.strict_schema import root_problem, strict_problem

_MODEL = re.compile(r"^(gpt-|chatgpt-|codex-|o\d|ft:)")
# Other companies' models that speak Chat Completions, each with its dialect (`chat_dialects.py`).
_OTHERS = re.compile(r"^(deepseek-|mistral-|magistral-|codestral-|qwen|kimi-|glm-|llama|grok-|simulated-|[a-z0-9-]+/)")
_NAME = re.compile(r"^[a-zA-Z0-9_-]+$")
MAX_NAME_CHARS = 64
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


def is_other_model(name: str) -> bool:
    """Whether the name is that of another company's model, served over Chat Completions only."""
    return bool(_OTHERS.match(name))


def is_reasoning_model(name: str) -> bool:
    return bool(_REASONING.match(name)) and "chat" not in name


def needs(body: Json, name: str, unless: tuple[str, ...] = ()) -> Iterator[Problem]:
    """A model and a conversation."""
    model = body.get("model")
    if not isinstance(model, str) or not model:
        yield Problem("you must provide a model parameter", "missing_required_parameter", "model")
    if name not in body and not any(other in body for other in unless):
        yield Problem(f"Missing required parameter: '{name}'.", "missing_required_parameter", name)
    if not is_model(str(model)) and not (name == "messages" and is_other_model(str(model))):
        text = f"The model `{model}` does not exist or you do not have access to it."
        yield Problem(text, "model_not_found", None, 404)


def sampling_problems(body: Json, refused: tuple[str, ...], effort: str | None) -> Iterator[Problem]:
    """Settings that a reasoning model does not take; without reasoning it takes them all."""
    for name, most in (("temperature", 2), ("top_p", 1)):
        value = body.get(name)
        if value is not None and value > most:
            text = (
                f"Invalid '{name}': decimal above maximum value. Expected a value <= {most}, but got {value} instead."
            )
            yield Problem(text, "decimal_above_max_value", name)
    if not is_reasoning_model(body["model"]) or effort == "none":
        return
    for name in refused:
        if body.get(name) not in (None, 1, 0, False):
            text = f"Unsupported parameter: '{name}' is not supported with this model."
            yield Problem(text, "unsupported_parameter", name)
    value = body.get("temperature")
    if value not in (None, 1):
        text = f"Unsupported value: 'temperature' does not support {value} with this model. Only the default (1) value"
        yield Problem(f"{text} is supported.", "unsupported_value", "temperature")


def effort_problems(model: str, effort: Any, param: str, *, chat: bool) -> Iterator[Problem]:
    """How much a model may be told to think."""
    if effort is None:
        return
    if not is_reasoning_model(model):
        text = f"Unsupported parameter: '{param}' is not supported with this model."
        plain = Problem(f"Unrecognized request argument supplied: {param}") if chat else None
        yield plain or Problem(text, "unsupported_parameter", param)
    allowed = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
    if model.startswith(("gpt-6.1", "gpt-6.2")):
        allowed.remove("none")
        if model.startswith("gpt-6.2"):
            allowed.remove("minimal")
        if chat and model.startswith("gpt-6.1"):
            allowed.remove("max")
    if effort not in allowed:
        text = f"Unsupported value: '{param}' does not support '{effort}' with this model. Supported values are: "
        yield Problem(text + one_of(allowed) + ".", "unsupported_value", param)


def function_problems(function: Json, where: str, *, strict: bool) -> Iterator[Problem]:
    """A function that is offered: its name, and the schema of its arguments.

    Args:
        where: the function's own place, `tools[0].function` in Chat, `tools[0]` in Responses.
    """
    yield from name_problems(function.get("name"), f"{where}.name")
    parameters, place = function.get("parameters"), f"{where}.parameters"
    found = root_problem(parameters) if parameters is not None else None
    found = found or (strict_problem(parameters) if strict else None)
    if found:
        text = f"Invalid schema for function '{function['name']}': {found}"
        yield Problem(text, "invalid_function_parameters", place)


def name_problems(name: Any, where: str) -> Iterator[Problem]:
    """The name of a tool."""
    if not name:
        yield Problem(f"Missing required parameter: '{where}'.", "missing_required_parameter", where)
    yield from length_problems(name, where, MAX_NAME_CHARS)
    if not isinstance(name, str) or not _NAME.match(name):
        text = f"Invalid '{where}': string does not match pattern. Expected a string that matches the pattern "
        yield Problem(f"{text}'{_NAME.pattern}'.", "invalid_value", where)


def length_problems(text: Any, where: str, most: int) -> Iterator[Problem]:
    """A string that is too long."""
    if isinstance(text, str) and len(text) > most:
        words = f"Expected a string with maximum length {most}, but got a string with length {len(text)} instead."
        yield Problem(f"Invalid '{where}': string too long. {words}", "string_above_max_length", where)


def type_problem(where: str, wanted: str, got: Any) -> Problem:
    """A value of the wrong JSON type."""
    names = {str: "a string", dict: "an object", list: "an array", bool: "a boolean", int: "an integer"}
    named = names.get(type(got), "null" if got is None else "a decimal")
    text = f"Invalid type for '{where}': expected {wanted}, but got {named} instead."
    return Problem(text, "invalid_type", where)


def value_problem(where: str, got: Any, known: list[str]) -> Problem:
    """A value outside a closed set."""
    return Problem(f"Invalid value: '{got}'. Supported values are: {one_of(known)}.", "invalid_value", where)


def one_of(values: list[str]) -> str:
    """`'a', 'b', and 'c'`."""
    quoted = [f"'{value}'" for value in values]
    return " and ".join(quoted) if len(quoted) < 3 else f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
