"""After a provider refused a proof: the request as it can be sent once more, or nothing.

Who minted a proof is mostly known and foreign ones never leave (take_out.py). What is left are proofs from before the
router was there and providers that changed their mind. Their refusals are recognised by the words that providers use;
the repair takes out all proofs of the kind, since there is one retry only and the refusal names just the first. It is
the request's fault, never the token's.
"""

import re
from dataclasses import dataclass
from typing import Any, assert_never

from router_core.state.items import dicts
from router_core.state.owner import ProofKind
from router_core.state.take_out import (
    GEMINI_KEYS,
    STAND_IN,
    first_calls,
    needs_signatures,
    take_out,
    thinking_off_if_needed,
)
from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject

_ENCRYPTED = re.compile(
    r"encrypted content\b.*\b(could not be|cannot be|failed to be) (verified|decrypted|parsed)", re.I
)
_THINKING = re.compile(
    r"invalid `?(signature|data)`? in `?(redacted_)?thinking`? block"
    r"|`?thinking`? or `?redacted_thinking`? blocks in the latest assistant message cannot be modified"
    r"|thinking\.signature: field required",
    re.I,
)
_MUST_BEGIN = re.compile(r"must start with a thinking block|expected `?thinking`? or `?redacted_thinking`?, but", re.I)
_UNKNOWN_BETAS = re.compile(r"unexpected value\(s\) (.+) for the `anthropic-beta` header", re.I)
_MISSING = re.compile(r"missing a `?thought_?signature`?", re.I)
_CORRUPT = re.compile(
    r"(invalid|corrupted) `?thought[_ ]?signature|thought[_ ]?signature`? is (not valid|invalid|corrupted)", re.I
)


@dataclass(frozen=True, slots=True)
class Repair:
    """A request that may be sent once more.

    Args:
        removed: paths of what was taken out or changed.
        because: for the trace.
    """

    body: JsonObject
    removed: list[str]
    because: str


def repair_after(code: str, message: str, body: JsonObject, format: FormatName, *, model: str = "") -> Repair | None:
    """What to send after a 400, if its words are one of the known refusals and there is something to mend.

    Args:
        code: the error's `code` (OpenAI), `type` (Anthropic) or `status` (Gemini); "" if it has none.
        message: the error's own text.
        body: what was sent.
        format: of `body`.
        model: that it was sent to, where the body does not name it.
    """
    match format:
        case "anthropic":
            return _after_anthropic(message, body)
        case "openai-responses":
            if code == "invalid_encrypted_content" or _ENCRYPTED.search(message):
                return _without_all(body, format, "invalid_encrypted_content", model)
            return None
        case "gemini" | "openai-chat":
            name = model or str(body.get("model"))
            if _MISSING.search(message) and needs_signatures(name):
                return _stood_in(body, format, "a call is missing its thought signature")
            if _CORRUPT.search(message):
                return _without_all(body, format, "a thought signature was refused", name)
            if format == "gemini" and _THINKING.search(message):
                return _without_thoughts(body, "a thinking block was refused")
            if format == "openai-chat" and (
                code == "invalid_encrypted_content" or _ENCRYPTED.search(message) or _THINKING.search(message)
            ):
                return _without_all(body, format, "a reasoning proof was refused", name)
            return None
        case _:
            assert_never(format)


def _after_anthropic(message: str, body: JsonObject) -> Repair | None:
    if _THINKING.search(message):
        return _without_all(body, "anthropic", "a thinking block was refused", "")
    if _MUST_BEGIN.search(message):
        removed: list[str] = []
        edited = thinking_off_if_needed(body, removed)
        return Repair(edited, removed, "the turn does not begin with thinking") if removed else None
    if named := _UNKNOWN_BETAS.search(message):
        return _without_betas(body, set(re.findall(r"`([^`]+)`", named[1])))
    return None


