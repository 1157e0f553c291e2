"""Neutral blocks → the blocks of an answer to a client that speaks Anthropic's format.

Here proofs are not checked, only kept: those of other providers travel sealed in the place of a signature, and come
back with the next request. A client's own blocks cannot hold every proof, so one on a tool call goes before it, in a
thinking block without text.
"""

from typing import assert_never

from router_core.wire.anthropic.decode_blocks import encode_cache
from router_core.wire.anthropic.encode_blocks import (
    FOREIGN_SEARCH,
    UNPARSED,
    call_id,
    encode_server_result,
    hashed_id,
    left_out,
)
from router_core.wire.anthropic.reading import EXPLANATION, FORMAT, fields, own, parsed_arguments
from router_core.wire.codec import Minting
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
from router_core.wire.proof import for_client

_SEARCH_ERRORS = frozenset(
    {
        "invalid_tool_input", "unavailable", "max_uses_exceeded", "too_many_requests", "query_too_long",
        "request_too_large",
    }
)  # fmt: skip


class CallIds:
    """Ids of the calls in one answer: the provider's where they are valid and new, else our own."""

    def __init__(self, minting: Minting) -> None:
        self._minting = minting
        self._used: set[str] = set()

    def take(self, id: str) -> str:
        taken = call_id(id) if id else ""
        if not taken or taken in self._used:  # some services number the calls of each answer from zero
            taken = self._minting.id("toolu_")
        self._used.add(taken)
        return taken


def encode_answer_block(block: Block, ids: CallIds) -> list[JsonObject]:
    """The blocks that say this one: mostly one, none for what this format has no word for."""
    match block:
        case Text(text=text, citations=citations, proof=proof):
            if not text and not citations:
                return carrier(proof)
            out: JsonObject = {"type": "text", "text": text}
            if citations:
                out["citations"] = [encode_citation(citation) for citation in citations]
            return [*carrier(proof), {**out, **fields(block.extras)}]
        case Refusal(extras=extras) if EXPLANATION in own(extras):
            return []
        case Refusal(text=text):
            return [{"type": "text", "text": text}] if text else []
        case Thinking():
            return _thinking(block)
        case ToolCall(proof=proof):
            return [*carrier(proof), {**tool_use(block, ids), "input": _input(block)}]
        case ServerCall():
            return [server_call(block)]
        case ServerResult():
            return [server_result(block)]
        case Media():
            return [left_out(block)]  # an answer here has no place for it; its having been there is still said
        case Opaque(format=format, value=value):
            return [value] if format == FORMAT else []
        case ToolResult():
            return []  # no answer holds one
        case _:
            assert_never(block)


def carrier(proof: Proof | None) -> list[JsonObject]:
    """A thinking block that holds nothing but the proof of what follows it."""
    if proof is None:
        return []
    return [{"type": "thinking", "thinking": "", "signature": for_client(proof, FORMAT)}]


def _thinking(block: Thinking) -> list[JsonObject]:
    proof = block.proof
    if block.redacted:
        return [redacted(proof, block)] if proof is not None else []
    if proof is None and not block.text:
        return []
    signature = for_client(proof, FORMAT) if proof is not None else ""
    return [{"type": "thinking", "thinking": block.text, "signature": signature, **fields(block.extras)}]


def redacted(proof: Proof, block: Thinking) -> JsonObject:
    return {"type": "redacted_thinking", "data": for_client(proof, FORMAT), **fields(block.extras)}


def tool_use(block: ToolCall, ids: CallIds) -> JsonObject:
    """A call without its input."""
    out = {"type": "tool_use", "id": ids.take(block.id), "name": block.name, "input": {}, **fields(block.extras)}
    if block.cache is not None:
        out["cache_control"] = encode_cache(block.cache)
    return out


def _input(block: ToolCall) -> JsonObject:
    if block.custom:
        return {"input": block.arguments}
    parsed = parsed_arguments(block.arguments)
    return {UNPARSED: block.arguments} if parsed is None else parsed


def encode_citation(citation: Citation) -> JsonObject:
    raw = citation.extras.get(FORMAT)
    if raw is not None:
        return raw
    return {
        "type": "web_search_result_location",
        "url": citation.url,
        "title": citation.title or None,
        "cited_text": citation.cited_text,
        "encrypted_index": "",  # nobody else can make one; the request encoder knows by it that it is foreign
    }


def server_call(block: ServerCall) -> JsonObject:
    out = {"type": "server_tool_use", "id": _search_id(block.id), "name": "web_search"}
    return {**out, "input": {"query": block.query}, **fields(block.extras)}


def server_result(block: ServerResult) -> JsonObject:
    out = encode_server_result(block, _search_id(block.call_id))
    if block.error and block.error not in _SEARCH_ERRORS:
        out["content"]["error_code"] = "unavailable"
    return out


def _search_id(id: str) -> str:
    return id if id.startswith("srvtoolu_") else hashed_id(FOREIGN_SEARCH, id)
