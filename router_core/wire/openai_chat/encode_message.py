"""Messages of blocks → the conversation of a Chat Completions request.

The order is the service's law: an assistant's message with calls is followed by one `tool` message per call, then by
everything else. So results are looked for up to the next assistant's message; a call without one gets a synthetic
result, a result without its call is left out, since either would be refused.
"""

from typing import assert_never

import orjson
from msgspec.structs import replace

from router_core.errors import WireError
from router_core.models.info import ModelInfo
from router_core.wire.codec import Loss
from router_core.wire.events import merged
from router_core.wire.model import (
    Block,
    Cache,
    JsonObject,
    Media,
    Message,
    Opaque,
    Refusal,
    Request,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.openai_chat.call_ids import accepted_id
from router_core.wire.openai_chat.citations import annotation_of
from router_core.wire.openai_chat.dialect import Dialect
from router_core.wire.openai_chat.encode_media import media_part, stand_in
from router_core.wire.openai_chat.reading import NAME, form, own
from router_core.wire.openai_chat.reasoning import DETAILS, details_of, text_fields
from router_core.wire.openai_chat.response import separator
from router_core.wire.system_text import is_billing_header, joined_system
from router_core.wire.tool_names import ToolNames

INTERRUPTED = "Error: interrupted before the tool gave a result"
type _Indexed = list[tuple[int, Message]]


class Conversation:
    """The messages of one request.

    Args:
        losses: gets what cannot be said.
    """

    def __init__(self, dialect: Dialect, info: ModelInfo, names: ToolNames, losses: list[Loss]) -> None:
        self._dialect = dialect
        self._info = info
        self._names = names
        self._losses = losses
        self._out: list[JsonObject] = []

    def encode(self, request: Request) -> list[JsonObject]:
        if self._dialect.system_anywhere:
            system = [text for text in request.system if text.text and not is_billing_header(text)]
            messages = list(request.messages)
        else:
            system, messages = joined_system(request)
        if system:
            self._out.append({"role": "system", "content": self._texts(system, {}, "\n\n")})
        first = len(request.messages) - len(messages)
        self._turns(_joined([(first + number, message) for number, message in enumerate(messages)]))
        return self._out

    def _turns(self, messages: _Indexed) -> None:
        at = 0
        while at < len(messages):
            index, message = messages[at]
            calls: list[ToolCall] = []
            if message.role == "assistant":
                self._assistant(index, message)
                calls = [block for block in message.blocks if isinstance(block, ToolCall)]
                at += 1
            end = at
            while end < len(messages) and messages[end][1].role != "assistant":
                end += 1
            self._between(calls, messages[at:end])
            at = end

    def _between(self, calls: list[ToolCall], messages: _Indexed) -> None:
        """What stands between two messages of the assistant: results first."""
        open_calls = {call.id: call for call in calls}
        shown: list[JsonObject] = []
        others: _Indexed = []
        for index, message in messages:
            kept: list[Block] = []
            for number, block in enumerate(message.blocks):
                path = f"messages[{index}].blocks[{number}]"
                if not isinstance(block, ToolResult):
                    kept.append(block)
                elif (call := open_calls.pop(block.call_id, None)) is None:
                    self._losses.append(Loss(path, f"a result without its call ({block.call_id})"))
                else:
                    self._result(call, block, path, shown)
            if kept or not message.blocks:
                others.append((index, replace(message, blocks=tuple(kept))))
        for call in open_calls.values():
            self._losses.append(Loss("messages", f"call {call.id} has no result: the model is told it was interrupted"))
            self._out.append({"role": "tool", "tool_call_id": self._id(call.id), "content": INTERRUPTED})
        if shown:
            self._out.append({"role": "user", "content": shown})
        for index, message in others:
            self._plain(index, message)

    def _plain(self, index: int, message: Message) -> None:
        """A message of the user, or instructions between turns."""
        role, path = message.role, f"messages[{index}]"
        blocks = message.blocks
        if role in ("system", "developer"):
            blocks = tuple(block for block in blocks if not (isinstance(block, Text) and is_billing_header(block)))
            if not blocks and message.blocks:
                return
            if any(isinstance(block, Media) for block in blocks):
                role = "user"
            elif not self._dialect.system_anywhere:
                role = "user"
                blocks = tuple(_reminder(block) for block in blocks)
            elif not self._dialect.developer:
                role = "system"
        content = self._content(blocks, form(message.extras), path)
        if content is None and message.blocks:
            return
        self._out.append({**self._rest(message), "role": role, "content": content})

    def _content(self, blocks: tuple[Block, ...], notes: JsonObject, path: str) -> str | list[JsonObject] | None:
        if not blocks:
            return None if notes.get("content") == "null" else []
        texts = [block for block in blocks if isinstance(block, Text)]
        if len(texts) == len(blocks):
            return self._texts(texts, notes, "\n\n")
        parts: list[JsonObject] = []
        unsaid: list[str] = []
        for number, block in enumerate(blocks):
            at = f"{path}.blocks[{number}]"
            match block:
                case Text():
                    parts.append(self._text_part(block))
                case Media():
                    part = media_part(block, self._dialect, self._info)
                    if part is None:
                        unsaid.append(at)
                        self._losses.append(Loss(at, f"{block.kind} is not possible here"))
                        part = {"type": "text", "text": stand_in(block)}
                    parts.append(self._with_cache(part, block.cache))
                case Opaque(format="openai-chat"):
                    parts.append(block.value)
                case _:
                    self._losses.append(Loss(at, "the format has no place for it"))
        if unsaid and len(unsaid) == len(parts):
            kind = next(block.kind for block in blocks if isinstance(block, Media))
            raise WireError(f"{self._info.id} cannot be sent this {kind}, and the message has nothing else", unsaid[0])
        return parts or None

    def _texts(self, texts: list[Text], notes: JsonObject, between: str) -> str | list[JsonObject]:
        """Texts as one string, or as parts where the client wrote parts or a cache breakpoint needs them."""
        cached = self._dialect.cache_control and any(text.cache for text in texts)
        if cached or notes.get("content") == "parts":
            return [self._text_part(text) for text in texts]
        return between.join(text.text for text in texts)

    def _text_part(self, text: Text) -> JsonObject:
        return self._with_cache({**own(text.extras), "type": "text", "text": text.text}, text.cache)

    def _with_cache(self, part: JsonObject, cache: Cache | None) -> JsonObject:
        return {**part, "cache_control": cache_control(cache)} if cache and self._dialect.cache_control else part

    def _rest(self, message: Message) -> JsonObject:
        rest = own(message.extras)
        if "name" in rest and not self._dialect.names:
            self._losses.append(Loss("messages.name", "the service takes no names"))
            del rest["name"]
        return rest

    # --- results

    def _result(self, call: ToolCall, result: ToolResult, path: str, shown: list[JsonObject]) -> None:
        """One `tool` message; images go to the user's message behind all of them."""
        notes = form(result.extras)
        texts: list[Text] = []
        for number, block in enumerate(result.content):
            if isinstance(block, Text):
                texts.append(block)
            elif isinstance(block, Media):
                part = media_part(block, self._dialect, self._info)
                if part is not None and part["type"] == "text":
                    texts.append(Text(part["text"]))
                    continue
                texts.append(Text(stand_in(block)))
                if part is None:
                    self._losses.append(Loss(f"{path}.content[{number}]", f"{block.kind} is not possible here"))
                else:
                    shown.append(part)
            else:
                self._losses.append(Loss(f"{path}.content[{number}]", "a tool's result is text here"))
        content = self._texts(texts, notes, "\n")
        if result.is_error and isinstance(content, str) and not content.startswith("Error:"):
            content = "Error: " + content
        message: JsonObject = {**own(result.extras), "role": "tool", "tool_call_id": self._id(call.id)}
        if notes.get("function") and self._dialect.developer:
            message = {**own(result.extras), "role": "function"}
        if result.name and (notes or NAME in result.extras or message["role"] == "function") and self._dialect.names:
            message["name"] = self._names.send(result.name, call.namespace)
        self._out.append({**message, "content": content})

    def _id(self, id: str) -> str:
        return accepted_id(id, nine=self._dialect.nine_char_ids)

    # --- the assistant

    def _assistant(self, index: int, message: Message) -> None:
        path, notes = f"messages[{index}]", form(message.extras)
        texts: list[Text] = []
        parts: list[JsonObject] = []
        calls: list[ToolCall] = []
        thinking: list[Thinking] = []
        refusal: str | None = None
        said = False
        for number, block in enumerate(message.blocks):
            at = f"{path}.blocks[{number}]"
            match block:
                case Text():
                    apart = separator(texts[-1].text, block.text) if said and texts and block.text else ""
                    texts.append(replace(block, text=apart + block.text) if apart else block)
                    parts.append(self._text_part(texts[-1]))
                    said = False
                    continue
                case Refusal() if self._dialect.developer:
                    if form(block.extras).get("part"):
                        parts.append({"type": "refusal", "refusal": block.text})
                    else:
                        refusal = (refusal or "") + block.text
                case Refusal():
                    texts.append(Text(block.text))
                    parts.append({"type": "text", "text": block.text})
                case Thinking():
                    thinking.append(block)
                case ToolCall():
                    calls.append(block)
                case Opaque(format="openai-chat"):
                    parts.append(block.value)
                case Media():
                    self._losses.append(Loss(at, f"{block.kind} of the assistant's"))
                    texts.append(Text(stand_in(block)))
                    parts.append({"type": "text", "text": stand_in(block)})
                case ServerCall() | ServerResult():
                    self._losses.append(Loss(at, "what the provider's own tool did"))
                case Opaque() | ToolResult():
                    self._losses.append(Loss(at, "the format has no place for it"))
                case _:
                    assert_never(block)
            said = True
        out: JsonObject = {**self._rest(message), "role": "assistant"}
        content: str | list[JsonObject] | None = self._texts(texts, notes, "") if texts else None
        if len(parts) != len(texts) or notes.get("content") == "parts":
            content = parts
        if content is None and not calls and refusal is None:
            if not message.blocks or not thinking:
                content = [] if notes.get("content") == "parts" else None
            if notes.get("content") not in ("null", "absent", "parts"):
                content = ""
        if content is not None or notes.get("content") != "absent":
            out["content"] = "" if content is None and notes.get("content") == "empty" else content
        if refusal is not None:
            out["refusal"] = refusal
        annotations = [annotation_of(cited, 0, len(text.text)) for text in texts for cited in text.citations]
        if annotations and self._dialect.developer and notes:
            out["annotations"] = annotations
        self._think(thinking, bool(calls), path, out)
        if calls:
            self._call(calls, notes, out)
        if len(out) > 1:
            self._out.append(out)

    def _think(self, thinking: list[Thinking], calls: bool, path: str, out: JsonObject) -> None:
        back = self._dialect.reasoning_back
        details = [detail for block in thinking for detail in details_of(block.proof) or ()]
        text = "\n\n".join(block.text for block in thinking if block.text)
        if not back:
            if thinking:
                self._losses.append(Loss(f"{path}.thinking", "reasoning of another provider"))
            return
        if back == DETAILS:
            fields = next((text_fields(block) for block in thinking if block.text), [])
            if details:
                out[DETAILS] = details
            if text:
                out |= dict.fromkeys(fields if details else ["reasoning"], text)
        elif text or (calls and self._dialect.reasoning_with_calls):
            out[back] = text
        own_proofs = [details_of(block.proof) is not None for block in thinking if block.proof is not None]
        if not all(own_proofs) or (details and back != DETAILS):
            self._losses.append(Loss(f"{path}.thinking", "proof of another provider"))

    def _call(self, calls: list[ToolCall], notes: JsonObject, out: JsonObject) -> None:
        entries = [self._entry(call) for call in calls]
        if notes.get("function_call") and self._dialect.developer:
            out["function_call"] = entries.pop()["function"]
        if entries:
            out["tool_calls"] = entries

    def _entry(self, call: ToolCall) -> JsonObject:
        extras = own(call.extras)
        custom = call.custom and self._dialect.custom_tools
        kind, field = ("custom", "input") if custom else ("function", "arguments")
        nested = extras.pop(kind, None)
        arguments = call.arguments if custom else call.arguments or "{}"
        if call.custom and not custom:
            arguments = orjson.dumps({"input": call.arguments}).decode()
        name = self._names.send(call.name, call.namespace, custom=call.custom and not custom)
        inner = {"name": name, field: arguments}
        entry: JsonObject = {**extras, "id": self._id(call.id), "type": kind}
        if form(call.extras).get("type") == "absent":
            del entry["type"]
        entry[kind] = {**nested, **inner} if isinstance(nested, dict) else inner
        if call.proof is not None:
            if self._dialect.google_signatures and call.proof.issuer == "gemini":
                entry["extra_content"] = {"google": {"thought_signature": call.proof.value}}
            elif not any(loss.path == "messages.tool_calls" for loss in self._losses):
                self._losses.append(Loss("messages.tool_calls", "proof of another provider"))
        return entry


def cache_control(cache: Cache) -> JsonObject:
    """Anthropic's breakpoint, as the services that take it spell it."""
    return {"type": "ephemeral", "ttl": cache.ttl} if cache.ttl else {"type": "ephemeral"}


def _joined(messages: _Indexed) -> _Indexed:
    """The assistant's messages in a row as one, where they are one answer: calls must stand together."""
    out: _Indexed = []
    for index, message in messages:
        before = out[-1][1] if out else None
        if before is not None and before.role == message.role == "assistant" and not _two_texts(before, message):
            joined = Message("assistant", before.blocks + message.blocks, merged(before.extras, message.extras))
            out[-1] = (out[-1][0], joined)
        else:
            out.append((index, message))
    return out


def _two_texts(first: Message, second: Message) -> bool:
    """The first ends in a text and the second begins with one, so nothing forces them together."""
    if any(isinstance(block, ToolCall) for block in first.blocks):
        return False
    ends = [block for block in first.blocks if not isinstance(block, Thinking)]
    begins = [block for block in second.blocks if not isinstance(block, Thinking)]
    return bool(ends and begins) and not isinstance(begins[0], ToolCall)


def _reminder(block: Block) -> Block:
    if not isinstance(block, Text):
        return block
    return replace(block, text=f"<system-reminder>\n{block.text}\n</system-reminder>")
