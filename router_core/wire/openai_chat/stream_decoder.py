"""A Chat Completions stream → events.

The services that speak this format agree on little more than `choices[0].delta`. So: usage counts in any chunk and ends
nothing; an empty `choices` is no error; the finish reason is kept until the end, since more may follow it; and the end
is `[DONE]`, or, after a finish reason, the end of the stream. Only the answer with index 0 is told.
"""

from typing import Any

import orjson

from router_core.errors import WireError
from router_core.trace.record import Usage
from router_core.wire.chat_error import is_error
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
from router_core.wire.model import NO_EXTRAS, Block, Extras, JsonObject, Refusal, Text, Thinking, WireFault
from router_core.wire.openai_chat.call_assembly import CallAssembly
from router_core.wire.openai_chat.citations import citation_of
from router_core.wire.openai_chat.content import content_blocks
from router_core.wire.openai_chat.errors import decode_error
from router_core.wire.openai_chat.finish import FAILED, stop_of
from router_core.wire.openai_chat.reading import NAME, PROVIDER, a_list, an_object, wrong
from router_core.wire.openai_chat.reasoning import (
    DETAILS,
    TEXT_FIELDS,
    DetailsAssembly,
    proof_of_details,
    spelled,
    text_of_details,
)
from router_core.wire.openai_chat.response import images_of, logprobs_of, response_extras
from router_core.wire.sse import RecordSplitter, records
from router_core.wire.usage import read_usage


