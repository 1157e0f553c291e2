"""Takes proofs that the target cannot read out of a request, and nothing else.

For requests whose format stays the same, on the parsed body. What a person, a model or a tool said stays: text,
summaries, calls. A body with nothing foreign in it is returned as the same object, so its bytes can pass through.
Objects on the way to a change are copied; the given body is never changed.

What goes with a proof, and why:
- anthropic: the whole thinking block; without its signature it is refused. Then `thinking` is switched off if the
  turn waits for tool results under a budget, because such a turn must begin with a thinking block.
- openai-responses: the reasoning item's ciphertext; summary and content stay and are never edited beside it. Also its
  `id` and those of the items that it led to: they name a reasoning item the target never saw.
- gemini: the field; the first call of a step in the current turn gets the documented stand-in from Gemini 3 on.
- openai-chat: the entry of `reasoning_details`, or its signature; Gemini's signature beside a tool call.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, assert_never

from router_core.state.compact import own_summary
from router_core.state.items import COMPACTIONS, dicts, kind_of
from router_core.state.owner import ProofKind
from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject
from router_core.wire.proof import is_sealed

STAND_IN = "skip_thought_signature_validator"
"""Google's documented value for history that has no signature; Claude on Vertex does not take it."""
_DOCUMENTED = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
_STAND_INS = frozenset({*_DOCUMENTED, *(base64.b64encode(text.encode()).decode() for text in _DOCUMENTED)})
"""As people send them, and as SDKs do, which encode every signature."""
GEMINI_KEYS = ("thoughtSignature", "thought_signature")
_GEMINI = re.compile(r"gemini-(\d+)")
_ANSWER_ITEMS = frozenset(
    {"message", "function_call", "custom_tool_call", "local_shell_call", "web_search_call", "tool_search_call"}
)
_DROP: Final = object()

type IsForeign = Callable[[str, ProofKind], bool]


@dataclass(slots=True)
class _Edit:
    is_foreign: IsForeign
    drop_unsigned: bool
    removed: list[str] = field(default_factory=list)

    def takes(self, holder: JsonObject, key: str, kind: ProofKind, path: str) -> bool:
        """True if `holder[key]` is a proof that must go; it is then noted as removed."""
        value = holder.get(key)
        if not isinstance(value, str) or not value:
            return False
        if kind == "thought_signature" and value in _STAND_INS:
            return False  # nobody's: every Gemini takes it
        gone = is_sealed(value) or self.is_foreign(value, kind)  # our own envelope means something to us alone
        if gone:
            self.removed.append(f"{path}.{key}")
        return gone


def take_out(
    body: JsonObject, format: FormatName, is_foreign: IsForeign, *, model: str = "", drop_unsigned: bool = False
) -> tuple[JsonObject, list[str]]:
    """Remove the proofs for which `is_foreign(value, kind)` says so, and the router's own envelopes.

    Args:
        model: that the request goes to, where the body does not name it (gemini).
        drop_unsigned: also drop thinking blocks that have no signature: genuine Anthropic refuses them, services that
            speak its language often mint none.

    Returns:
        the body (the same object if nothing was removed), and the paths of what was removed.
    """
    edit = _Edit(is_foreign, drop_unsigned)
    match format:
        case "anthropic":
            edited = _anthropic(body, edit)
        case "openai-chat":
            edited = _chat(body, edit, needs_signatures(model or body.get("model")))
        case "openai-responses":
            edited = _responses(body, edit)
        case "gemini":
            edited = _gemini(body, edit, needs_signatures(model))
        case _:
            assert_never(format)
    return edited, edit.removed


def proofs_in_request(body: JsonObject, format: FormatName) -> list[tuple[str, ProofKind]]:
    """`(value, kind)` of each proof in a request, in order."""
    found: list[tuple[str, ProofKind]] = []

    def note(value: str, kind: ProofKind) -> bool:
        found.append((value, kind))
        return False

    take_out(body, format, note)
    return found


def needs_signatures(model: Any) -> bool:
    """True for Gemini 3 and later: they refuse calls of the current turn without a signature."""
    found = _GEMINI.search(model) if isinstance(model, str) else None
    return found is not None and int(found[1][:4]) >= 3


# --- anthropic


