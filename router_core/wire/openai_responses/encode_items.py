"""Messages → the items of `input`.

Providers refuse a call without its output and an output without its call, and reasoning that nothing follows. So calls
are paired here: a missing output is said to be missing, an output without call is left out; both only when the whole
conversation is here, not when the request builds on a stored one. Reasoning of another provider is left out, its text
with it: this format has no unsigned place for it.
"""

from typing import Literal, assert_never

from router_core.errors import WireError
from router_core.wire.codec import Loss
from router_core.wire.model import (
    Block,
    JsonObject,
    Media,
    Message,
    Opaque,
    Refusal,
    Role,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.openai_responses.content import encode_media, encode_refusal, encode_text
from router_core.wire.openai_responses.fields import OWN, dump, fields_of, own_of
from router_core.wire.openai_responses.ids import call_id
from router_core.wire.openai_responses.tools import ToolWriter

_CALLS = ("function_call", "custom_tool_call")
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_INTERRUPTED = "[The call was interrupted: it has no output.]"


class ItemWriter:
    """The input of one request.

    Args:
        plain_strings: an assistant's text may stand as a string, the form that needs no item id.
    """

    def __init__(self, writer: ToolWriter, losses: list[Loss], *, plain_strings: bool) -> None:
        self._writer = writer
        self._losses = losses
        self._plain_strings = plain_strings
        self._items: list[JsonObject] = []
        self._parts: list[JsonObject] = []
        self._custom_calls: set[str] = set()

    def write(self, message: Message, where: str) -> list[JsonObject]:
        """The items of one message."""
        if (item := self._words_only(message)) is not None:
            return [item]
        self._items, self._parts = [], []
        said = own_of(message.extras)
        fields = said.get("message") if said else None
        for i, block in enumerate(message.blocks):
            self._block(block, message.role, f"{where}.blocks[{i}]", in_message=fields is not None)
        if fields is not None and said is not None:
            self._own_message(message, fields, said)
        else:
            self._flush(message.role)
        return self._items

    def _words_only(self, message: Message) -> JsonObject | None:
        """A message of one text from elsewhere, which most of a long history is."""
        if len(message.blocks) != 1 or type(text := message.blocks[0]) is not Text or OWN in message.extras:
            return None
        if not text.text or text.citations or OWN in text.extras:
            return None
        if message.role == "user":
            return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text.text}]}
        if message.role == "assistant" and self._plain_strings:
            return {"type": "message", "role": "assistant", "content": text.text}
        return None

    def _own_message(self, message: Message, fields: JsonObject, said: JsonObject) -> None:
        """The client's own item, as it stood."""
        out: JsonObject = {} if said.get("untyped") else {"type": "message"}
        out["role"] = message.role
        only = self._parts[0] if len(self._parts) == 1 else {}
        out["content"] = only["text"] if said.get("string") and "text" in only else self._parts
        self._items.append(out | fields)
        self._parts = []

    def _flush(self, role: Role) -> None:
        parts, self._parts = self._parts, []
        if not parts:
            return
        if role == "assistant" and self._plain_strings and all(set(part) <= _PLAIN for part in parts):
            for part in parts:
                self._items.append({"type": "message", "role": role, "content": part["text"]})
            return
        sent = "developer" if role == "system" else role
        self._items.append({"type": "message", "role": sent, "content": parts})

    def _block(self, block: Block, role: Role, where: str, *, in_message: bool) -> None:
        assistant = role == "assistant"
        match block:
            case Text():
                if block.text or own_of(block.extras) is not None:
                    self._parts.append(encode_text(block, assistant=assistant))
            case Refusal(text=text):
                refusal = encode_refusal(block) if assistant else {"type": "input_text", "text": text}
                self._parts.append(refusal)
            case Media():
                self._media(block, where, assistant=assistant)
            case Thinking():
                self._item(self._reasoning(block, where), role)
            case ToolCall():
                self._item(self._call(block), role)
            case ToolResult():
                self._item(self._result(block, where), role)
            case ServerCall():
                said = own_of(block.extras)
                if said is None:
                    self._losses.append(Loss(where, "a search that another provider ran"))
                self._item(said and said.get("item"), role)
            case ServerResult():
                if own_of(block.extras) is None:  # else its item has it all
                    self._losses.append(Loss(where, "what another provider's search found"))
            case Opaque(format=format, value=value):
                if format != OWN:
                    self._losses.append(Loss(where, f"a block that only {format} knows"))
                elif in_message:
                    self._parts.append(value)
                else:
                    self._item(value, role)
            case _:
                assert_never(block)

    def _item(self, item: JsonObject | None, role: Role) -> None:
        if item is not None:
            self._flush(role)
            self._items.append(item)

    def _media(self, media: Media, where: str, *, assistant: bool) -> None:
        said = own_of(media.extras)
        if said and isinstance(said.get("item"), dict):
            self._item({**said["item"], "result": media.data}, "assistant")
            return
        _check_file(media, where)
        part = encode_media(media)
        if part is None and media.kind in ("audio", "video") and not assistant:
            raise WireError(f"Responses does not take {media.kind}", where)
        if part is None or (assistant and said is None):
            self._losses.append(Loss(where, f"{media.kind} that the assistant made, or of no known source"))
            return
        self._parts.append(part)

    def _reasoning(self, thinking: Thinking, where: str) -> JsonObject | None:
        said = own_of(thinking.extras)
        if thinking.proof is not None:
            if thinking.proof.issuer == "openai":
                return thinking.proof.whole or {
                    "type": "reasoning",
                    "summary": [{"type": "summary_text", "text": thinking.text}] if thinking.text else [],
                    "encrypted_content": thinking.proof.value,
                }
        elif said and isinstance(said.get("item"), dict):
            return said["item"]  # type: ignore[no-any-return]  # a dict, as just checked
        self._losses.append(Loss(where, "reasoning of another provider"))
        return None

    def _call(self, call: ToolCall) -> JsonObject:
        own = own_of(call.extras) is not None
        type = "custom_tool_call" if call.custom else "function_call"
        out: JsonObject = {"type": type, "call_id": call_id(call.id)}
        out["name"] = self._writer.name(call.name, call.namespace)
        if call.custom:
            self._custom_calls.add(out["call_id"])
            out["input"] = call.arguments
        else:
            out["arguments"] = call.arguments if call.arguments or own else "{}"
        if call.namespace and self._writer.namespaces:
            out["namespace"] = call.namespace
        return out | fields_of(call.extras)

    def _result(self, result: ToolResult, where: str) -> JsonObject:
        said = own_of(result.extras)
        id = call_id(result.call_id)
        custom = result.custom or id in self._custom_calls
        out: JsonObject = {"type": "custom_tool_call_output" if custom else "function_call_output", "call_id": id}
        parts: list[JsonObject] = []
        for i, block in enumerate(result.content):
            part = self._result_part(block, f"{where}.content[{i}]")
            if part is not None:
                parts.append(part)
        if result.is_error:
            first = parts[0] if parts else {}
            if "text" in first:
                parts[0] = {**first, "text": f"Error: {first['text']}"}
            else:
                parts.insert(0, {"type": "input_text", "text": "Error: the tool failed"})
        plain = len(parts) == 1 and set(parts[0]) <= _PLAIN
        if not parts and (said is None or said.get("string")):
            out["output"] = ""
        elif plain and (said is None or said.get("string")):
            out["output"] = parts[0]["text"]
        else:
            out["output"] = parts
        if said is not None and result.name:
            out["name"] = result.name
        return out | fields_of(result.extras)

    def _result_part(self, block: Block, where: str) -> JsonObject | None:
        match block:
            case Text():
                return encode_text(block, assistant=False)
            case Media():
                _check_file(block, where)
                if (part := encode_media(block)) is not None:
                    return part
                self._losses.append(Loss(where, f"{block.kind} in a tool's result"))
                return {"type": "input_text", "text": f"[{block.kind}]"}
            case Opaque(format=format, value=value):
                if format == OWN:
                    return value
                self._losses.append(Loss(where, f"content that only {format} knows is given as JSON text"))
                return {"type": "input_text", "text": dump(value).decode()}
            case _:
                self._losses.append(Loss(where, "a kind of content that a tool's result cannot hold"))
                return None