def _without_betas(body: JsonObject, refused: set[str]) -> Repair | None:
    """On Vertex the betas stand in the body; which of them it takes changes."""
    betas = body.get("anthropic_beta")
    gone = [beta for beta in betas if beta in refused] if isinstance(betas, list) else []
    if not gone or not isinstance(betas, list):
        return None
    left = [beta for beta in betas if beta not in refused]
    edited = {key: value for key, value in body.items() if key != "anthropic_beta"}
    if left:
        edited["anthropic_beta"] = left
    return Repair(edited, [f"anthropic_beta.{beta}" for beta in gone], "betas that are not taken there")


def _without_all(body: JsonObject, format: FormatName, because: str, model: str) -> Repair | None:
    def every(value: str, kind: ProofKind) -> bool:
        return True

    edited, removed = take_out(body, format, every, model=model, drop_unsigned=format == "anthropic")
    return Repair(edited, removed, because) if removed else None


def _without_thoughts(body: JsonObject, because: str) -> Repair | None:
    """For Claude in Gemini's format: a thought is nothing without its signature, and no stand-in is taken."""
    contents = body.get("contents")
    removed: list[str] = []
    edited: list[Any] = []
    for index, content in enumerate(contents if isinstance(contents, list) else ()):
        parts = content.get("parts") if isinstance(content, dict) else None
        if not isinstance(parts, list):
            edited.append(content)
            continue
        kept = []
        for number, part in enumerate(parts):
            if isinstance(part, dict) and (part.get("thought") or any(key in part for key in GEMINI_KEYS)):
                removed.append(f"contents[{index}].parts[{number}]")
                part = {key: value for key, value in part.items() if key not in GEMINI_KEYS}
                if part.get("thought") or part.get("text") == "":
                    continue
            kept.append(part)
        if kept:
            edited.append({**content, "parts": kept})
    return Repair({**body, "contents": edited}, removed, because) if removed else None


def _stood_in(body: JsonObject, format: FormatName, because: str) -> Repair | None:
    removed: list[str] = []
    edited = _calls_stood_in(body, removed) if format == "gemini" else _chat_stood_in(body, removed)
    return Repair(edited, removed, because) if removed else None


def _calls_stood_in(body: JsonObject, changed: list[str]) -> JsonObject:
    inner = body.get("request")
    if "contents" not in body and isinstance(inner, dict):  # Code Assist's envelope
        return {**body, "request": _calls_stood_in(inner, changed)}
    contents = body.get("contents")
    if not isinstance(contents, list):
        return body
    edited = list(contents)
    for index, number in sorted(first_calls(contents)):
        parts = list(contents[index]["parts"])
        if not any(parts[number].get(key) for key in GEMINI_KEYS):
            parts[number] = {**parts[number], GEMINI_KEYS[0]: STAND_IN}
            edited[index] = {**contents[index], "parts": parts}
            changed.append(f"contents[{index}].parts[{number}].{GEMINI_KEYS[0]}")
    return {**body, "contents": edited}


def _chat_stood_in(body: JsonObject, changed: list[str]) -> JsonObject:
    messages = body.get("messages")
    if not isinstance(messages, list):
        return body
    edited = list(messages)
    for index, message in enumerate(messages):
        calls = message.get("tool_calls") if isinstance(message, dict) else None
        if isinstance(calls, list) and dicts(calls[:1]) and not _signed(calls[0]):
            extra = calls[0].get("extra_content")
            others = extra if isinstance(extra, dict) else {}
            first = {**calls[0], "extra_content": {**others, "google": {"thought_signature": STAND_IN}}}
            edited[index] = {**message, "tool_calls": [first, *calls[1:]]}
            changed.append(f"messages[{index}].tool_calls[0].extra_content.google.thought_signature")
    return {**body, "messages": edited}


def _signed(call: dict[str, Any]) -> bool:
    extra = call.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    return isinstance(google, dict) and bool(google.get("thought_signature"))
