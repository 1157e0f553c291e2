"""`POST /v1/messages` bodies → neutral requests (ADOC api/messages, read 2026-11-20).

What is written as a string and could be a list, and the other choices of form that mean the same, are noted in extras
under keys that begin with `#`, so that the body goes back as it came; the other keys there are unknown fields.
`extras["anthropic"]` is always there: it tells the encoder that the client spoke this format.
"""

from typing import Any, cast, get_args

from router_core.client import session_key
from router_core.wire.anthropic.decode_blocks import decode_blocks, decode_text
from router_core.wire.anthropic.reading import (
    FORMAT,
    Place,
    as_list,
    as_object,
    count,
    flag,
    number,
    rest,
    text,
    texts,
)
from router_core.wire.anthropic.tools import decode_choice, decode_tools
from router_core.wire.model import (
    Effort,
    JsonObject,
    Message,
    OutputFormat,
    Request,
    Role,
    Text,
    ThinkingSetting,
)

_KNOWN = frozenset(
    {
        "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "output_format",
        "max_tokens", "stop_sequences", "temperature", "top_p", "top_k", "metadata", "service_tier", "stream",
    }
)  # fmt: skip
_MESSAGE = frozenset({"role", "content"})
_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system"}
_SHOW = {"summarized": "summary", "omitted": "omitted"}


def decode_request(body: JsonObject) -> Request:
    """A client's request.

    Raises:
        WireError: 400; names the field.
    """
    at = Place()
    messages = tuple(
        [_plain(item) or _message(item, at.at(f"messages[{i}]")) for i, item in enumerate(_messages(body, at))]
    )
    kept: JsonObject = {}
    choice, parallel, more = decode_choice(body.get("tool_choice"), at.at("tool_choice"))
    if more:
        kept["#tool_choice"] = more
    output = _output(body, at, kept)
    user = _user(body, at, kept)
    stream = flag(body, "stream", at)
    if stream is False:
        kept["#stream"] = False
    if empty := [key for key in ("tools", "stop_sequences") if body.get(key) == []]:
        kept["#empty"] = empty
    tools = decode_tools(body.get("tools"), at.at("tools"))
    extras = dict(rest(body, _KNOWN, **kept))
    extras.setdefault(FORMAT, {})
    return Request(
        model=text(body, "model", at),
        messages=messages,
        system=_system(body, at, extras[FORMAT]),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=parallel,
        thinking=_thinking(body, at, extras[FORMAT]),
        output=output,
        max_tokens=count(body, "max_tokens", at),
        stop=texts(body, "stop_sequences", at),
        temperature=number(body, "temperature", at),
        top_p=number(body, "top_p", at),
        top_k=count(body, "top_k", at),
        user=user,
        cache_key=session_key({}, body) or None,
        service_tier=text(body, "service_tier", at) or None,
        stream=bool(stream),
        extras=extras,
    )


def _messages(body: JsonObject, at: Place) -> list[Any]:
    return as_list(body.get("messages"), at.at("messages"))


def _plain(value: Any) -> Message | None:
    """A message of a role and one text, which most of a long history is: it need not be searched for anything else."""
    if type(value) is not dict or len(value) != 2:
        return None
    role, content = value.get("role"), value.get("content")
    if type(role) is not str or role not in _ROLES:
        return None
    if type(content) is str:
        return Message(_ROLES[role], (Text(content),), {FORMAT: {"#content": "string"}})
    if type(content) is list and len(content) == 1 and type(block := content[0]) is dict and len(block) == 2:
        words = block.get("text")
        if block.get("type") == "text" and type(words) is str:
            return Message(_ROLES[role], (Text(words),))
    return None


def _message(value: Any, place: Place) -> Message:
    message = as_object(value, place)
    role = message.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise place.at("role").wrong("expected user, assistant or system")
    content = message.get("content")
    if isinstance(content, str):
        return Message(_ROLES[role], (Text(content),), rest(message, _MESSAGE, **{"#content": "string"}))
    return Message(_ROLES[role], decode_blocks(content, place.at("content")), rest(message, _MESSAGE))