def _anthropic(body: JsonObject, edit: _Edit) -> JsonObject:
    edited = _with(body, "messages", _mapped(body.get("messages"), lambda i, m: _anthropic_message(i, m, edit)))
    return thinking_off_if_needed(edited, edit.removed) if edit.removed else edited


def _anthropic_message(index: int, message: Any, edit: _Edit) -> Any:
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    path = f"messages[{index}].content"
    content = _mapped(message["content"], lambda i, block: _anthropic_block(f"{path}[{i}]", block, edit))
    if not content and message["content"]:
        return _DROP  # nothing but thinking was in it, and empty content is refused
    return _with(message, "content", content)


def _anthropic_block(path: str, block: Any, edit: _Edit) -> Any:
    if isinstance(block, dict):
        if block.get("type") == "thinking":
            if edit.takes(block, "signature", "signature", path):
                return _DROP
            if edit.drop_unsigned and not block.get("signature"):
                edit.removed.append(path)
                return _DROP
        elif block.get("type") == "redacted_thinking" and edit.takes(block, "data", "signature", path):
            return _DROP
    return block


def thinking_off_if_needed(body: JsonObject, removed: list[str]) -> JsonObject:
    """Switch `thinking` off if it has a budget and the turn that waits for tool results does not begin with thinking.

    Args:
        removed: gets the paths of what was changed.
    """
    thinking = body.get("thinking")
    if not isinstance(thinking, dict) or thinking.get("type") != "enabled" or not _waits_without_thinking(body):
        return body
    removed.append("thinking")
    edited = {**body, "thinking": {"type": "disabled"}}
    management = body.get("context_management")
    if isinstance(management, dict) and isinstance(edits := management.get("edits"), list):
        kept = [e for e in edits if not (isinstance(e, dict) and str(e.get("type")).startswith("clear_thinking"))]
        if len(kept) < len(edits):  # refused while thinking is off
            removed.append("context_management.edits")
            edited["context_management"] = {**management, "edits": kept}
    return edited


def _waits_without_thinking(body: JsonObject) -> bool:
    messages = dicts(body.get("messages"))
    if not messages or not any(b.get("type") == "tool_result" for b in dicts(messages[-1].get("content"))):
        return False
    answers = [message for message in messages if message.get("role") == "assistant"]
    blocks = dicts(answers[-1].get("content")) if answers else []
    return bool(blocks) and blocks[0].get("type") not in ("thinking", "redacted_thinking")


# --- openai-responses


def _responses(body: JsonObject, edit: _Edit) -> JsonObject:
    orphaned = False  # the items at hand were led to by a reasoning item that is no longer what it was

    def item_(index: int, item: Any) -> Any:
        nonlocal orphaned
        if not isinstance(item, dict):
            return item
        kind, path = kind_of(item), f"input[{index}]"
        if kind == "reasoning":
            orphaned = edit.takes(item, "encrypted_content", "encrypted_content", path)
            if not orphaned:
                return item
            return _without(item, "encrypted_content", "id") if item.get("summary") or item.get("content") else _DROP
        if kind in COMPACTIONS:
            if (summary := own_summary(item)) is not None:
                edit.removed.append(f"{path}.encrypted_content")
                return summary
            return _DROP if edit.takes(item, "encrypted_content", "encrypted_content", path) else item
        answered = kind in _ANSWER_ITEMS and item.get("role", "assistant") == "assistant"
        orphaned = orphaned and answered
        return _without(item, "id") if orphaned and "id" in item else item

    return _with(body, "input", _mapped(body.get("input"), item_))


# --- gemini


def _gemini(body: JsonObject, edit: _Edit, stand_in: bool) -> JsonObject:
    inner = body.get("request")
    if "contents" not in body and isinstance(inner, dict):  # Code Assist's envelope
        return _with(body, "request", _gemini(inner, edit, stand_in or needs_signatures(body.get("model"))))
    firsts = first_calls(body.get("contents")) if stand_in else set()

    def content_(index: int, content: Any) -> Any:
        if not isinstance(content, dict) or not isinstance(content.get("parts"), list):
            return content
        path = f"contents[{index}].parts"
        parts = _mapped(
            content["parts"],
            lambda i, part: _gemini_part(f"{path}[{i}]", part, edit, stand_in=(index, i) in firsts),
        )
        return _DROP if content["parts"] and not parts else _with(content, "parts", parts)

    return _with(body, "contents", _mapped(body.get("contents"), content_))


