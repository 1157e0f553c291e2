"""A Chat Completions request → Request (platform.openai.com/docs/api-reference/chat/create, read 2026-11-20)."""

from typing import Any

from router_core.wire.model import JsonObject, OutputFormat, Request
from router_core.wire.openai_chat import thinking_switch
from router_core.wire.openai_chat.decode_message import decode_messages
from router_core.wire.openai_chat.decode_tools import decode_choice, decode_tools
from router_core.wire.openai_chat.reading import (
    a_list,
    a_text,
    an_object,
    flag_or_none,
    number_or_none,
    rest_of,
    text_or,
    whole_or_none,
    with_form,
    wrong,
)

_KNOWN = frozenset(
    [
        "model",
        "messages",
        "tools",
        "functions",
        "tool_choice",
        "function_call",
        "parallel_tool_calls",
        "response_format",
        "max_tokens",
        "max_completion_tokens",
        "stop",
        "temperature",
        "top_p",
        "top_k",
        "seed",
        "random_seed",
        "presence_penalty",
        "frequency_penalty",
        "n",
        "logprobs",
        "top_logprobs",
        "verbosity",
        "user",
        "safety_identifier",
        "prompt_cache_key",
        "service_tier",
        "metadata",
        "stream",
        "stream_options",
        "web_search_options",
    ]
)


def decode_request(body: JsonObject) -> Request:
    """The request.

    Raises:
        WireError: 400; names the field.
    """
    notes: JsonObject = {}
    rest = rest_of(body, _KNOWN)
    if said := {field: rest.pop(field) for field in thinking_switch.FIELDS if field in rest}:
        notes["thinking"] = said
    options = an_object(body["stream_options"], "stream_options") if body.get("stream_options") is not None else {}
    if more := rest_of(options, ("include_usage",)):
        notes["stream_options"] = more
    if body.get("functions") is not None:
        notes["functions"] = True
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is None:
        notes["max_tokens"] = True
    if body.get("safety_identifier") is not None:
        notes["safety_identifier"] = True
    if isinstance(body.get("stop"), str):
        notes["stop"] = "string"
    # Said without effect, and returned as said.
    idle = {name: body[name] for name in ("stream", "tools", "n") if body.get(name) in (False, [], 1)}
    if body.get("safety_identifier") is not None and body.get("user") is not None:
        idle["user"] = body["user"]
    if idle:
        notes["idle"] = idle
    parallel = flag_or_none(body.get("parallel_tool_calls"), "parallel_tool_calls")
    if parallel is None and notes.get("functions"):
        parallel = False  # such a client understands one call only
    stream = flag_or_none(body.get("stream"), "stream") or False
    return Request(
        model=a_text(body.get("model"), "model"),
        messages=decode_messages(body.get("messages")),
        tools=decode_tools(body),
        tool_choice=decode_choice(body),
        parallel_tool_calls=parallel,
        thinking=thinking_switch.read_switch(body),
        output=_output(body.get("response_format")),
        max_tokens=_max_tokens(body),
        stop=_stop(body.get("stop")),
        temperature=number_or_none(body.get("temperature"), "temperature"),
        top_p=number_or_none(body.get("top_p"), "top_p"),
        top_k=whole_or_none(body.get("top_k"), "top_k"),
        seed=_seed(body),
        presence_penalty=number_or_none(body.get("presence_penalty"), "presence_penalty"),
        frequency_penalty=number_or_none(body.get("frequency_penalty"), "frequency_penalty"),
        n=whole_or_none(body.get("n"), "n", 1) or 1,
        logprobs=flag_or_none(body.get("logprobs"), "logprobs") or False,
        top_logprobs=whole_or_none(body.get("top_logprobs"), "top_logprobs"),
        verbosity=text_or(body.get("verbosity"), "verbosity") or None,
        user=text_or(body.get("safety_identifier", body.get("user")), "user") or None,
        cache_key=text_or(body.get("prompt_cache_key"), "prompt_cache_key") or None,
        service_tier=text_or(body.get("service_tier"), "service_tier") or None,
        metadata=None if body.get("metadata") is None else an_object(body["metadata"], "metadata"),
        stream=stream,
        include_usage=flag_or_none(options.get("include_usage"), "stream_options.include_usage") or False,
        extras=with_form(rest, notes),
    )


def _max_tokens(body: JsonObject) -> int | None:
    found = whole_or_none(body.get("max_completion_tokens"), "max_completion_tokens", 1)
    return found if found is not None else whole_or_none(body.get("max_tokens"), "max_tokens", 1)


def _stop(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(a_text(stop, f"stop[{number}]") for number, stop in enumerate(a_list(value, "stop")))


def _seed(body: JsonObject) -> int | None:
    value = body.get("seed", body.get("random_seed"))
    if value is None or (type(value) is int and abs(value) < 2**63):
        return value
    raise wrong("seed", "an integer")


def _output(value: Any) -> OutputFormat | None:
    if value is None:
        return None
    format = an_object(value, "response_format")
    match format.get("type"):
        case "text":
            return None
        case "json_object":
            return OutputFormat("json_object")
        case "json_schema":
            inner = an_object(format.get("json_schema"), "response_format.json_schema")
            path = "response_format.json_schema"
            schema = inner.get("schema")
            return OutputFormat(
                "json_schema",
                None if schema is None else an_object(schema, f"{path}.schema"),
                text_or(inner.get("name"), f"{path}.name"),
                flag_or_none(inner.get("strict"), f"{path}.strict"),
                text_or(inner.get("description"), f"{path}.description"),
            )
        case _:
            raise wrong("response_format.type", "text, json_object or json_schema")
