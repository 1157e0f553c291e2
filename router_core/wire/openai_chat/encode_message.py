"""Messages of blocks → the conversation of a Chat Completions request.

The order is the service's law: an assistant's message with calls is followed by one `tool` message per call, then by
everything else. So results are looked for up to the next assistant's message; a call without one gets a synthetic
result, a result without its call is left out, since either would be refused.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from router_core.errors import WireError
from router_core.models.info import ModelInfo
from router_core.wire.codec import Loss
from router_core.wire.events import merged
from router_core.wire.model import (
    Block,
    JsonObject,
    Media,
    Message,
    Opaque,
    Request,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.openai_chat.call_ids import accepted_id
from router_core.wire.openai_chat.dialect import Dialect
from router_core.wire.openai_chat.encode_assistant import assistant_message
from router_core.wire.openai_chat.encode_media import media_part, stand_in
from router_core.wire.openai_chat.encode_words import Words
from router_core.wire.openai_chat.reading import NAME, form, own
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
        self._words = Words(dialect, losses)
        self._out: list[JsonObject] = []

    def encode(self, request: Request) -> list[JsonObject]:
        if self._dialect.system_anywhere:
            system = [text for text in request.system if text.text and not is_billing_header(text)]
            messages = list(request.messages)
        else:
            system, messages = joined_system(request)
        if system:
            self._out.append({"role": "system", "content": self._words.content(system, {}, "\n\n")})
        first = len(request.messages) - len(messages)
        self._turns(_joined(enumerate(messages, first)))
        return self._out

    def _turns(self, messages: _Indexed) -> None:
        at = 0
        while at < len(messages):
            index, message = messages[at]
            if (said := self._words_only(message)) is not None:
                self._out.append(said)
                at += 1
                continue
            calls: list[ToolCall] = []
            if message.role == "assistant":
                said = assistant_message(message, f"messages[{index}]", self._dialect, self._names, self._losses)
                self._out += [said] if said is not None else []
                calls = [block for block in message.blocks if isinstance(block, ToolCall)]
                at += 1
            end = at
            while end < len(messages) and messages[end][1].role != "assistant":
                end += 1
            self._between(calls, messages[at:end])
            at = end

    def _words_only(self, message: Message) -> JsonObject | None:
        """A message of one text, which most of a long history is: it need not be searched for anything else."""
        if len(message.blocks) != 1 or type(text := message.blocks[0]) is not Text or NAME in message.extras:
            return None
        if NAME in text.extras or (text.cache is not None and self._dialect.cache_control):
            return None
        if message.role == "assistant" and self._dialect.no_reasoning_in == "all":
            return None
        return {"role": message.role, "content": text.text} if message.role in ("user", "assistant") else None

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
        self._out.append({**self._words.rest(message), "role": role, "content": content})

    def _content(self, blocks: tuple[Block, ...], notes: JsonObject, path: str) -> str | list[JsonObject] | None:
        if not blocks:
            return None if notes.get("content") == "null" else []
        texts = [block for block in blocks if isinstance(block, Text)]
        if len(texts) == len(blocks):
            return self._words.content(texts, notes, "\n\n")
        parts: list[JsonObject] = []
        unsaid: list[str] = []
        for number, block in enumerate(blocks):
            at = f"{path}.blocks[{number}]"
            match block:
                case Text():
                    parts.append(self._words.part(block))
                case Media():
                    part = media_part(block, self._dialect, self._info)
                    if part is None:
                        unsaid.append(at)
                        self._losses.append(Loss(at, f"{block.kind} is not possible here"))
                        part = {"type": "text", "text": stand_in(block)}
                    parts.append(self._words.with_cache(part, block.cache))
                case Opaque(format="openai-chat"):
                    parts.append(block.value)
                case _:
                    self._losses.append(Loss(at, "the format has no place for it"))
        if unsaid and len(unsaid) == len(parts):
            kind = next(block.kind for block in blocks if isinstance(block, Media))
            raise WireError(f"{self._info.id} cannot be sent this {kind}, and the message has nothing else", unsaid[0])
        return parts or None

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
        if result.is_error and not (texts and texts[0].text.startswith("Error:")):
            texts[:1] = [replace(texts[0], text="Error: " + texts[0].text)] if texts else [Text("Error: it failed")]
        message: JsonObject = {**own(result.extras), "role": "tool", "tool_call_id": self._id(call.id)}
        if notes.get("function") and self._dialect.developer:
            message = {**own(result.extras), "role": "function"}
        if notes.get("name") and self._dialect.names:
            message["name"] = self._names.send(result.name, call.namespace)
        self._out.append({**message, "content": self._words.content(texts, notes, "\n")})

    def _id(self, id: str) -> str:
        return accepted_id(id, nine=self._dialect.nine_char_ids)


def _joined(messages: Iterable[tuple[int, Message]]) -> _Indexed:
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