def _gemini_part(path: str, part: Any, edit: _Edit, *, stand_in: bool) -> Any:
    if not isinstance(part, dict):
        return part
    taken = [key for key in GEMINI_KEYS if edit.takes(part, key, "thought_signature", path)]
    if not taken:
        return part
    if stand_in:
        return {**part, **dict.fromkeys(taken, STAND_IN)}
    bare = _without(part, *taken)
    return bare if set(bare) - {"thought", "text"} or bare.get("text") else _DROP  # empty text is refused


def first_calls(contents: Any) -> set[tuple[int, int]]:
    """`(content, part)` of the first call in each model step since the user last spoke."""
    found: set[tuple[int, int]] = set()
    for index, content in enumerate(contents if isinstance(contents, list) else ()):
        parts = content.get("parts") if isinstance(content, dict) else None
        if not isinstance(parts, list):
            continue
        if content.get("role") == "model":
            calls = (number for number, part in enumerate(parts) if isinstance(part, dict) and "functionCall" in part)
            found.update((index, number) for number in islice(calls, 1))
        elif not any("functionResponse" in part for part in dicts(parts)):
            found.clear()  # a new turn; a reminder beside a function's response begins none
    return found


# --- openai-chat


def _chat(body: JsonObject, edit: _Edit, stand_in: bool) -> JsonObject:
    return _with(body, "messages", _mapped(body.get("messages"), lambda i, m: _chat_message(i, m, edit, stand_in)))


def _chat_message(index: int, message: Any, edit: _Edit, stand_in: bool) -> Any:
    if not isinstance(message, dict):
        return message
    path = f"messages[{index}]"
    details = _mapped(
        message.get("reasoning_details"), lambda i, d: _chat_detail(f"{path}.reasoning_details[{i}]", d, edit)
    )
    edited = _with(message, "reasoning_details", details)
    if details == [] and message["reasoning_details"]:
        edited = _without(edited, "reasoning_details")
    calls = _mapped(
        message.get("tool_calls"),
        lambda i, call: _google_extra(f"{path}.tool_calls[{i}]", call, edit, stand_in and i == 0),
    )
    return _google_extra(path, _with(edited, "tool_calls", calls), edit, False)


def _chat_detail(path: str, detail: Any, edit: _Edit) -> Any:
    if not isinstance(detail, dict):
        return detail
    if edit.takes(detail, "data", "encrypted_content", path):
        return _DROP
    if edit.takes(detail, "signature", "signature", path):
        return _without(detail, "signature")
    return detail


def _google_extra(path: str, holder: Any, edit: _Edit, stand_in: bool) -> Any:
    extra = holder.get("extra_content") if isinstance(holder, dict) else None
    google = extra.get("google") if isinstance(extra, dict) else None
    if not isinstance(extra, dict) or not isinstance(google, dict):
        return holder
    if not edit.takes(google, "thought_signature", "thought_signature", f"{path}.extra_content.google"):
        return holder
    if stand_in:
        return {**holder, "extra_content": {**extra, "google": {**google, "thought_signature": STAND_IN}}}
    google = _without(google, "thought_signature")
    extra = {**extra, "google": google} if google else _without(extra, "google")
    return {**holder, "extra_content": extra} if extra else _without(holder, "extra_content")


# --- copies only where something changes


def _mapped(items: Any, edit: Callable[[int, Any], Any]) -> Any:
    """The list with each item edited or dropped; the same list if nothing changed, and what is no list as it is."""
    if not isinstance(items, list):
        return items
    edited = [edit(index, item) for index, item in enumerate(items)]
    if all(new is old for new, old in zip(edited, items, strict=True)):
        return items
    return [item for item in edited if item is not _DROP]


def _with(holder: JsonObject, key: str, value: Any) -> JsonObject:
    return holder if holder.get(key) is value else {**holder, key: value}


def _without(holder: JsonObject, *keys: str) -> JsonObject:
    return {key: value for key, value in holder.items() if key not in keys}
