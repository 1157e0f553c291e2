"""Other companies' Chat Completions, told apart by the model's name: DeepSeek, Mistral, Groq, and plain ones.

Translators meet them under the same path as OpenAI's own: DeepSeek thinks aloud and wants its thoughts back, as does
Kimi (`kimi-…`, which is plain otherwise); Mistral takes no field that it does not know and only call ids of nine
characters; Groq (`llama-…`) names the message in which it does not support a field.
"""

import re
from collections.abc import Iterator
from typing import Any, Literal

from router_core.simulator.answers import Answer, Refusal, json_answer
from router_core.simulator.call import Json
from router_core.simulator.chat_rules import chat_problem
from router_core.simulator.chat_turns import turn_problems
from router_core.simulator.openai_rules import Problem, is_other_model, needs
from router_core.simulator.world import World

type Dialect = Literal["openai", "deepseek", "mistral", "groq", "plain"]

_MISTRAL_FIELDS_TEXT = (
    "model messages temperature top_p max_tokens stream stream_options stop random_seed response_format tools "
    "tool_choice presence_penalty frequency_penalty n prediction parallel_tool_calls prompt_mode safe_prompt metadata"
)
_MISTRAL_FIELDS = frozenset(_MISTRAL_FIELDS_TEXT.split())
_MISTRAL_MESSAGE = {
    "system": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_calls", "prefix"},
    "tool": {"role", "content", "tool_call_id", "name"},
}
_MISTRAL_ID = re.compile(r"^[a-zA-Z0-9]{9}$")

_GROQ_FIELDS_TEXT = (
    "messages model citation_options compound_custom disable_tool_validation documents exclude_domains "
    "frequency_penalty function_call functions include_domains include_reasoning logit_bias logprobs "
    "max_completion_tokens max_tokens metadata n parallel_tool_calls presence_penalty reasoning_effort "
    "reasoning_format response_format search_settings seed service_tier stop store stream stream_options temperature "
    "tool_choice tools top_logprobs top_p user"
)
_GROQ_FIELDS = frozenset(_GROQ_FIELDS_TEXT.split())
_GROQ_REFUSED = ("logprobs", "logit_bias", "top_logprobs")
_GROQ_MESSAGE = {
    "system": {"role", "content"},
    "developer": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_calls", "reasoning"},
    "tool": {"role", "content", "tool_call_id"},
}

_DEEPSEEK_ROLES = ("system", "user", "assistant", "tool")


def dialect_of(model: str) -> Dialect:
    """Whose Chat Completions a model speaks."""
    if not is_other_model(model):
        return "openai"
    if model.startswith("deepseek-"):
        return "deepseek"
    if model.startswith("llama-"):
        return "groq"
    return "mistral" if model.startswith(("mistral-", "magistral-", "codestral-")) else "plain"


def is_resold(model: str) -> bool:
    """OpenRouter calls models `vendor/model`."""
    return "/" in model


def check_dialect(world: World, body: Json) -> Problem | None:
    """The first thing wrong with a Chat body in the dialect of its model.

    Raises:
        Refusal: with the answer, where the dialect has an envelope of its own.
    """
    match dialect_of(str(body.get("model"))):
        case "openai":
            return chat_problem(body)
        case "deepseek":
            return next(_deepseek(body), None)
        case "mistral":
            found = next(_mistral(world, body), None)
            if found is not None:
                raise Refusal(found)
            return None
        case "groq":
            return next(_groq(body), None)
        case "plain":
            parts = frozenset({"reasoning", "thinking"})
            fields = frozenset({"reasoning_content", "reasoning", "reasoning_details"})
            return (
                next(needs(body, "messages"), None)
                or next(turn_problems(body["messages"], more_fields=fields, more_parts=parts), None)
                or next(_kimi(body), None)
            )


def thinks(body: Json) -> bool:
    """Whether the model shows what it thinks: DeepSeek does unless told not to."""
    thinking = body.get("thinking") or {}
    asked = thinking.get("type") != "disabled" and body.get("reasoning_effort") != "none"
    return dialect_of(body["model"]) == "deepseek" and asked


def _deepseek(body: Json) -> Iterator[Problem]:
    yield from needs(body, "messages")
    for index, message in enumerate(body["messages"]):
        role, content = message.get("role"), message.get("content")
        if role not in _DEEPSEEK_ROLES:
            yield _undecodable(f"messages[{index}].role: unknown variant `{role}`, expected one of `system`, `user`, ")
        for part in content if isinstance(content, list) else []:
            if part.get("type") != "text":
                kind = part.get("type")
                yield _undecodable(f"messages[{index}]: unknown variant `{kind}`, expected `text`", whole=True)
    yield from turn_problems(body["messages"], more_fields=frozenset({"reasoning_content", "prefix"}))
    for message in body["messages"]:
        asked_back = message.get("tool_calls") or (body.get("tools") and message.get("role") == "assistant")
        if asked_back and thinks(body) and not isinstance(message.get("reasoning_content"), str):  # "" will do
            text = "The `reasoning_content` in the thinking mode must be passed back to the API."
            yield Problem(text, "invalid_request_error")


