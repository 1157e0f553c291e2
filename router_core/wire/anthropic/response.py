"""Whole answers of the Messages API, both ways (ADOC api/messages, read 2026-11-20)."""

from typing import Any

from router_core.trace.record import Usage
from router_core.wire.anthropic.decode_blocks import decode_blocks
from router_core.wire.anthropic.encode_answer import CallIds, encode_answer_block
from router_core.wire.anthropic.reading import EXPLANATION, FORMAT, Place, fields, own, text
from router_core.wire.anthropic.usage_out import encode_usage, unknown_usage
from router_core.wire.codec import Answering
from router_core.wire.model import (
    NO_EXTRAS,
    Extras,
    JsonObject,
    Refusal,
    Response,
    StopReason,
    ToolCall,
)
from router_core.wire.usage import read_usage

_KNOWN = frozenset({"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"})
_STOP: dict[str, StopReason] = {
    "end_turn": "end",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "refusal": "refusal",
    "pause_turn": "pause",
    "model_context_window_exceeded": "context_window",
}
STOP_WORDS: dict[StopReason, str] = {
    **{ours: word for word, ours in _STOP.items()},
    "malformed_call": "end_turn",
}


def decode_response(body: JsonObject) -> Response:
    """A provider's answer. Raises WireError (502) that names the field."""
    at = Place(status=502)
    if body.get("type") not in ("message", None):
        raise at.at("type").wrong("expected a message")
    blocks = decode_blocks(body.get("content"), at.at("content"))
    usage = Usage()
    read_usage(FORMAT, body.get("usage"), usage)
    word = text(body, "stop_reason", at)
    stop = stop_of(word, any(isinstance(block, ToolCall) for block in blocks))
    why = explained(stop, body.get("stop_details"))
    return Response(
        id=text(body, "id", at),
        model=text(body, "model", at),
        blocks=(*blocks, why) if why else blocks,
        stop=stop,
        usage=usage,
        stop_sequence=text(body, "stop_sequence", at) or None,
        service_tier=tier_of(body.get("usage")),
        extras=message_extras(body, unknown_usage(body.get("usage"))),
    )


def stop_of(word: str, calls: bool) -> StopReason:
    """Why the answer stopped: an answer that calls a tool waits for it, whatever it says, unless it was cut."""
    stop = _STOP.get(word, "end")
    if stop in ("end", "tool_use"):
        return "tool_use" if calls else "end"
    return stop


def explained(stop: StopReason, details: Any) -> Refusal | None:
    """The words in which a refusal is explained, which the other formats have among what is said."""
    words = details.get("explanation") if isinstance(details, dict) else None
    if stop != "refusal" or not isinstance(words, str) or not words:
        return None
    return Refusal(words, {FORMAT: {EXPLANATION: True}})


def tier_of(usage: Any) -> str | None:
    tier = usage.get("service_tier") if isinstance(usage, dict) else None
    return tier if isinstance(tier, str) else None


def message_extras(message: JsonObject, usage: JsonObject) -> Extras:
    """What only this format knows of an answer; nulls say nothing."""
    kept = {key: value for key, value in message.items() if key not in _KNOWN and value is not None}
    if usage:
        kept["usage"] = usage
    return {FORMAT: kept} if kept else NO_EXTRAS


def encode_response(response: Response, answering: Answering) -> JsonObject:
    """The answer for a client that speaks this format."""
    ids = CallIds(answering.minting)
    content = [block for given in response.blocks for block in encode_answer_block(given, ids)]
    extras = fields(response.extras)
    extras.pop("usage", None)
    out: JsonObject = {
        "id": message_id(response.id, answering),
        "type": "message",
        "role": "assistant",
        "model": answering.model or response.model,
        "content": content,
        "stop_reason": STOP_WORDS[response.stop],
        "stop_sequence": response.stop_sequence if response.stop == "stop_sequence" else None,
        "usage": encode_usage(
            response.usage, response.extras, estimate=answering.input_tokens, service_tier=response.service_tier
        ),
    }
    words = "".join(block.text for block in response.blocks if isinstance(block, Refusal))
    details = stop_details(response.stop, words, response.extras)
    if details is not None:
        out["stop_details"] = details
    return {**out, **extras}


def stop_details(stop: StopReason, words: str, extras: Extras) -> JsonObject | None:
    """Why an answer was refused: the provider's own details, else the words of the refusal, where there are any."""
    if stop != "refusal" or own(extras).get("stop_details") is not None:
        return None
    return {"type": "refusal", "category": None, "explanation": words or None}


def message_id(id: str, answering: Answering) -> str:
    return id if id.startswith("msg_") else answering.minting.id("msg_")
