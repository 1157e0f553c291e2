"""A whole Chat Completions answer ↔ Response.

Of several choices the first counts (index 0); Copilot gives one answer in two choices with the same index, which are
put together again. The format has one text per message: texts are joined, with an empty line where something else
stood between them.
"""

from typing import Any, assert_never

from msgspec.structs import replace

from router_core.errors import WireError
from router_core.trace.record import Usage
from router_core.wire.codec import Answering
from router_core.wire.logprobs import clean_logprobs
from router_core.wire.model import (
    Block,
    JsonObject,
    Media,
    Opaque,
    Proof,
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
from router_core.wire.openai_chat.call_ids import repeated_id
from router_core.wire.openai_chat.citations import annotation_of
from router_core.wire.openai_chat.counting import counts_of
from router_core.wire.openai_chat.decode_message import assistant_blocks
from router_core.wire.openai_chat.errors import decode_error
from router_core.wire.openai_chat.finish import FAILED, finish_of, stop_of, stop_of_blocks
from router_core.wire.openai_chat.media import image_of, part_of
from router_core.wire.openai_chat.reading import (
    NAME,
    PROVIDER,
    a_list,
    an_object,
    as_extras,
    own,
    rest_of,
)
from router_core.wire.openai_chat.reasoning import DETAILS, TEXT_FIELDS, ReasoningWriter, text_fields
from router_core.wire.proof import seal
from router_core.wire.usage import read_usage

_KNOWN = ("id", "object", "created", "model", "choices", "usage", "service_tier", "error", "obfuscation")
_MESSAGE = ("role", "content", "refusal", "annotations", "tool_calls", "function_call", "images", *TEXT_FIELDS, DETAILS)
SEPARATOR = "\n\n"
_TIERS = frozenset({"auto", "default", "flex", "scale", "priority"})
_OFFICIAL = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})


def decode_response(body: JsonObject) -> Response:
    """The answer.

    Raises:
        WireError: 502 where it is none; an error that came with status 200 keeps its own status.
    """
    if isinstance(body.get("error"), dict | str) and body["error"]:
        fault = decode_error(200, body, "")
        raise WireError(fault.message, status=fault.status)
    choice, message = _first_choice(a_list(body.get("choices"), "choices", PROVIDER))
    blocks, _ = assistant_blocks(message, "choices[0].message", PROVIDER, body)
    blocks = [block for block in unique_calls(blocks) if block != Text("")]
    blocks[_after_texts(blocks) : 0] = images_of(message.get("images"))
    finish = choice.get("finish_reason")
    if finish == FAILED:
        raise WireError("the provider's answer broke off", status=PROVIDER)
    usage = Usage()
    read_usage(NAME, body.get("usage"), usage)
    finish = finish if isinstance(finish, str) else None
    created, tier = body.get("created"), body.get("service_tier")
    return Response(
        id=id if isinstance(id := body.get("id"), str) else "",
        model=model if isinstance(model := body.get("model"), str) else "",
        blocks=tuple(blocks),
        stop=stop_of_blocks(finish, blocks),
        usage=usage,
        created_at=created if type(created) is int else None,
        service_tier=tier if isinstance(tier, str) else None,
        logprobs=logprobs_of(choice.get("logprobs")),
        extras=response_extras(body, rest_of(message, _MESSAGE), finish),
    )


def response_extras(body: JsonObject, message: JsonObject, finish: str | None) -> Any:
    """What an answer of this format says beyond the neutral model."""
    rest = {key: value for key, value in body.items() if key not in _KNOWN}
    if isinstance(body.get("usage"), dict):
        rest["usage"] = body["usage"]
    if message := {key: value for key, value in message.items() if value is not None}:
        rest["message"] = message
    if finish:
        rest["finish_reason"] = finish
    return as_extras(rest)