def _kimi(body: Json) -> Iterator[Problem]:
    if not body["model"].startswith("kimi-") or (body.get("thinking") or {}).get("type") == "disabled":
        return
    for index, message in enumerate(body["messages"]):
        if message.get("tool_calls") and not message.get("reasoning_content"):  # "" is none
            text = f"reasoning_content is missing in assistant tool call message at index {index}"
            yield Problem(f"thinking is enabled but {text}", "invalid_request_error")


def _groq(body: Json) -> Iterator[Problem]:
    yield from needs(body, "messages")
    for name in [name for name in body if name not in _GROQ_FIELDS]:
        yield Problem(f"property '{name}' is unsupported", "invalid_request_error")
    for name in _GROQ_REFUSED:
        if body.get(name):
            yield Problem(f"`{name}` is not supported with this model", "invalid_request_error")
    if body.get("n") not in (None, 1):
        yield Problem("'n' : number must be at most 1", "invalid_request_error")
    for index, message in enumerate(body["messages"]):
        role = str(message.get("role"))
        must = f"'messages.{index}' : for 'role:{role}' the following must be satisfied"
        for name in [name for name in message if name not in _GROQ_MESSAGE.get(role, {"role", "content"})]:
            text = f"{must}[('messages.{index}' : property '{name}' is unsupported)]"
            yield Problem(text, "invalid_request_error")
        for part in message["content"] if isinstance(message.get("content"), list) else []:
            if "cache_control" in part:
                text = f"{must}[('messages.{index}.content' : property 'cache_control' is unsupported)]"
                yield Problem(text, "invalid_request_error")
    yield from turn_problems(body["messages"], more_fields=frozenset({"reasoning"}))


def _undecodable(reason: str, *, whole: bool = False) -> Problem:
    rest = "" if whole else "`assistant`, `tool`"
    text = f"Failed to deserialize the JSON body into the target type: {reason}{rest}"
    return Problem(text, "invalid_request_error", None, 422)


def _mistral(world: World, body: Json) -> Iterator[Answer]:
    for problem in needs(body, "messages"):
        yield _mistral_error(world, problem.status, problem.message, None)
    for name in [name for name in body if name not in _MISTRAL_FIELDS]:
        yield _extra(world, ["body", name], body[name])
    for index, message in enumerate(body["messages"]):
        role = message.get("role")
        if role not in _MISTRAL_MESSAGE:
            detail = {
                "type": "union_tag_invalid",
                "loc": ["body", "messages", index],
                "msg": f"Input tag '{role}' found using 'role' does not match any of the expected tags: 'assistant', "
                "'system', 'tool', 'user'",
                "input": message,
            }
            yield _unprocessable(world, detail)
        for name in [name for name in message if name not in _MISTRAL_MESSAGE[role]]:
            yield _extra(world, ["body", "messages", index, role, name], message[name])
        calls = [call.get("id") for call in message.get("tool_calls") or []]
        for call_id in [*calls, *([message.get("tool_call_id")] if role == "tool" else [])]:
            if not isinstance(call_id, str) or not _MISTRAL_ID.match(call_id):
                text = f"Tool call id was {call_id} but must be a-z, A-Z, 0-9, with a length of 9."
                yield _mistral_error(world, 400, text, "3280")
    last = body["messages"][-1]
    if last["role"] not in ("user", "tool") and not last.get("prefix"):
        text = f"Expected last role User or Tool (or Assistant with prefix True) for serving but got {last['role']}"
        yield _mistral_error(world, 400, text, "3230")
    choice = body.get("tool_choice")
    if isinstance(choice, str) and choice not in ("auto", "none", "any", "required"):
        yield _extra(world, ["body", "tool_choice"], choice)
    for problem in turn_problems(body["messages"], more_fields=frozenset({"prefix", "name"})):
        yield _mistral_error(world, 400, problem.message, "3200")


def _extra(world: World, where: list[Any], value: Any) -> Answer:
    detail = {"type": "extra_forbidden", "loc": where, "msg": "Extra inputs are not permitted", "input": value}
    return _unprocessable(world, detail)


def _unprocessable(world: World, detail: Json) -> Answer:
    return json_answer(422, {"detail": [detail]}, [("x-request-id", world.refusal_id())])


def _mistral_error(world: World, status: int, message: str, code: str | None) -> Answer:
    error = {"object": "error", "message": message, "type": "invalid_request_error", "param": None, "code": code}
    return json_answer(status, error, [("x-request-id", world.refusal_id())])
