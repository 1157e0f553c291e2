"""Finds the opaque proofs in what a provider sends: a whole answer, or one event of a stream, parsed from JSON.

Anything that does not look as documented holds no proof: the answer goes to the client as it is either way.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, assert_never

from router_core.state.items import COMPACTIONS, dicts, kind_of
from router_core.state.owner import ProofKind
from router_core.wire.format import FormatName

MARKS: Mapping[FormatName, tuple[bytes, ...]] = MappingProxyType(
    {
        "anthropic": (b"signature", b"redacted_thinking"),
        "openai-chat": (b"reasoning_details", b"thought_signature"),
        "openai-responses": (b"encrypted_content",),
        "gemini": (b"thoughtSignature", b"thought_signature"),
    }
)
"""An event without any of these holds no proof, and need not be parsed to be sure."""


def proofs_in_answer(payload: Any, format: FormatName) -> Iterator[tuple[str, ProofKind]]:
    """`(value, kind)` of each proof in an answer or in one event of a stream."""
    if not isinstance(payload, dict):
        return
    match format:
        case "anthropic":
            yield from _anthropic(payload)
        case "openai-chat":
            for choice in dicts(payload.get("choices")):
                for message in (choice.get("message"), choice.get("delta")):
                    yield from _chat_message(message)
        case "openai-responses":
            response = payload.get("response")
            whole = response if isinstance(response, dict) else payload
            for item in (payload.get("item"), *dicts(whole.get("output"))):
                if isinstance(item, dict) and (kind_of(item) == "reasoning" or kind_of(item) in COMPACTIONS):
                    yield from _value(item, "encrypted_content", "encrypted_content")
        case "gemini":
            inner = payload.get("response")  # Code Assist wraps each frame
            for candidate in dicts((inner if isinstance(inner, dict) else payload).get("candidates")):
                content = candidate.get("content")
                for part in dicts(content.get("parts") if isinstance(content, dict) else None):
                    yield from _value(part, "thoughtSignature", "thought_signature")
                    yield from _value(part, "thought_signature", "thought_signature")
        case _:
            assert_never(format)


def _anthropic(payload: dict[str, Any]) -> Iterator[tuple[str, ProofKind]]:
    message = payload.get("message")
    whole = message if isinstance(message, dict) else payload
    for block in (payload.get("content_block"), payload.get("delta"), *dicts(whole.get("content"))):
        if isinstance(block, dict):
            if block.get("type") in ("thinking", "signature_delta"):
                yield from _value(block, "signature", "signature")
            elif block.get("type") == "redacted_thinking":
                yield from _value(block, "data", "signature")


def _chat_message(message: Any) -> Iterator[tuple[str, ProofKind]]:
    if not isinstance(message, dict):
        return
    for detail in dicts(message.get("reasoning_details")):
        yield from _value(detail, "data", "encrypted_content")
        yield from _value(detail, "signature", "signature")
    for holder in (message, *dicts(message.get("tool_calls"))):
        extra = holder.get("extra_content")
        google = extra.get("google") if isinstance(extra, dict) else None
        if isinstance(google, dict):
            yield from _value(google, "thought_signature", "thought_signature")


def _value(holder: dict[str, Any], key: str, kind: ProofKind) -> Iterator[tuple[str, ProofKind]]:
    value = holder.get(key)
    if isinstance(value, str) and value:
        yield value, kind
