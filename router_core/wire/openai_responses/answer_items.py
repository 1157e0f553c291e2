"""Blocks of an answer → its output items, and the usage beside them.

What another provider's block cannot be here goes where the client gives it back: a foreign proof is sealed into the
`encrypted_content` of a reasoning item, alone if need be, before the call it belongs to.
"""

from collections.abc import Iterator
from typing import assert_never

from router_core.trace.record import Usage
from router_core.wire.codec import Minting
from router_core.wire.model import (
    Block,
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
from router_core.wire.openai_responses.content import encode_refusal, encode_text
from router_core.wire.openai_responses.fields import OWN, fields_of, own_of
from router_core.wire.openai_responses.ids import call_id, item_id
from router_core.wire.proof import for_client


def output_items(
    blocks: tuple[Block, ...], minting: Minting, *, proofs: bool, logprobs: tuple[JsonObject, ...] = ()
) -> Iterator[JsonObject]:
    """The items of a whole answer.

    Args:
        proofs: the client asked for encrypted reasoning, so it will carry it.
        logprobs: of all text; they stand with the first.
    """
    parts: list[JsonObject] = []
    search: JsonObject | None = None
    for block in blocks:
        if search is not None and not isinstance(block, ServerResult):
            yield search
            search = None
        if parts and not isinstance(block, Text | Refusal):
            yield message_item(parts, {}, minting)
            parts = []
        if proofs and isinstance(block, Text | ToolCall) and block.proof is not None:
            if parts:
                yield message_item(parts, {}, minting)
                parts = []
            yield reasoning_item(Thinking(proof=block.proof), minting)
        match block:
            case Text() | Refusal():
                if isinstance(block, Text):
                    parts.append(text_part(block, logprobs))
                    logprobs = ()
                else:
                    parts.append(encode_refusal(block))
                fields = (own_of(block.extras) or {}).get("message")
                if isinstance(fields, dict):
                    yield message_item(parts, fields, minting)
                    parts = []
            case Thinking():
                if block.text or (proofs and block.proof):
                    yield reasoning_item(block if proofs else Thinking(block.text), minting)
            case ToolCall():
                yield call_item(block, minting)
            case ServerCall():
                search = search_item(block, minting)
            case ServerResult():
                if search is not None:
                    yield with_result(search, block)
                    search = None
            case Media():
                if (image := image_item(block, minting)) is not None:
                    yield image
            case Opaque(format=format, value=value):
                if format == OWN:
                    yield value
            case ToolResult():
                pass  # a client's tool's result is never part of an answer
            case _:
                assert_never(block)
    if search is not None:
        yield search
    if parts:
        yield message_item(parts, {}, minting)


def message_item(parts: list[JsonObject], fields: JsonObject, minting: Minting) -> JsonObject:
    id = item_id(fields.get("id"), "message", minting)
    return {"status": "completed", **fields, "type": "message", "role": "assistant", "content": parts, "id": id}


def text_part(text: Text, logprobs: tuple[JsonObject, ...]) -> JsonObject:
    out = encode_text(text, assistant=True)
    out.setdefault("annotations", [])
    out["logprobs"] = [with_bytes(logprob) for logprob in logprobs]
    return out


def with_bytes(logprob: JsonObject) -> JsonObject:
    """Strict clients want the bytes of each token; a stream's deltas leave them out."""
    token = logprob.get("token")
    if isinstance(logprob.get("bytes"), list) or not isinstance(token, str):
        return logprob
    return {**logprob, "bytes": list(token.encode("utf-8", "replace"))}


def reasoning_item(thinking: Thinking, minting: Minting, id: str = "") -> JsonObject:
    """The issuer's own item byte for byte, when it is OpenAI's: a summary edited beside its ciphertext is refused."""
    proof = thinking.proof
    if proof is not None and proof.issuer == "openai" and proof.whole is not None:
        return {**proof.whole, "id": id} if id else proof.whole
    item = (own_of(thinking.extras) or {}).get("item")
    if isinstance(item, dict):
        return item
    out: JsonObject = {"id": id or minting.id("rs_"), "type": "reasoning", "summary": []}
    if thinking.text:
        out["summary"].append({"type": "summary_text", "text": thinking.text})
    if proof is not None:
        out["encrypted_content"] = sealed(proof)
    return out


def sealed(proof: Proof) -> str:
    return for_client(proof, "openai")


def call_item(call: ToolCall, minting: Minting, id: str = "") -> JsonObject:
    fields = fields_of(call.extras)
    type = "custom_tool_call" if call.custom else "function_call"
    out: JsonObject = {"status": "completed", **fields, "type": type, "call_id": call_id(call.id), "name": call.name}
    out["id"] = id or item_id(fields.get("id"), type, minting)
    if call.custom:
        out["input"] = call.arguments
    else:
        out["arguments"] = call.arguments or "{}"
    if call.namespace:
        out["namespace"] = call.namespace
    return out


def search_item(call: ServerCall, minting: Minting, id: str = "") -> JsonObject:
    item = (own_of(call.extras) or {}).get("item")
    if isinstance(item, dict):
        said = item.get("id")
        return item if isinstance(said, str) and said else {**item, "id": minting.id("ws_")}
    return {
        "id": id or item_id(call.id, "web_search_call", minting),
        "type": "web_search_call",
        "status": "completed",
        "action": {"type": "search", "query": call.query, "queries": [call.query]},
    }


def with_result(search: JsonObject, result: ServerResult) -> JsonObject:
    """The search with what it found."""
    if own_of(result.extras) is not None:
        return search  # its own item has it all
    if result.error:
        return {**search, "status": "failed"}
    if not result.hits:
        return search
    sources = [{"type": "url", "url": hit.url} for hit in result.hits]
    action = search.get("action")
    return {**search, "action": {**(action if isinstance(action, dict) else {}), "sources": sources}}


def image_item(media: Media, minting: Minting) -> JsonObject | None:
    """An image that the model made; None for anything else that it may have made."""
    item = (own_of(media.extras) or {}).get("item")
    if isinstance(item, dict):
        return {**item, "result": media.data}
    if media.kind != "image" or not media.data:
        return None
    format = media.media_type.rpartition("/")[2]
    out = {"id": minting.id("ig_"), "type": "image_generation_call", "status": "completed", "result": media.data}
    return out | ({"output_format": format} if format in ("png", "webp", "jpeg") else {})


def encode_usage(usage: Usage) -> JsonObject | None:
    """OpenAI's input includes what was read from and written to the cache; None when nothing is known."""
    if usage.input_tokens is None and usage.output_tokens is None:
        return None
    read = usage.cache_read_tokens or 0
    written = (usage.cache_write_tokens or 0) + (usage.cache_write_1h_tokens or 0)
    input_tokens = (usage.input_tokens or 0) + read + written
    output_tokens = usage.output_tokens or 0
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": input_tokens + output_tokens,
    }
