"""One message of the assistant, for a service of this format."""

from typing import assert_never

import orjson
from msgspec.structs import replace

from router_core.wire.codec import Loss
from router_core.wire.model import (
    Block,
    JsonObject,
    Media,
    Message,
    Opaque,
    Refusal,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.openai_chat.call_ids import accepted_id
from router_core.wire.openai_chat.dialect import Dialect
from router_core.wire.openai_chat.encode_media import stand_in
from router_core.wire.openai_chat.encode_words import Words
from router_core.wire.openai_chat.reading import form, own
from router_core.wire.openai_chat.reasoning import DETAILS, details_of, text_fields
from router_core.wire.openai_chat.response import separator
from router_core.wire.tool_names import ToolNames


def assistant_message(
    message: Message, path: str, dialect: Dialect, names: ToolNames, losses: list[Loss]
) -> JsonObject | None:
    """The message; None when nothing of it can be said.

    Args:
        path: of the message, for `losses`, which gets what cannot be said.
    """
    writer = _Writer(path, dialect, names, losses)
    for number, block in enumerate(message.blocks):
        writer.add(block, number)
    return writer.message(message)


class _Writer:
    def __init__(self, path: str, dialect: Dialect, names: ToolNames, losses: list[Loss]) -> None:
        self._path = path
        self._dialect = dialect
        self._names = names
        self._losses = losses
        self._words = Words(dialect, losses)
        self._texts: list[Text] = []
        self._parts: list[JsonObject] = []
        """The texts, and what else stands between them in the content."""
        self._calls: list[JsonObject] = []
        self._thinking: list[Thinking] = []
        self._refusal: str | None = None
        self._said = False
        """Something other than text stood behind the last text."""

    def add(self, block: Block, number: int) -> None:
        match block:
            case Text():
                self._text(block)
                return
            case Refusal() if self._dialect.developer and not form(block.extras).get("part"):
                self._refusal = (self._refusal or "") + block.text
            case Refusal() if self._dialect.developer:
                self._parts.append({"type": "refusal", "refusal": block.text})
            case Refusal():
                self._text(Text(block.text))
            case Thinking():
                self._thinking.append(block)
            case ToolCall():
                self._calls.append(self._call(block))
            case Opaque(format="openai-chat"):
                self._parts.append(block.value)
            case Media():
                self._lose(number, f"{block.kind} of the assistant's")
                self._text(Text(stand_in(block)))
            case ServerCall() | ServerResult():
                self._lose(number, "what the provider's own tool did")
            case Opaque() | ToolResult():
                self._lose(number, "the format has no place for it")
            case _:
                assert_never(block)
        self._said = True

    def message(self, message: Message) -> JsonObject | None:
        notes = form(message.extras)
        out: JsonObject = {**self._words.rest(message), "role": "assistant"}
        spelled = notes.get("content")
        content: str | list[JsonObject] | None = None
        if len(self._parts) != len(self._texts) or (spelled == "parts" and not self._calls):
            content = self._parts
        elif self._texts:
            content = self._words.content(self._texts, notes, "")
        elif spelled == "empty":
            content = ""
        if content is not None or spelled != "absent":
            out["content"] = content
        if self._refusal is not None:
            out["refusal"] = self._refusal
        thought = self._think(out)
        calls = self._calls
        if content is None and not calls and not thought and self._refusal is None and self._thinking:
            return None  # nothing was said but what nobody else can read
        if calls and notes.get("function_call") and self._dialect.developer:
            out["function_call"], calls = calls[-1]["function"], calls[:-1]
        if calls:
            out["tool_calls"] = calls
        if not calls and content is None and thought:
            out["content"] = ""  # no service takes a message without words and calls
        return out

    def _text(self, text: Text) -> None:
        if self._said and self._texts and text.text and (apart := separator(self._texts[-1].text, text.text)):
            text = replace(text, text=apart + text.text)
        self._said = False
        self._texts.append(text)
        self._parts.append(self._words.part(text))

    def _think(self, out: JsonObject) -> bool:
        """Give the reasoning back to those who take it; whether any was given."""
        back, thinking = self._dialect.reasoning_back, self._thinking
        if not back:
            if thinking:
                self._losses.append(Loss(f"{self._path}.thinking", "reasoning of another provider"))
            return False
        text = "\n\n".join(block.text for block in thinking if block.text)
        own_details = [details_of(block.proof) for block in thinking if block.proof is not None]
        if back == DETAILS:
            details = [detail for entries in own_details for detail in entries or ()]
            if details:
                out[DETAILS] = details
            if text:
                fields = next(text_fields(block) for block in thinking if block.text)
                out |= dict.fromkeys(fields if details else ["reasoning"], text)
        elif text:
            out[back] = text
        elif self._dialect.no_reasoning is not None and (self._calls or self._dialect.no_reasoning_in == "all"):
            out[back] = self._dialect.no_reasoning
        if None in own_details or (own_details and back != DETAILS):
            self._losses.append(Loss(f"{self._path}.thinking", "proof of another provider"))
        return bool(text) or DETAILS in out

    def _call(self, call: ToolCall) -> JsonObject:
        extras = own(call.extras)
        custom = call.custom and self._dialect.custom_tools
        kind, field = ("custom", "input") if custom else ("function", "arguments")
        nested = extras.pop(kind, None)
        arguments = call.arguments if custom else call.arguments or "{}"
        if call.custom and not custom:
            arguments = orjson.dumps({"input": call.arguments}).decode()
        name = self._names.send(call.name, call.namespace, custom=call.custom and not custom)
        inner = {"name": name, field: arguments}
        entry: JsonObject = {**extras, "id": accepted_id(call.id, nine=self._dialect.nine_char_ids)}
        if form(call.extras).get("type") != "absent":
            entry["type"] = kind
        entry[kind] = {**nested, **inner} if isinstance(nested, dict) else inner
        if call.proof is not None:
            self._sign(call, entry)
        return entry

    def _sign(self, call: ToolCall, entry: JsonObject) -> None:
        if call.proof is not None and call.proof.issuer == "gemini" and self._dialect.google_signatures:
            entry["extra_content"] = {"google": {"thought_signature": call.proof.value}}
        elif not any(loss.path == "messages.tool_calls" for loss in self._losses):  # once is enough
            self._losses.append(Loss("messages.tool_calls", "proof of another provider"))

    def _lose(self, number: int, reason: str) -> None:
        self._losses.append(Loss(f"{self._path}.blocks[{number}]", reason))