class ChatStreamDecoder:
    """One answer's stream."""

    def __init__(self) -> None:
        self._splitter = RecordSplitter()
        self._out: list[Event] = []
        self._answer: JsonObject | None = None
        """The first chunk with a choice."""
        self._open: type[Block] | None = None
        self._calls = CallAssembly()
        self._late: list[Block] = []
        """What came while calls were being told, and is told after them."""
        self._details = DetailsAssembly()
        self._refused = False
        self._produced = False
        self._finish: str | None = None
        self._tier: str | None = None
        self._usage = Usage()
        self._raw_usage: JsonObject | None = None
        self._ended = False

    def feed(self, chunk: bytes) -> list[Event]:
        complete = self._splitter.feed(chunk)
        if complete and not self._ended:
            self._guarded(complete)
        return self._taken()

    def close(self) -> list[Event]:
        rest = self._splitter.close()
        if not self._ended and rest.strip():
            self._guarded(rest)
        if not self._ended:
            if self._finish is None:
                self._fail(WireFault(PROVIDER, "server", "the provider's stream ended before the answer was whole"))
            else:
                self._guarded(b"data: [DONE]\n\n")
        return self._taken()

    def _taken(self) -> list[Event]:
        out, self._out = self._out, []
        return out

    def _guarded(self, complete: bytes) -> None:
        try:
            self._records(complete)
        except WireError as error:
            self._fail(WireFault(error.status, "server", error.message))

    def _records(self, complete: bytes) -> None:
        for block in complete.split(b"\n\n"):
            if block.startswith(b"data:") and b"\n" not in block:
                self._data(block[5:], b"")
            elif block.startswith(b":") and b"\n" not in block:
                self._out.append(KeepAlive())
            else:
                for record in records(block):
                    self._data(record.data, record.event)
            if self._ended:
                return

    def _data(self, data: bytes, event: bytes) -> None:
        try:
            chunk = orjson.loads(data)
        except orjson.JSONDecodeError:
            word = data.strip()
            if word == b"[DONE]":
                self._end()
            elif word:
                raise WireError("the provider's stream holds a chunk that is not JSON", status=PROVIDER) from None
            return
        if not isinstance(chunk, dict):
            raise wrong("a chunk of the provider's stream", "an object", PROVIDER)
        choices = chunk.get("choices")
        if is_error(chunk, event):
            self._fail(decode_error(200, chunk, ""))
            return
        if "usage" in chunk or "x_groq" in chunk:
            self._count(chunk)
        if choices is None:
            return
        for value in a_list(choices, "choices", PROVIDER):
            choice = an_object(value, "choices[]", PROVIDER)
            if choice.get("index"):
                continue
            if self._answer is None:
                self._begin(chunk)
            self._choice(choice, chunk)
            if self._ended:
                return

    def _choice(self, choice: JsonObject, chunk: JsonObject) -> None:
        delta = choice.get("delta")
        if delta is None:
            delta = choice.get("message")  # services that make a stream of a whole answer
        if delta:
            if not isinstance(delta, dict):
                raise wrong("choices[0].delta", "an object", PROVIDER)
            content = delta.get("content")
            if content and len(delta) == 1 and type(content) is str:
                self._text(content, choice)
            else:
                self._delta(delta, choice)
        finish = choice.get("finish_reason")
        if finish:
            if finish == FAILED:
                self._fail(WireFault(PROVIDER, "server", "the provider's answer broke off"))
            elif isinstance(finish, str):
                if self._finish is None or self._finish == "stop":
                    self._finish = finish
                tier = chunk.get("service_tier")
                self._tier = tier if isinstance(tier, str) else self._tier

    def _delta(self, delta: JsonObject, choice: JsonObject) -> None:
        fields = [field for field in TEXT_FIELDS if delta.get(field)]
        details = delta.get(DETAILS)
        if fields or details:
            self._thinking(fields, delta, details)
        content = delta.get("content")
        if content:
            if isinstance(content, str):
                self._text(content, choice)
            else:
                for block in content_blocks(content, "choices[0].delta.content", PROVIDER)[0]:
                    self._part(block, choice)
        refusal = delta.get("refusal")
        if refusal:
            if not isinstance(refusal, str):
                raise wrong("choices[0].delta.refusal", "a string", PROVIDER)
            self._refused = True
            self._say(Refusal(""), refusal)
        if annotations := delta.get("annotations"):
            self._cite(a_list(annotations, "choices[0].delta.annotations", PROVIDER))
        if images := delta.get("images"):
            for image in images_of(images):
                self._whole(image)
        self._tool_calls(delta)

    def _tool_calls(self, delta: JsonObject) -> None:
        fragments, legacy = delta.get("tool_calls"), delta.get("function_call")
        if not fragments and not legacy:
            return
        if self._open is not None:
            self._close()
        answer = self._answer or {}
        for fragment in a_list(fragments, "choices[0].delta.tool_calls", PROVIDER) if fragments else ():
            self._out += self._calls.fragment(fragment, answer)
        if legacy:
            self._out += self._calls.fragment(legacy, answer, legacy=True)
        self._produced = True

    def _begin(self, chunk: JsonObject) -> None:
        self._answer = chunk
        id, model, created, tier = (chunk.get(key) for key in ("id", "model", "created", "service_tier"))
        start = MessageStart(
            id if isinstance(id, str) else "",
            model if isinstance(model, str) else "",
            created if type(created) is int else None,
            None,
            tier if isinstance(tier, str) else None,
            response_extras({key: value for key, value in chunk.items() if key != "usage"}, {}, None),
        )
        self._out.append(start)

    def _text(self, text: str, choice: JsonObject, extras: Extras = NO_EXTRAS) -> None:
        logprobs = choice.get("logprobs")
        if self._open is Text and not logprobs:
            self._out.append(Delta(text))
            return
        self._say(Text("", extras=extras), text, logprobs_of(logprobs))

    def _part(self, block: Block, choice: JsonObject) -> None:
        match block:
            case Text(text=text):
                self._text(text, choice, block.extras)
            case Thinking(text=text):
                self._say(Thinking(extras=block.extras), text)
            case _:
                self._whole(block)

    def _thinking(self, fields: list[str], delta: JsonObject, details: Any) -> None:
        text = delta[fields[0]] if fields else ""
        if not isinstance(text, str):
            raise wrong(f"choices[0].delta.{fields[0]}", "a string", PROVIDER)
        if details:
            path = f"choices[0].delta.{DETAILS}"
            fragments = [an_object(value, path, PROVIDER) for value in a_list(details, path, PROVIDER)]
            self._details.add(fragments)
            text = text or text_of_details(fragments)
        self._say(Thinking(extras=spelled(fields)), text)

    def _say(self, block: Block, text: str, logprobs: tuple[JsonObject, ...] = ()) -> None:
        """More of the open block, or of a new one of this kind."""
        if self._calls.begun:
            self._say_late(block, text)
            return
        if self._open is not type(block):
            if self._open is not None:
                self._close()
            self._out.append(BlockStart(block))
            self._open = type(block)
            self._produced = True
        if text or logprobs:
            self._out.append(Delta(text, logprobs))

    def _say_late(self, block: Block, text: str) -> None:
        last = self._late[-1] if self._late else None
        if isinstance(last, Text | Refusal | Thinking) and type(last) is type(block):
            self._late[-1] = type(last)(last.text + text, extras=last.extras)
        elif isinstance(block, Text | Refusal | Thinking):
            self._late.append(type(block)(text, extras=block.extras))

    def _whole(self, block: Block) -> None:
        if self._calls.begun:
            self._late.append(block)
            return
        if self._open is not None:
            self._close()
        self._out += [BlockStart(block), BlockStop()]
        self._produced = True

    def _cite(self, annotations: list[Any]) -> None:
        citations = [citation_of(an_object(value, "annotations[]", PROVIDER)) for value in annotations]
        if self._calls.begun:
            self._late.append(Text("", citations=tuple(citations)))
            return
        self._say(Text(""), "")
        self._out += [CitationDelta(citation) for citation in citations]

    def _close(self) -> None:
        if self._open is Thinking and (proof := proof_of_details(self._details.take())) is not None:
            self._out.append(ProofDelta(proof))
        self._open = None
        self._out.append(BlockStop())

    def _count(self, chunk: JsonObject) -> None:
        usage, groq = chunk.get("usage"), chunk.get("x_groq")
        if isinstance(usage, dict):
            self._raw_usage = usage
            read_usage(NAME, usage, self._usage)
        elif isinstance(groq, dict):
            read_usage(NAME, groq.get("usage"), self._usage)

    def _end(self) -> None:
        if self._answer is None or not (self._produced or self._finish):
            self._fail(WireFault(PROVIDER, "server", "the provider's stream ended without an answer"))
            return
        if self._open is not None:
            self._close()
        self._out += self._calls.finish(self._answer)
        for block in self._late:
            if isinstance(block, Thinking) and (proof := proof_of_details(self._details.take())) is not None:
                block = Thinking(block.text, proof, extras=block.extras)
            self._out += [BlockStart(block), BlockStop()]
        extras = response_extras({"usage": self._raw_usage}, {}, self._finish)
        stop = stop_of(self._finish, calls=self._calls.begun, refused=self._refused)
        self._out.append(MessageStop(stop, self._usage, service_tier=self._tier, extras=extras))
        self._ended = True

    def _fail(self, fault: WireFault) -> None:
        self._out.append(StreamError(fault))
        self._ended = True
