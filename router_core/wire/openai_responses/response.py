"""A whole answer ↔ the neutral one.

Why an answer ended is derived from what is in it: an answer with calls has stopped for them, unless it was cut.
"""

from typing import Any

from msgspec.structs import replace

from router_core.errors import WireError
from router_core.trace.record import Usage
from router_core.wire.codec import Answering
from router_core.wire.logprobs import clean_logprobs
from router_core.wire.model import Block, Extras, JsonObject, Refusal, Response, StopReason, ToolCall
from router_core.wire.openai_responses.answer_items import encode_usage, output_items
from router_core.wire.openai_responses.decode_items import item_blocks, unique
from router_core.wire.openai_responses.echo import answered_tier, ending, response_object
from router_core.wire.openai_responses.errors import decode_stream_error
from router_core.wire.openai_responses.fields import OWN, array, fields_of, maybe_string, obj
from router_core.wire.openai_responses.ids import MAX_LENGTH
from router_core.wire.usage import read_usage

_TAKEN = frozenset(
    {"id", "object", "model", "output", "usage", "created_at", "service_tier", "status", "incomplete_details", "error"}
)
_UNFINISHED = ("queued", "in_progress", "cancelled")


def decode_response(body: JsonObject) -> Response:
    """Raises WireError: 502 for what is not of this format; of the error's own status for an answer that failed."""
    status = body.get("status")
    if status == "failed" or (body.get("error") and "output" not in body):
        fault = decode_stream_error(body.get("error"))
        failed = WireError(fault.message, fault.param, fault.status)
        failed.kind = fault.kind
        raise failed
    if status in _UNFINISHED:
        raise WireError(f"the provider's answer is {status}, not complete", "status", 502)
    blocks: list[Block] = []
    call_ids: set[str] = set()
    for i, item in enumerate(array(body.get("output"), "output", 502)):
        for block in item_blocks(obj(item, f"output[{i}]", 502), f"output[{i}]", 502):
            if isinstance(block, ToolCall):
                block = replace(block, id=unique(block.id, call_ids))
            blocks.append(block)
    return Response(
        id=maybe_string(body, "id", "", 502),
        model=maybe_string(body, "model", "", 502),
        blocks=tuple(blocks),
        stop=stop_of(
            body,
            called=any(isinstance(block, ToolCall) for block in blocks),
            refused=any(isinstance(block, Refusal) for block in blocks),
        ),
        usage=usage_of(body),
        created_at=created_at_of(body),
        service_tier=maybe_string(body, "service_tier", "", 502) or None,
        logprobs=tuple(_logprobs(body)),
        extras=response_extras(body),
    )


def response_extras(body: JsonObject) -> Extras:
    """What only this format says of an answer."""
    return {OWN: {"fields": {k: v for k, v in body.items() if k not in _TAKEN}}}


def stop_of(body: JsonObject, *, called: bool, refused: bool) -> StopReason:
    """From the response object and what it holds.

    Args:
        called: a tool of the client's; `refused`: in words.
    """
    details = body.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    if body.get("status") == "incomplete" or reason:
        if reason == "content_filter":
            return "refusal"
        if reason in ("max_output_tokens", None):
            return "max_tokens"
    if called:
        return "tool_use"
    return "refusal" if refused else "end"


def usage_of(body: JsonObject) -> Usage:
    usage = Usage()
    read_usage(OWN, body.get("usage"), usage)
    return usage


def created_at_of(body: JsonObject) -> int | None:
    value = body.get("created_at")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        return None
    return int(value)


def _logprobs(body: JsonObject) -> list[JsonObject]:
    out: list[JsonObject] = []
    for item in body["output"]:
        if item.get("type") == "message" and isinstance(item.get("content"), list):
            for part in item["content"]:
                if isinstance(part, dict) and part.get("type") == "output_text":
                    out += logprobs_of(part)
    return out


def logprobs_of(part: Any) -> list[JsonObject]:
    """Of a text part, or of a delta."""
    return list(clean_logprobs(part.get("logprobs")))


def encode_response(response: Response, answering: Answering) -> JsonObject:
    """The JSON body for a client that did not ask for a stream."""
    id = response_id(response.id) or answering.minting.id("resp_")
    created_at = answering.minting.now() if response.created_at is None else response.created_at
    out = response_object(answering, id, created_at)
    proofs = answering.request.include_proofs
    items = output_items(response.blocks, answering.minting, proofs=proofs, logprobs=response.logprobs)
    output = out["output"] = list(items)
    out["usage"] = encode_usage(response.usage)
    refused = any(isinstance(block, Refusal) for block in response.blocks)
    out |= ending(response.stop, refused_in_words=refused)
    if out["status"] == "incomplete" and output and output[-1].get("type") == "message":
        output[-1] = {**output[-1], "status": "incomplete"}
    if out["status"] == "completed":
        out["completed_at"] = max(created_at, answering.minting.now())
    return out | answered_tier(response.service_tier) | fields_of(response.extras)


def response_id(id: str) -> str:
    """The provider's id where it is one of this format; "" where a new one is needed."""
    return id if id.startswith("resp_") and len(id) <= 4 * MAX_LENGTH else ""
