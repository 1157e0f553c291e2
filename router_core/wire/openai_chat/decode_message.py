"""The conversation of a Chat Completions request → messages of blocks.

A tool's result is a message of its own here; it becomes a block of role `user`. The old `function_call` and `function`
messages are calls and results whose ids are made up from their place, since they have none.
"""

from typing import Any

import orjson

from router_core.errors import WireError
from router_core.wire.model import (
    NO_EXTRAS,
    Block,
    Extras,
    JsonObject,
    Message,
    Proof,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.openai_chat.call_ids import forgotten_id
from router_core.wire.openai_chat.citations import citation_of
from router_core.wire.openai_chat.content import content_blocks
from router_core.wire.openai_chat.reading import (
    CLIENT,
    FORM,
    NAME,
    a_list,
    a_text,
    an_object,
    json_text,
    rest_of,
    text_or,
    with_form,
    wrong,
)
from router_core.wire.openai_chat.reasoning import DETAILS, TEXT_FIELDS, Placed, read_reasoning
from router_core.wire.proof import unseal

_ROLES: dict[str, Role] = {"system": "system", "developer": "developer", "user": "user", "assistant": "assistant"}
_ASSISTANT = frozenset(
    {"role", "content", "refusal", "annotations", "tool_calls", "function_call", *TEXT_FIELDS, DETAILS}
)


def decode_messages(value: Any) -> tuple[Message, ...]:
    """All messages, in order."""
    out: list[Message] = []
    legacy_id = ""
    for number, raw in enumerate(a_list(value, "messages")):
        if (plain := _plain(raw)) is not None:
            out.append(plain)
            continue
        path = f"messages[{number}]"
        message = an_object(raw, path)
        role = message.get("role")
        if role == "assistant":
            decoded = _assistant(message, path, number)
            last = decoded.blocks[-1] if decoded.blocks else None
            legacy_id = last.id if isinstance(last, ToolCall) else legacy_id
        elif role == "tool":
            decoded = _tool_result(message, path)
        elif role == "function":
            decoded = _function_result(message, path, legacy_id)
        elif isinstance(role, str) and role in _ROLES:
            blocks, notes = content_blocks(message.get("content"), f"{path}.content")
            decoded = Message(_ROLES[role], tuple(blocks), with_form(rest_of(message, ("role", "content")), notes))
        else:
            raise wrong(f"{path}.role", "system, developer, user, assistant or tool")
        out.append(decoded)
    return tuple(out)


def _plain(raw: Any) -> Message | None:
    """A message of a role and words, which most of a long history is: it need not be searched for anything else."""
    if type(raw) is not dict or len(raw) != 2:
        return None
    role, content = raw.get("role"), raw.get("content")
    if type(role) is not str or role not in _ROLES:
        return None
    if type(content) is str:
        return Message(_ROLES[role], (Text(content),))
    if type(content) is list and len(content) == 1 and type(part := content[0]) is dict and len(part) == 2:
        text = part.get("text")
        if part.get("type") == "text" and type(text) is str:
            return Message(_ROLES[role], (Text(text),), {NAME: {FORM: {"content": "parts"}}})
    return None


def assistant_blocks(message: JsonObject, path: str, status: int, answer: JsonObject) -> tuple[list[Block], JsonObject]:
    """The blocks of an assistant's message, of the history or of an answer, and the notes on its spelling.

    Args:
        answer: whose `id` and `created` stand for calls without ids.
    """
    content, notes = content_blocks(message.get("content"), f"{path}.content", status)
    if "content" not in message:
        notes = {"content": "absent"}
    content = _cited(content, message.get("annotations"), path, status)
    if (refusal := message.get("refusal")) is not None:
        content.append(Refusal(a_text(refusal, f"{path}.refusal", status)))
    calls, call_notes = _calls(message, path, status, answer)
    if content == [Text("")] and calls:
        content, notes = [], {"content": "empty"}
    return _placed(read_reasoning(message, path, status), content, calls), notes | call_notes


def _assistant(message: JsonObject, path: str, number: int) -> Message:
    blocks, notes = assistant_blocks(message, path, CLIENT, {"id": "history", "created": number})
    rest = rest_of(message, _ASSISTANT)
    for field in (*TEXT_FIELDS, DETAILS):
        if message.get(field) in ("", []):  # means nothing, and returns
            rest[field] = message[field]
    if message.get("annotations") is not None:
        rest["annotations"] = message["annotations"]
    return Message("assistant", tuple(blocks), with_form(rest, notes))


def _placed(thinking: list[Placed], content: list[Block], calls: list[ToolCall]) -> list[Block]:
    """Everything in the order in which it was said, as far as that is known."""
    if not thinking:
        return [*content, *calls]
    out: list[Block] = []
    waiting = list(thinking)
    for number, call in enumerate([*calls, None]):
        if number == 0:
            out += _take(waiting, lambda place: place.calls == 0 and place.texts == 0)
            out += content
        out += _take(waiting, lambda place, number=number: place.calls <= number)
        if call is None:
            out += [place.thinking for place in waiting]
            break
        if out and isinstance(before := out[-1], Thinking) and not before.text and before.proof == call.proof:
            out.pop()  # said twice: for clients that keep only one of the two places
        out.append(call)
    return out


def _take(waiting: list[Placed], wanted: Any) -> list[Block]:
    taken = [place for place in waiting if wanted(place)]
    for place in taken:
        waiting.remove(place)
    return [place.thinking for place in taken]


def _calls(message: JsonObject, path: str, status: int, answer: JsonObject) -> tuple[list[ToolCall], JsonObject]:
    calls: list[ToolCall] = []
    raw = message.get("tool_calls")
    for number, value in enumerate([] if raw is None else a_list(raw, f"{path}.tool_calls", status)):
        at = f"{path}.tool_calls[{number}]"
        calls.append(_call(an_object(value, at, status), at, status, number, answer))
    if (legacy := message.get("function_call")) is None:
        return calls, {}
    at = f"{path}.function_call"
    function = an_object(legacy, at, status)
    name = a_text(function.get("name"), f"{at}.name", status)
    calls.append(ToolCall(forgotten_id(answer, len(calls), name), name, _arguments(function, at, status)))
    return calls, {"function_call": True}


def _call(call: JsonObject, path: str, status: int, number: int, answer: JsonObject) -> ToolCall:
    kind = "custom" if call.get("type") == "custom" or ("custom" in call and "function" not in call) else "function"
    inner = an_object(call.get(kind), f"{path}.{kind}", status)
    name = a_text(inner.get("name"), f"{path}.{kind}.name", status)
    if not name:
        raise wrong(f"{path}.{kind}.name", "the name of a tool", status)
    if kind == "custom":
        arguments = text_or(inner.get("input"), f"{path}.custom.input", status=status)
    else:
        arguments = _arguments(inner, path, status)
    id = text_or(call.get("id"), f"{path}.id", status=status) or forgotten_id(answer, number, name)
    extras = call_extras(call, kind, status)
    return ToolCall(id, name, arguments, custom=kind == "custom", proof=call_proof(call), extras=extras)


def call_extras(call: JsonObject, kind: str, status: int) -> Extras:
    """What an entry of `tool_calls` says beyond the call. In an answer `index` only numbers it."""
    if "function" not in call and "custom" not in call:
        return NO_EXTRAS  # the old `function_call`
    rest = rest_of(call, ("id", "type", kind, *(("index",) if status != CLIENT else ())))
    if call_proof(call) is not None:
        rest.pop("extra_content", None)
    inner = call.get(kind)
    if isinstance(inner, dict) and (nested := rest_of(inner, ("name", "arguments", "input"))):
        rest[kind] = nested
    return with_form(rest, {} if call.get("type") == kind or status != CLIENT else {"type": "absent"})


def call_proof(call: JsonObject) -> Proof | None:
    """Google's thought signature on a call, where its own OpenAI endpoint puts it."""
    extra = call.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    return unseal(signature, "gemini") if isinstance(signature, str) and signature else None


def _arguments(function: JsonObject, path: str, status: int) -> str:
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else json_text(arguments, f"{path}.function.arguments", status)


def _tool_result(message: JsonObject, path: str) -> Message:
    content, notes = content_blocks(message.get("content"), f"{path}.content")
    if message.get("name") is not None:
        notes["name"] = True
    result = ToolResult(
        a_text(message.get("tool_call_id"), f"{path}.tool_call_id"),
        tuple(content),
        name=text_or(message.get("name"), f"{path}.name"),
        extras=with_form(rest_of(message, ("role", "content", "tool_call_id", "name")), notes),
    )
    return Message("user", (result,))


def _function_result(message: JsonObject, path: str, call_id: str) -> Message:
    content, notes = content_blocks(message.get("content"), f"{path}.content")
    name = a_text(message.get("name"), f"{path}.name")
    if not call_id:
        raise WireError(f"'{path}' is the result of a function that was not called", path)
    extras = with_form(rest_of(message, ("role", "content", "name")), {**notes, "function": True, "name": True})
    return Message("user", (ToolResult(call_id, tuple(content), name=name, extras=extras),))


def _cited(blocks: list[Block], annotations: Any, path: str, status: int) -> list[Block]:
    """The sources of the text go to the text."""
    if not annotations or not blocks or not isinstance(last := blocks[-1], Text):
        return blocks
    citations = tuple(
        citation_of(an_object(value, f"{path}.annotations[{number}]", status))
        for number, value in enumerate(a_list(annotations, f"{path}.annotations", status))
    )
    return [*blocks[:-1], Text(last.text, last.cache, citations, last.proof, last.extras)]


def is_json(text: str) -> bool:
    """Whether a call's arguments are whole."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
