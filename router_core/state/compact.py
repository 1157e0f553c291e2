"""Compaction for targets that have none: an ordinary request that asks for a summary, and its answer in the shape Codex
wants.

Codex asks in one of two ways: `POST …/responses/compact`, answered with `{"output": [items]}` that replace its history;
or, since `remote_compaction_v2`, an ordinary streamed turn whose last input item is `{"type":"compaction_trigger"}`,
answered with exactly one `compaction` item (codex-rs core/src/compact_remote_v2.rs, read 2026-11). The summary travels
in the item's `encrypted_content`, in an envelope of ours, and becomes a plain user message again on the way in
(`open_own_compaction`), because no provider can read it there. The envelope keeps nothing secret from the client.
"""

import base64
import binascii
from hashlib import blake2b
from typing import Any

import orjson

from router_core.errors import WireError
from router_core.state.items import input_items, user_message
from router_core.wire.model import JsonObject

_MARK = b"mitmrouter\x00\x02"  # its length divides by three: the base64 text of every envelope begins the same
_PREFIX = base64.b64encode(_MARK).decode()
RETAINED_CHARACTERS = 64_000 * 4
"""OpenAI's own compaction keeps the newest user messages up to about 64,000 tokens word for word."""
PROMPT = """\
This conversation is about to be replaced by a summary, and another model will go on from that summary alone. Write it.

Say, as precisely as you can:
- what the user wants, with every requirement, preference and correction they gave, in their own words where it matters;
- what has been done so far and what was found out: files, functions, commands, results, errors, with exact names;
- decisions that were made, and why; what was tried and did not work;
- the state of things at this moment, and what remains to be done next, in order.

Leave out small talk and whatever no longer matters. Do not go on with the work and do not call tools. Answer with the
summary only."""
_INTRODUCTION = (
    "The conversation so far was replaced by this summary, which the model that led it has written. Go on from it, and "
    "do not repeat work that it says is done.\n\n"
)
_DROPPED = ("store", "stream", "stream_options", "text", "previous_response_id", "include", "background", "truncation")


def wants_compaction(body: JsonObject) -> bool:
    """True for a turn that asks for compaction by its last input item."""
    items = body.get("input")
    last = items[-1] if isinstance(items, list) and items else None
    return isinstance(last, dict) and last.get("type") == "compaction_trigger"


def compact_request(body: JsonObject) -> JsonObject:
    """The Responses request that makes a model write the summary; not streamed.

    Tools stay, so that the prompt's cached beginning and the calls in it stay valid, but none may be called.

    Args:
        body: of either way to ask; `previous_response_id` must be resolved already.

    Raises:
        WireError: `input` is neither text nor a list.
    """
    asked = input_items(body.get("input"))
    items = [item for item in open_own_compaction(asked) if not _is_trigger(item)]
    request = {key: value for key, value in body.items() if key not in _DROPPED}
    if body.get("tools"):
        request["tool_choice"] = "none"
    else:
        request.pop("tool_choice", None)
    return {**request, "input": [*items, user_message(PROMPT)], "store": False, "stream": False}


def compact_response(answer: JsonObject, asked: JsonObject, *, now: float) -> JsonObject:
    """The body that answers `POST …/responses/compact`: the newest user messages as they were, then the summary.

    Args:
        answer: of the request that `compact_request` made, as a Responses object.
        asked: the client's body.
        now: epoch seconds.

    Raises:
        WireError: 502, the model wrote no summary; 400, `input` is neither text nor a list.
    """
    retained = _retained(input_items(asked.get("input")))
    item = compaction_item(answer)
    return {
        "id": _text(answer.get("id")) or item["id"].replace("cmp_", "resp_"),
        "object": "response.compaction",
        "created_at": int(now),
        "output": [*retained, item],
        "usage": _usage(answer),
    }


def compacted_turn(answer: JsonObject) -> JsonObject:
    """The same answer with the compaction as its only output: for a turn that ended in `compaction_trigger`.

    Raises:
        WireError: 502, the model wrote no summary.
    """
    return {**answer, "output": [compaction_item(answer)]}


def compaction_item(answer: JsonObject) -> JsonObject:
    """The `compaction` item that holds an answer's text.

    Raises:
        WireError: 502, there is none.
    """
    texts = []
    output = answer.get("output")
    for item in output if isinstance(output, list) else []:
        content = item.get("content") if isinstance(item, dict) and item.get("type") == "message" else None
        for part in content if isinstance(content, list) else []:
            if isinstance(part, dict) and part.get("type") == "output_text":
                texts.append(_text(part.get("text")))
    summary = "".join(texts).strip()
    if not summary:
        raise WireError("The model answered the request for a summary without one.", "output", 502)
    id_ = f"cmp_{blake2b(summary.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"
    return {"type": "compaction", "id": id_, "encrypted_content": _seal(summary)}


def open_own_compaction(items: list[Any]) -> list[Any]:
    """The items with each compaction of ours as the message that it stands for; the same list if there is none."""
    opened = [own_summary(item) or item for item in items]
    return opened if any(new is not old for new, old in zip(opened, items, strict=True)) else items


def own_summary(item: Any) -> JsonObject | None:
    """The user message that a compaction item of ours stands for; None for any other item."""
    value = item.get("encrypted_content") if isinstance(item, dict) else None
    if not isinstance(value, str) or not value.startswith(_PREFIX):
        return None
    try:
        content = orjson.loads(base64.b64decode(value, validate=True)[len(_MARK) :])
        summary = content["summary"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None  # damaged on the way: then it is like any proof that the target cannot read
    return user_message(_INTRODUCTION + summary) if isinstance(summary, str) else None


def _seal(summary: str) -> str:
    return base64.b64encode(_MARK + orjson.dumps({"summary": summary})).decode()


def _retained(items: list[Any]) -> list[JsonObject]:
    left = RETAINED_CHARACTERS
    kept: list[JsonObject] = []
    for item in reversed(items):
        if isinstance(item, dict) and item.get("role") == "user" and item.get("type", "message") == "message":
            left -= len(_words(item))
            if left < 0:
                break
            content = item.get("content")
            kept.append(
                user_message(content) if isinstance(content, str) else {**user_message(""), "content": content or []}
            )
    return kept[::-1]


def _words(item: JsonObject) -> str:
    content = item.get("content")
    if isinstance(content, list):
        return "".join(_text(part.get("text")) for part in content if isinstance(part, dict))
    return _text(content)


def _is_trigger(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "compaction_trigger"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _usage(answer: JsonObject) -> JsonObject:
    usage = answer.get("usage")
    if isinstance(usage, dict):
        return usage
    return {
        "input_tokens": 0,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 0,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 0,
    }