def encode_response(response: Response, answering: Answering) -> JsonObject:
    """The JSON body for a client."""
    extras = own(response.extras)
    kept = extras.get("message")
    message = _Writer(wants_legacy(answering), kept if isinstance(kept, dict) else {}).message(response.blocks)
    choice: JsonObject = {
        "index": 0,
        "message": message,
        "logprobs": {"content": list(response.logprobs), "refusal": None} if response.logprobs else None,
        "finish_reason": finish_reason(response.stop, extras, message),
    }
    body: JsonObject = {
        **{key: value for key, value in extras.items() if key not in ("message", "usage", "finish_reason")},
        "id": response.id or answering.minting.id("chatcmpl-"),
        "object": "chat.completion",
        "created": response.created_at if response.created_at is not None else answering.minting.now(),
        "model": answering.model,
        "choices": [choice],
        "usage": counts_of(response.usage, extras.get("usage")),
    }
    if (tier := tier_of(response.service_tier)) is not None:
        body["service_tier"] = tier
    return body


def tier_of(tier: str | None) -> str | None:
    """The service tier in this format's words; None where it has none for it."""
    return "default" if tier == "standard" else tier if tier in _TIERS else None


def finish_reason(stop: StopReason, extras: JsonObject, message: JsonObject) -> str:
    """The reason for the client: the provider's own word where it is of this format and says the same.

    Args:
        message: the fields that the answer's message has.
    """
    said = extras.get("finish_reason")
    legacy = "function_call" in message
    if isinstance(said, str) and said in _OFFICIAL:
        calls = legacy or "tool_calls" in message
        if stop == stop_of(said, calls=calls, refused=message.get("refusal") is not None) != "tool_use":
            return said
    if stop == "refusal" and message.get("refusal"):
        return "stop"  # as OpenAI does: the SDK's helpers raise at `content_filter` before the words are seen
    return finish_of(stop, legacy=legacy)


def wants_legacy(answering: Answering) -> bool:
    """The client declared `functions`, so it understands `function_call` only."""
    notes = answering.request.extras.get(NAME, {}).get("$form")
    return isinstance(notes, dict) and bool(notes.get("functions"))


class _Writer:
    """One message."""

    def __init__(self, legacy: bool, rest: JsonObject) -> None:
        self._legacy = legacy
        self._reasoning = ReasoningWriter()
        self._text = ""
        self._said = False
        """Something other than text stood behind the last text."""
        self._parts: dict[str, str] = {}
        self._details: list[JsonObject] = []
        self._refusal: str | None = None
        self._annotations: list[JsonObject] = []
        self._calls: list[JsonObject] = []
        self._images: list[JsonObject] = []
        self._rest = dict(rest)

    def message(self, blocks: tuple[Block, ...]) -> JsonObject:
        for block in blocks:
            self._add(block)
        has_text = bool(self._text) or not (self._calls or self._refusal is not None or "audio" in self._rest)
        message: JsonObject = {
            **self._rest,
            "role": "assistant",
            "content": self._text if has_text else None,
            "refusal": self._refusal,
            **self._parts,
        }
        if self._details:
            message[DETAILS] = self._details
        if self._annotations:
            message["annotations"] = self._annotations
        if self._images:
            message["images"] = self._images
        calls = self._calls
        if calls and self._legacy and calls[0]["type"] == "function":
            message["function_call"], calls = calls[0]["function"], calls[1:]
        if calls:
            message["tool_calls"] = calls
        return message

    def _add(self, block: Block) -> None:
        self._reasoning.begin(text=isinstance(block, Text) and bool(block.text), call=isinstance(block, ToolCall))
        match block:
            case Text():
                if block.proof is not None:
                    self._proof(block.proof, 0)
                if block.text:
                    self._write(block)
                return
            case Thinking():
                said = self._reasoning.text(block.text, first=True)
                if said:
                    for field in text_fields(block):
                        self._parts[field] = self._parts.get(field, "") + said
                if block.proof is not None:
                    self._proof(block.proof, len(block.text))
            case Refusal():
                self._refusal = (self._refusal or "") + block.text
            case ToolCall():
                if block.proof is not None:
                    self._proof(block.proof, 0)
                self._calls.append(call_of(block))
            case Media():
                self._images += [part] if (part := part_of(block)) and part["type"] == "image_url" else []
            case Opaque(format="openai-chat"):
                self._rest.update({key: value for key, value in block.value.items() if key != "type"})
            case Opaque() | ServerCall() | ServerResult() | ToolResult():
                pass  # the format has no place for what the provider itself does
            case _:
                assert_never(block)
        self._said = True

    def _write(self, block: Text) -> None:
        if self._text and self._said:
            self._text += separator(self._text, block.text)
        self._said = False
        begin = len(self._text)
        self._text += block.text
        self._annotations += [annotation_of(cited, begin, len(self._text)) for cited in block.citations]

    def _proof(self, proof: Proof, own_chars: int) -> None:
        self._details += self._reasoning.details(proof, own_chars)