def _system(body: JsonObject, at: Place, kept: JsonObject) -> tuple[Text, ...]:
    system, here = body.get("system"), at.at("system")
    if system is None:
        return ()
    if isinstance(system, str):
        kept["#system"] = "string"
        return (Text(system),)
    blocks = []
    for index, item in enumerate(as_list(system, here)):
        block = as_object(item, here.item(index))
        if block.get("type") != "text":
            raise here.item(index).wrong("only text is allowed in the system prompt")
        blocks.append(decode_text(block, here.item(index)))
    if not blocks:
        kept["#system"] = "empty"
    return tuple(blocks)


def _thinking(body: JsonObject, at: Place, kept: JsonObject) -> ThinkingSetting | None:
    """`thinking` and `output_config.effort` together. A kind that is new to us stays in its raw form."""
    effort = _effort(body, at)
    value = body.get("thinking")
    if value is None:
        if effort is None:
            return None
        kept["#thinking"] = None
        return ThinkingSetting("adaptive", effort)
    here = at.at("thinking")
    raw = as_object(value, here)
    display = raw.get("display")
    show = cast(Any, _SHOW.get(display)) if isinstance(display, str) else None
    match raw.get("type"):
        case "enabled":
            budget = count(raw, "budget_tokens", here)
            if budget is None:
                raise here.at("budget_tokens").wrong("needed with thinking of type enabled")
            setting = ThinkingSetting("on", effort, budget, show)
        case "adaptive":
            setting = ThinkingSetting("adaptive", effort, None, show)
        case "disabled":
            setting = ThinkingSetting("off", effort, None, show)
        case str():
            kept["#thinking"] = raw
            return ThinkingSetting("adaptive", effort)
        case _:
            raise here.at("type").wrong("expected enabled, adaptive or disabled")
    if raw != encode_thinking(setting):
        kept["#thinking"] = raw
    return setting


def encode_thinking(setting: ThinkingSetting) -> JsonObject:
    """The `thinking` field in the client's own words."""
    out: JsonObject
    if setting.mode == "on":
        out = {"type": "enabled", "budget_tokens": setting.budget}
    else:
        out = {"type": "adaptive" if setting.mode == "adaptive" else "disabled"}
    if setting.show is not None:
        out["display"] = "omitted" if setting.show == "omitted" else "summarized"
    return out


def _effort(body: JsonObject, at: Place) -> Effort | None:
    config = body.get("output_config")
    if config is None:
        return None
    here = at.at("output_config")
    effort = text(as_object(config, here), "effort", here)
    if not effort:
        return None
    if effort not in get_args(Effort):
        raise here.at("effort").wrong("expected low, medium, high, xhigh or max")
    return cast(Effort, effort)


def _output(body: JsonObject, at: Place, kept: JsonObject) -> OutputFormat | None:
    """`output_config.format`, or `output_format`, where it stood while it was in beta."""
    config = body.get("output_config")
    if config is not None:
        raw = as_object(config, at.at("output_config"))
        more = {key: value for key, value in raw.items() if key not in ("effort", "format") or value is None}
        if more or not raw:
            kept["#output_config"] = more
        if raw.get("format") is not None:
            return _format(raw["format"], at.at("output_config").at("format"), kept)
    if body.get("output_format") is not None:
        kept["#output_format"] = True
        return _format(body["output_format"], at.at("output_format"), kept)
    return None


def _format(value: Any, place: Place, kept: JsonObject) -> OutputFormat:
    raw = as_object(value, place)
    if raw.get("type") != "json_schema":
        raise place.at("type").wrong("expected json_schema")
    more = {key: field for key, field in raw.items() if key not in ("type", "schema")}
    if more:
        kept["#format"] = more
    return OutputFormat("json_schema", as_object(raw.get("schema"), place.at("schema")))


def _user(body: JsonObject, at: Place, kept: JsonObject) -> str | None:
    value = body.get("metadata")
    if value is None:
        return None
    metadata = as_object(value, at.at("metadata"))
    user = text(metadata, "user_id", at.at("metadata"))
    if metadata != {"user_id": user}:
        kept["#metadata"] = metadata
    return user or None
