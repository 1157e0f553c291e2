"""Items → blocks: what stands in a request's `input` and in an answer's `output`.

A request's item becomes one message, so that encoding finds it again; encoders of other formats merge neighbours. An
answer's blocks stand in one row, so the last block of each `message` item carries what the item says of itself: there
the item ends.
"""

from typing import Any

from msgspec.structs import replace

from router_core.wire.model import (
    Block,
    JsonObject,
    Media,
    Message,
    Opaque,
    Proof,
    Refusal,
    Role,
    SearchHit,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.openai_responses.content import decode_parts
from router_core.wire.openai_responses.fields import OWN, array, maybe_string, obj, own, rest, string, wrong
from router_core.wire.openai_responses.ids import digest
from router_core.wire.proof import is_sealed, unseal

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system", "developer": "developer"}
_MESSAGE = frozenset({"type", "role", "content"})
_CALL = frozenset({"type", "call_id", "name", "arguments", "namespace"})
_CUSTOM_CALL = frozenset({"type", "call_id", "name", "input", "namespace"})
_OUTPUT = frozenset({"type", "call_id", "output", "name"})
_USER_SIDE = frozenset({"item_reference", "compaction_trigger", "mcp_approval_response"})


def plain_message(item: Any) -> Message | None:
    """A message of a role and one text, which most of a long history is: it need not be searched for anything else."""
    if type(item) is not dict or not (item.get("type") == "message" if len(item) == 3 else len(item) == 2):
        return None
    role, content = item.get("role"), item.get("content")
    if type(role) is not str or role not in _ROLES or ("type" in item) != (len(item) == 3):
        return None
    said: JsonObject = {"message": {}} if len(item) == 3 else {"message": {}, "untyped": True}
    if type(content) is str:
        said["string"] = True
        return Message(_ROLES[role], (Text(content, extras={OWN: {}}),), {OWN: said})
    if type(content) is list and len(content) == 1 and type(part := content[0]) is dict and len(part) == 2:
        text = part.get("text")
        if part.get("type") == "input_text" and type(text) is str and role != "assistant":
            return Message(_ROLES[role], (Text(text, extras={OWN: {}}),), {OWN: said})
    return None


def decode_item(item: JsonObject, where: str) -> Message:
    """One item of a request's input. Raises WireError 400."""
    type = item.get("type")
    if type == "message" or (type is None and "role" in item):
        return _message(item, where)
    if type is None and isinstance(item.get("id"), str):
        type = "item_reference"
    if not isinstance(type, str):
        raise wrong(f"{where}.type", "a string", 400)
    match type:
        case "function_call_output" | "custom_tool_call_output":
            return Message("user", (_result(item, where, custom=type.startswith("custom")),))
        case _:
            role: Role = "user" if type.endswith("_output") or type in _USER_SIDE else "assistant"
            return Message(role, item_blocks(item, where, 400) or (Opaque(OWN, item),))


def _message(item: JsonObject, where: str) -> Message:
    role = _ROLES.get(string(item, "role", where, 400))
    if role is None:
        raise wrong(f"{where}.role", "user, assistant, system or developer", 400)
    content, fields = item.get("content"), {k: v for k, v in item.items() if k not in _MESSAGE}
    said: JsonObject = {"message": fields}
    if "type" not in item:
        said["untyped"] = True
    blocks: list[Block]
    if isinstance(content, str):
        said["string"] = True
        blocks = [Text(content, extras=own())]
    else:
        blocks = decode_parts(
            array(content, f"{where}.content", 400), f"{where}.content", 400, assistant=role == "assistant"
        )
    return Message(role, tuple(blocks), {OWN: said})


def _result(item: JsonObject, where: str, *, custom: bool) -> ToolResult:
    output = item.get("output")
    said: JsonObject = {"fields": rest(item, _OUTPUT)}
    content: list[Block]
    if isinstance(output, str):
        content = [Text(output, extras=own())] if output else []
        said["string"] = True
    elif isinstance(output, list):
        content = decode_parts(output, f"{where}.output", 400, assistant=False)
    else:
        raise wrong(f"{where}.output", "a string or an array of content", 400)
    return ToolResult(
        string(item, "call_id", where, 400),
        tuple(content),
        custom=custom,
        name=maybe_string(item, "name", where, 400),
        extras={OWN: said},
    )


def item_blocks(item: JsonObject, where: str, status: int) -> tuple[Block, ...]:
    """The blocks of one item that the assistant made, in a request's history or in an answer.

    Returns:
        Nothing for an empty piece of reasoning; the item itself as `Opaque` when only this format knows it.

    Raises:
        WireError: of `status`.
    """
    match item.get("type"):
        case "message":
            return _answer_message(item, where, status)
        case "reasoning":
            thinking = decode_reasoning(item, where, status)
            return (thinking,) if thinking.text or thinking.proof else ()
        case "function_call":
            arguments = maybe_string(item, "arguments", where, status)
            return (_call(item, arguments, _CALL, where, status, custom=False),)
        case "custom_tool_call":
            text = maybe_string(item, "input", where, status)
            return (_call(item, text, _CUSTOM_CALL, where, status, custom=True),)
        case "web_search_call":
            return _search(item, where, status)
        case "image_generation_call" if isinstance(item.get("result"), str) and item["result"]:
            format = item.get("output_format")
            media_type = f"image/{format}" if isinstance(format, str) and format else "image/png"
            kept = {key: value for key, value in item.items() if key != "result"}
            return (Media("image", media_type=media_type, data=item["result"], extras={OWN: {"item": kept}}),)
        case _:
            return (Opaque(OWN, item),)


def _answer_message(item: JsonObject, where: str, status: int) -> tuple[Block, ...]:
    content = item.get("content")
    if isinstance(content, str):  # some compatible services
        content = [{"type": "output_text", "text": content, "annotations": []}]
    parts = array(content or [], f"{where}.content", status)
    blocks = decode_parts(parts, f"{where}.content", status, assistant=True)
    fields = {key: value for key, value in item.items() if key not in _MESSAGE}
    out: list[Block] = []
    for i, block in enumerate(blocks):
        last = i == len(blocks) - 1
        if isinstance(block, Text | Refusal):
            said = dict(block.extras[OWN])
            if isinstance(block, Text) and "fields" in said:  # logprobs are told apart from the text
                said["fields"] = {k: v for k, v in said["fields"].items() if k != "logprobs"}
                if not said["fields"]:
                    del said["fields"]
            if last:
                said["message"] = fields
            out.append(replace(block, extras={OWN: said}))
        else:  # a part that only this format knows: an item of its own
            whole = parts[i] if isinstance(parts[i], dict) else {}
            out.append(Opaque(OWN, {**fields, "type": "message", "role": "assistant", "content": [whole]}))
    return tuple(out)


def decode_reasoning(item: JsonObject, where: str, status: int) -> Thinking:
    """Its summary (or, from open models, its text), and the ciphertext that only the issuer reads."""
    text = reasoning_text(item, where, status)
    encrypted = maybe_string(item, "encrypted_content", where, status)
    if not encrypted:
        return Thinking(text, extras={OWN: {"item": item}})
    if is_sealed(encrypted):
        return Thinking(text, unseal(encrypted, "openai"), extras=own())
    return Thinking(text, Proof("openai", encrypted, item))


def reasoning_text(item: JsonObject, where: str, status: int) -> str:
    for key in ("summary", "content"):
        parts = array(item.get(key) or [], f"{where}.{key}", status)
        texts = [maybe_string(obj(part, f"{where}.{key}", status), "text", where, status) for part in parts]
        if joined := "\n\n".join(text for text in texts if text):
            return joined
    return ""


def _name(item: JsonObject, where: str, status: int) -> str:
    """Of the tool; no other format takes a call without one."""
    name = string(item, "name", where, status)
    if not name:
        raise wrong(f"{where}.name", "a name", status)
    return name


def _call(
    item: JsonObject, arguments: str, known: frozenset[str], where: str, status: int, *, custom: bool
) -> ToolCall:
    return ToolCall(
        id=call_id_of(item),
        name=_name(item, where, status),
        arguments=arguments,
        custom=custom,
        namespace=maybe_string(item, "namespace", where, status),
        extras=own(fields=rest(item, known)),
    )


def call_id_of(item: JsonObject) -> str:
    """The id that a result refers to; some compatible services give only the item's own, or none."""
    for key in ("call_id", "id"):
        value = item.get(key)
        if isinstance(value, str) and value:
            return value
    return "call_" + digest(f"{item.get('name')}\0{item.get('arguments')}")


def unique(id: str, seen: set[str]) -> str:
    """The id of a call, made different from those before it: some services number calls anew in each item."""
    found, number = id, 1
    while found in seen:
        number += 1
        found = f"{id}_{number}"
    seen.add(found)
    return found


def _search(item: JsonObject, where: str, status: int) -> tuple[Block, ...]:
    id = maybe_string(item, "id", where, status)
    action = item.get("action")
    said = action if isinstance(action, dict) else {}
    call = ServerCall(id, "web_search", _query(said), extras={OWN: {"item": item}})
    sources = said.get("sources")
    hits = tuple(
        SearchHit(source["url"], title=source["title"] if isinstance(source.get("title"), str) else "")
        for source in (sources if isinstance(sources, list) else [])
        if isinstance(source, dict) and isinstance(source.get("url"), str)
    )
    error = "unavailable" if item.get("status") == "failed" else ""
    return call, ServerResult(id, "web_search", hits, error, extras=own())


def _query(action: JsonObject) -> str:
    """What was looked for: words, or the page that was opened."""
    queries: Any = action.get("queries")
    listed = queries if isinstance(queries, list) else []
    for value in (action.get("query"), *listed, action.get("pattern"), action.get("url")):
        if isinstance(value, str) and value:
            return value
    return ""
