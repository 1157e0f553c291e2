"""A whole answer of Gemini's ↔ the neutral one.

Source: ai.google.dev/api/generate-content#GenerateContentResponse, read 2026-11.
"""

from typing import Any

from msgspec.structs import replace

from router_core.errors import WireError
from router_core.trace.record import Usage
from router_core.wire.codec import Answering
from router_core.wire.events import Event, StreamError, fold, merged
from router_core.wire.gemini.fields import own
from router_core.wire.gemini.finish import finish_of
from router_core.wire.gemini.frames import FrameReader
from router_core.wire.gemini.grounding import GroundingWriter
from router_core.wire.gemini.logprobs import write_logprobs
from router_core.wire.gemini.parts import arguments_object, call_part, media_part, text_part
from router_core.wire.model import (
    Block,
    JsonObject,
    Media,
    Opaque,
    Refusal,
    Response,
    ServerCall,
    ServerResult,
    StopReason,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)


def decode_response(body: JsonObject) -> Response:
    """Read a whole answer.

    Raises:
        WireError: 502; it is none.
    """
    reader, events = FrameReader(), list[Event]()
    reader.frame(body, events)
    reader.close(events, whole=True)
    last = events[-1]
    if isinstance(last, StreamError):
        raise WireError(last.fault.message, last.fault.param, 502)
    response = fold(events)
    candidates = body.get("candidates")
    others = [one for one in candidates[1:] if isinstance(one, dict)] if isinstance(candidates, list) else []
    if others:  # only a client of Gemini's own format can have asked for them
        response = replace(response, extras=merged(response.extras, {"gemini": {"candidates": others}}))
    return response


def encode_response(response: Response, answering: Answering) -> JsonObject:
    """Write a whole answer for a Gemini client."""
    said = dict(own(response.extras))
    ending = Ending()
    parts: list[JsonObject] = []
    for block in response.blocks:
        parts += ending.parts(block)
    more = said.pop("candidate", None) or {}
    others = said.pop("candidates", None) or []
    candidate: JsonObject = {
        "content": {"parts": parts, "role": "model"} if parts else {"role": "model"},
        **ending.fields(response.stop, str(said.pop("finishReason", "") or "")),
        "index": 0,
        **more,
    }
    if response.logprobs:
        candidate["logprobsResult"] = write_logprobs(response.logprobs)
    usage = said.pop("usageMetadata", None) or usage_metadata(response.usage)
    body: JsonObject = {"candidates": [candidate, *others], "usageMetadata": usage, "modelVersion": answering.model}
    body["responseId"] = response.id or answering.minting.id("")
    if is_blocked(said) and not parts:
        del body["candidates"]
    return {**body, **said}


class Ending:
    """Writes blocks as parts and remembers what an answer says only at its end."""

    def __init__(self) -> None:
        self._grounding = GroundingWriter()
        self._calls = False
        self._malformed = ""

    def parts(self, block: Block) -> list[JsonObject]:
        """The parts of a whole block; none for what stands elsewhere in the answer."""
        match block:
            case Text(text=text, proof=proof):
                self._grounding.text(text, block.citations)
                return [text_part(text, proof, own(block.extras))] if text or proof else []
            case Thinking(text=text, proof=proof):
                return [text_part(text, proof, {**own(block.extras), "thought": True})] if text or proof else []
            case Refusal(text=text):
                return [{"text": text}] if text and "gemini" not in block.extras else []
            case ToolCall():
                part = self.call(block)
                return [part] if part else []
            case Media():
                return [media_part(block, block.media_type, own(block.extras))]
            case Opaque(format="gemini", value=value):
                return [value]
            case ServerCall() | ServerResult():
                self._grounding.server(block)
                return []
            case Opaque() | ToolResult():
                return []  # only its own format's clients can read it

    def call(self, block: ToolCall) -> JsonObject | None:
        """The part of a call; None for arguments that are no object: the answer ends as Gemini's own would."""
        arguments = arguments_object(block)
        if arguments is None:
            self._malformed = block.name
            return None
        self._calls = True
        return call_part(block, block.name, arguments, own(block.extras), with_id=True)

    def text(self, block: Text) -> None:
        """A text whose parts have been written already."""
        self._grounding.text(block.text, block.citations)

    def fields(self, stop: StopReason, said: str) -> JsonObject:
        """`finishReason` and what goes beside it.

        Args:
            said: Gemini's own finish reason.
        """
        fields: JsonObject = {}
        if self._malformed and stop != "max_tokens":
            fields["finishReason"] = "MALFORMED_FUNCTION_CALL"
            fields["finishMessage"] = f"Malformed function call: {self._malformed}"
        else:
            fields["finishReason"] = finish_of(stop, said, calls=self._calls)
        if metadata := self._grounding.metadata():
            fields["groundingMetadata"] = metadata
        return fields


def is_blocked(said: JsonObject) -> bool:
    """True when Gemini blocked the prompt: such an answer has no candidates."""
    feedback = said.get("promptFeedback")
    return isinstance(feedback, dict) and bool(feedback.get("blockReason"))


def usage_metadata(usage: Usage) -> JsonObject:
    """Gemini's counts: the prompt with what was cached, the answer without the thoughts."""
    cached = usage.cache_read_tokens or 0
    prompt = (usage.input_tokens or 0) + cached + (usage.cache_write_tokens or 0) + (usage.cache_write_1h_tokens or 0)
    output = usage.output_tokens or 0
    thoughts = min(usage.reasoning_tokens or 0, output)
    fields: dict[str, Any] = {"promptTokenCount": prompt, "candidatesTokenCount": output - thoughts}
    if cached:
        fields["cachedContentTokenCount"] = cached
    if thoughts:
        fields["thoughtsTokenCount"] = thoughts
    return {**fields, "totalTokenCount": prompt + output}