def _check_file(media: Media, where: str) -> None:
    """Raises WireError for a file that only another provider has: the model would answer without it."""
    if media.file_id and own_of(media.extras) is None and not media.file_id.startswith("file-"):
        raise WireError(f"the file {media.file_id!r} is known to another provider only; send its content", where)


_PLAIN = frozenset({"type", "text", "annotations"})


def paired(items: list[JsonObject], losses: list[Loss]) -> list[JsonObject]:
    """The items with every call answered, every output called for and all reasoning followed by what it led to."""
    open_calls: dict[str, int] = {}
    kept: list[JsonObject] = []
    for item in items:
        type = item.get("type")
        if type == "message":
            kept.append(item)
            continue
        id = item.get("call_id")
        if type in _OUTPUTS and isinstance(id, str):
            if open_calls.get(id, 0) <= 0:
                losses.append(Loss("input", f"the result of a call that is not in the conversation: {id}"))
                continue
            open_calls[id] -= 1
        elif type in _CALLS and isinstance(id, str):
            open_calls[id] = open_calls.get(id, 0) + 1
        kept.append(item)
    unanswered = {id for id, count in open_calls.items() if count > 0}
    return _followed(_answered(kept, unanswered, losses) if unanswered else kept, losses)


def _answered(items: list[JsonObject], unanswered: set[str], losses: list[Loss]) -> list[JsonObject]:
    out: list[JsonObject] = []
    pending: list[JsonObject] = []
    for item in [*items, {}]:
        if item.get("type") not in (*_CALLS, *_OUTPUTS):
            out += pending
            pending = []
        if item:
            out.append(item)
        if item.get("type") in _CALLS and item.get("call_id") in unanswered:
            type = "custom_tool_call_output" if item["type"] == "custom_tool_call" else "function_call_output"
            pending.append({"type": type, "call_id": item["call_id"], "output": _INTERRUPTED})
            losses.append(Loss("input", f"a call without result is given one: {item['call_id']}"))
    return out


def _followed(items: list[JsonObject], losses: list[Loss]) -> list[JsonObject]:
    """Reasoning is refused without the item it led to."""
    if not any(item.get("type") == "reasoning" for item in items):
        return items
    out: list[JsonObject] = []
    next_is: Literal["assistant", "other"] = "other"
    for item in reversed(items):
        type = item.get("type", "message")
        if type == "reasoning":
            if next_is == "other":
                losses.append(Loss("input", "reasoning that led to nothing"))
                continue
        elif type in _OUTPUTS or (type == "message" and item.get("role") != "assistant"):
            next_is = "other"
        else:
            next_is = "assistant"
        out.append(item)
    return out[::-1]
