"""Events → a Chat Completions stream for a client.

Chunks as OpenAI's own: the role once, one finish reason, `usage` in a last chunk with empty `choices` when the client
asked for it, `[DONE]`. Everything that is the same in each chunk is written once, since a stream has thousands.
"""

from typing import assert_never

import orjson

from router_core.wire.codec import Answering
from router_core.wire.events import (
    BlockStart,
    BlockStop,
    CitationDelta,
    Delta,
    Event,
    KeepAlive,
    MessageStart,
    MessageStop,
    ProofDelta,
    StreamError,
)
from router_core.wire.model import (
    Block,
    Citation,
    JsonObject,
    Media,
    Opaque,
    Proof,
    Refusal,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.openai_chat.citations import annotation_of
from router_core.wire.openai_chat.counting import counts_of
from router_core.wire.openai_chat.errors import encode_error
from router_core.wire.openai_chat.media import part_of
from router_core.wire.openai_chat.reading import own
from router_core.wire.openai_chat.reasoning import DETAILS, ReasoningWriter, text_fields
from router_core.wire.openai_chat.response import call_extra, call_of, finish_reason, separator, tier_of, wants_legacy

KEEP_ALIVE = b": keep-alive\n\n"
DONE = b"data: [DONE]\n\n"


class ChatStreamEncoder:
    """One answer's stream. What comes before MessageStart or after the end is not written."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._with_usage = answering.request.include_usage
        self._legacy = wants_legacy(answering)
        self._head = b""
        self._tail = b',"logprobs":null,"finish_reason":null}]' + (
            b',"usage":null}\n\n' if self._with_usage else b"}\n\n"
        )
        self._extras: JsonObject = {}
        self._block: Block | None = None
        self._before = b""
        """What stands before the words of the open block, `_after` what stands behind them."""
        self._after = b""
        self._reasoning = ReasoningWriter()
        self._chars = 0
        """Of text; `_begin` of them before the open block."""
        self._begin = 0
        self._line_ended = True
        self._said = False
        self._first = False
        """No words of the open block have been written yet."""
        self._own_chars = 0
        self._citations: list[Citation] = []
        self._message: JsonObject = {}
        """The fields that the message has: tells which finish reason is true."""
        self._calls = 0
        self._ended = False

    def send(self, event: Event) -> bytes:
        if self._ended:
            return b""
        match event:
            case Delta():
                return self._delta(event)
            case BlockStart(block=block):
                return self._start_block(block)
            case BlockStop():
                return self._stop_block()
            case ProofDelta(proof=proof):
                return self._proof(proof)
            case CitationDelta(citation=citation):
                self._citations.append(citation)
                return b""
            case MessageStart():
                return self._start(event)
            case MessageStop():
                return self._stop(event)
            case StreamError(fault=fault):
                self._ended = True
                return b"data: " + orjson.dumps(encode_error(fault)[1]) + b"\n\n"
            case KeepAlive():
                return KEEP_ALIVE
            case _:
                assert_never(event)

    def _start(self, event: MessageStart) -> bytes:
        minting = self._answering.minting
        self._extras = own(event.extras)
        base: JsonObject = {key: value for key, value in self._extras.items() if value is None or type(value) is str}
        base |= {
            "id": event.id or minting.id("chatcmpl-"),
            "object": "chat.completion.chunk",
            "created": event.created_at if event.created_at is not None else minting.now(),
            "model": self._answering.model,
        }
        if (tier := tier_of(event.service_tier)) is not None:
            base["service_tier"] = tier
        self._head = b"data: " + orjson.dumps(base)[:-1] + b',"choices":['
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def _stop(self, event: MessageStop) -> bytes:
        self._ended = True
        extras = self._extras | own(event.extras)
        finish = finish_reason(event.stop, extras, self._message)
        out = self._chunk({}, finish)
        if self._with_usage:
            usage = orjson.dumps(counts_of(event.usage, extras.get("usage")))
            out += self._head + b'],"usage":' + usage + b"}\n\n"
        return out + DONE

    def _start_block(self, block: Block) -> bytes:
        self._block, self._first, self._own_chars, self._citations = block, True, 0, []
        self._reasoning.begin(text=isinstance(block, Text), call=isinstance(block, ToolCall))
        match block:
            case Text(text=text, citations=citations):
                self._words('{"content":', "}")
                self._citations = list(citations)
                self._begin = self._chars
                return self._proof(block.proof) + self._text(text)
            case Thinking(text=text):
                self._said = True
                fields = text_fields(block)
                self._words("{" + f'"{fields[0]}":', "}")
                return self._thought(text) + self._proof(block.proof)
            case Refusal(text=text):
                self._said = True
                self._message["refusal"] = True
                self._words('{"refusal":', "}")
                return self._before + orjson.dumps(text) + self._after if text else b""
            case ToolCall():
                self._said = True
                return self._start_call(block)
            case Media():
                self._said = True
                part = part_of(block)
                return self._chunk({"images": [part]}) if part and part["type"] == "image_url" else b""
            case Opaque(format="openai-chat", value=value):
                self._said = True
                return self._chunk({key: field for key, field in value.items() if key != "type"})
            case Opaque() | ServerCall() | ServerResult() | ToolResult():
                self._said = True  # the format has no place for what the provider itself does
                return b""
            case _:
                assert_never(block)

    def _start_call(self, call: ToolCall) -> bytes:
        number, self._calls = self._calls, self._calls + 1
        entry = call_of(call)
        if self._legacy and number == 0 and not call.custom:
            self._message["function_call"] = True
            self._words('{"function_call":{"arguments":', "}}")
            said = {"function_call": entry["function"]}
        else:
            self._message["tool_calls"] = True
            kind, field = ("custom", "input") if call.custom else ("function", "arguments")
            self._words(f'{{"tool_calls":[{{"index":{number},"{kind}":{{"{field}":', "}}]}")
            said = {"tool_calls": [{"index": number, **entry}]}
        return self._proof(call.proof) + self._chunk(said)

    def _delta(self, event: Delta) -> bytes:
        text, block = event.text, self._block
        if isinstance(block, Text):
            return self._text(text, event) if text or event.logprobs else b""
        if not text:
            return b""
        if isinstance(block, Thinking):
            return self._thought(text)
        return self._before + orjson.dumps(text) + self._after

    def _text(self, text: str, event: Delta | None = None) -> bytes:
        if self._first and text:
            self._first = False
            if self._said and self._chars:
                apart = separator("\n" if self._line_ended else "", text)
                self._begin += len(apart)
                text = apart + text
            self._said = False
        if text:
            self._chars += len(text)
            self._line_ended = text[-1] == "\n"
        if event is not None and event.logprobs:
            return self._chunk({"content": text}, logprobs={"content": list(event.logprobs), "refusal": None})
        return self._before + orjson.dumps(text) + self._after if text else b""

    def _thought(self, text: str) -> bytes:
        if not text:
            return b""
        self._own_chars += len(text)
        said = self._reasoning.text(text, first=self._first)
        self._first = False
        return self._before + orjson.dumps(said) + self._after

    def _proof(self, proof: Proof | None) -> bytes:
        if proof is None:
            return b""
        out = self._chunk({DETAILS: self._reasoning.details(proof, self._own_chars)})
        block = self._block
        if isinstance(block, ToolCall) and block.proof is None and (extra := call_extra(proof)):
            out += self._chunk({"tool_calls": [{"index": self._calls - 1, **extra}]})
        return out

    def _stop_block(self) -> bytes:
        self._block = None
        if not self._citations:
            return b""
        annotations = [annotation_of(citation, self._begin, self._chars) for citation in self._citations]
        self._citations = []
        return self._chunk({"annotations": annotations})

    def _words(self, before: str, after: str) -> None:
        self._before = self._head + b'{"index":0,"delta":' + before.encode()
        self._after = after.encode() + self._tail

    def _chunk(self, delta: JsonObject, finish: str | None = None, logprobs: JsonObject | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return self._head + orjson.dumps(choice) + (b'],"usage":null}\n\n' if self._with_usage else b"]}\n\n")