def separator(before: str, after: str) -> str:
    """What keeps two texts apart that were not one."""
    return "" if before.endswith("\n") or after.startswith("\n") else SEPARATOR


def call_of(call: ToolCall) -> JsonObject:
    """An entry of `tool_calls`."""
    extras = own(call.extras)
    kind, field = ("custom", "input") if call.custom else ("function", "arguments")
    nested = extras.pop(kind, None)
    inner = {"name": call.name, field: call.arguments}
    entry = {**extras, "id": call.id, "type": kind, kind: {**nested, **inner} if isinstance(nested, dict) else inner}
    return entry if call.proof is None else {**entry, **call_extra(call.proof)}


def call_extra(proof: Proof) -> JsonObject:
    """Where clients of Google's own OpenAI endpoint keep the signature of a call."""
    return {"extra_content": {"google": {"thought_signature": seal(proof)}}} if proof.issuer == "gemini" else {}


def logprobs_of(value: Any) -> tuple[JsonObject, ...]:
    """The text tokens' log probabilities of a choice."""
    return clean_logprobs(value.get("content")) if isinstance(value, dict) else ()


def images_of(value: Any) -> list[Block]:
    """OpenRouter's `images` of an answer."""
    if value is None:
        return []
    entries = a_list(value, "choices[0].message.images", PROVIDER)
    path = "choices[0].message.images"
    return [image_of(an_object(entry, path, PROVIDER), path, PROVIDER) for entry in entries]


def unique_calls(blocks: list[Block]) -> list[Block]:
    """No two calls with the same id: the second gets another one."""
    seen: set[str] = set()
    out: list[Block] = []
    for block in blocks:
        if isinstance(block, ToolCall):
            id = block.id if block.id not in seen else repeated_id(block.id, len(seen))
            seen.add(id)
            block = block if id == block.id else replace(block, id=id)
        out.append(block)
    return out


def _after_texts(blocks: list[Block]) -> int:
    return next((at for at, block in enumerate(blocks) if isinstance(block, ToolCall)), len(blocks))


def _first_choice(choices: list[Any]) -> tuple[JsonObject, JsonObject]:
    """The choice that counts, and its message; the parts of one that came in several are joined."""
    chosen: list[JsonObject] = []
    for number, value in enumerate(choices):
        choice = an_object(value, f"choices[{number}]", PROVIDER)
        if not choice.get("index"):
            chosen.append(choice)
    if not chosen:
        raise WireError("the provider's answer has no choice", "choices", PROVIDER)
    message: JsonObject = {}
    for choice in chosen:
        for key, value in an_object(choice.get("message"), "choices[0].message", PROVIDER).items():
            if isinstance(value, list) and isinstance(before := message.get(key), list):
                message[key] = before + value
            elif value not in (None, "") or key not in message:
                message[key] = value
    finish = [reason for choice in chosen if isinstance(reason := choice.get("finish_reason"), str)]
    cut = next((reason for reason in finish if reason not in ("stop", "")), None)
    logprobs = next((found for choice in chosen if (found := choice.get("logprobs"))), None)
    return {"finish_reason": cut or (finish[0] if finish else None), "logprobs": logprobs}, message
