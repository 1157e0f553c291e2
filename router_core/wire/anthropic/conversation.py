"""A conversation of any format in the order that Anthropic demands.

User and assistant take turns, beginning and ending with the user; every call is answered in the next turn, results
first, in the order of the calls; ids of calls occur once. Other formats allow results anywhere behind their call,
instructions between turns, and ids that repeat, so the turns are built anew. A client of Anthropic's own format is
believed: its turns are left as they are.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from router_core.errors import WireError
from router_core.wire.anthropic.encode_blocks import BlockEncoder, hashed_id, left_out, plain_text
from router_core.wire.model import (
    Block,
    JsonObject,
    Media,
    Message,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)

INTERRUPTED = "[This tool call was interrupted: there is no result.]"
BEGIN = "(The conversation begins with the assistant's turn.)"
GO_ON = "(Go on.)"
_OF_THE_ASSISTANT = (ToolCall, Thinking, ServerCall, ServerResult)
"""Blocks that are the assistant's, whoever says so."""
THOUGHTS = ("thinking", "redacted_thinking")

type Side = Literal["user", "assistant"]


class Turn(Struct):
    """Consecutive blocks of one side, with where each came from: the numbers of its message and of it there."""

    side: Side
    blocks: list[tuple[Block, int, int]]


def turns(messages: Sequence[Message], encoder: BlockEncoder) -> list[JsonObject]:
    """The `messages` of a request that came in another format."""
    out: list[JsonObject] = []
    results = _results(messages)
    used: set[str] = set()
    pending: list[JsonObject] = []
    for turn in _sides(messages, results):
        if turn.side == "assistant":
            calls, content = _assistant(turn, encoder, used)
            if content:
                _append(out, "assistant", content)
            pending = [_answer(call, id, results, encoder) for call, id in calls]
            if pending:
                _append(out, "user", pending)
        else:
            _append(out, "user", _user(turn, encoder))
    for call_id, waiting in results.items():
        for _, path in waiting:
            encoder.lose(path, f"a result without its call {call_id!r}")
    return _closed(out, encoder)


def bare_tool_turn(messages: Sequence[JsonObject]) -> bool:
    """True when the turn that waits for tool results, back to its first call, does not begin with signed thinking."""
    first: list[JsonObject] = []
    for message in reversed(messages):
        content = _content(message)
        if message["role"] == "assistant":
            first = content
        elif message["role"] == "user" and not any(block.get("type") == "tool_result" for block in content):
            break
    return bool(first) and messages[-1]["role"] != "assistant" and first[0].get("type") not in THOUGHTS


def _content(message: JsonObject) -> list[JsonObject]:
    content = message.get("content")
    return content if isinstance(content, list) else []


def _results(messages: Sequence[Message]) -> dict[str, deque[tuple[ToolResult, str]]]:
    """All results by the id of their call, in order."""
    out: dict[str, deque[tuple[ToolResult, str]]] = {}
    for m, message in enumerate(messages):
        for b, block in enumerate(message.blocks):
            if isinstance(block, ToolResult):
                out.setdefault(block.call_id, deque()).append((block, _path(m, b)))
    return out


def _sides(messages: Sequence[Message], results: dict[str, deque[tuple[ToolResult, str]]]) -> Iterator[Turn]:
    """Blocks without results, gathered by side. A result ends the assistant's turn where it stands."""
    turn: Turn | None = None
    for m, message in enumerate(messages):
        instructions = message.role in ("system", "developer")
        speaker: Side = "assistant" if message.role == "assistant" else "user"
        for b, block in enumerate(message.blocks):
            if isinstance(block, ToolResult):
                if turn is not None and turn.side == "assistant":
                    yield turn
                    turn = None
                continue
            if instructions and isinstance(block, Text) and block.text.strip():
                block = replace(block, text=f"<system-reminder>\n{block.text}\n</system-reminder>")
            side: Side = "assistant" if isinstance(block, _OF_THE_ASSISTANT) else speaker
            if turn is None or turn.side != side:
                if turn is not None:
                    yield turn
                turn = Turn(side, [])
            turn.blocks.append((block, m, b))
    if turn is not None:
        yield turn


def _path(message: int, block: int) -> str:
    return f"messages[{message}].blocks[{block}]"


def _assistant(
    turn: Turn, encoder: BlockEncoder, used: set[str]
) -> tuple[list[tuple[ToolCall, str]], list[JsonObject]]:
    """The calls of a turn with their unique ids, and its blocks. No thought may come last."""
    searched = {block.call_id for block, _, _ in turn.blocks if isinstance(block, ServerResult)}
    calls, content = [], []
    for block, m, b in turn.blocks:
        if (text := plain_text(block)) is not None:
            content.append(text)
            continue
        path = _path(m, b)
        if isinstance(block, Media):
            encoder.lose(path, "the assistant's turn can hold no media here")
            content.append(left_out(block))
            continue
        if isinstance(block, ServerCall) and block.id not in searched:
            encoder.lose(path, "a web search without its result")
            continue
        encoded = encoder.encode(block, path)
        if encoded is None:
            continue
        if isinstance(block, ToolCall):
            id = encoded["id"]
            while id in used:  # Gemini's ids may repeat from turn to turn
                id = hashed_id("toolu_", f"{id}+")
            used.add(id)
            encoded["id"] = id
            calls.append((block, id))
        content.append(encoded)
    while content and content[-1]["type"] in THOUGHTS:
        content.pop()
        encoder.lose(_path(*turn.blocks[-1][1:]), "reasoning that leads to nothing")
    return calls, content


def _answer(
    call: ToolCall, id: str, results: dict[str, deque[tuple[ToolResult, str]]], encoder: BlockEncoder
) -> JsonObject:
    """The result of a call: the first one that is left for its id, or one that says there is none."""
    waiting = results.get(call.id)
    if waiting:
        result, path = waiting.popleft()
        encoded = encoder.encode(result, path)
        if encoded is not None:
            return {**encoded, "tool_use_id": id}
    encoder.lose("messages", f"no result of the call {call.id!r}; it is said to have been interrupted")
    content = [{"type": "text", "text": INTERRUPTED}]
    return {"type": "tool_result", "tool_use_id": id, "content": content, "is_error": True}


def _user(turn: Turn, encoder: BlockEncoder) -> list[JsonObject]:
    content = []
    for block, m, b in turn.blocks:
        if (text := plain_text(block)) is not None:
            content.append(text)
            continue
        path = _path(m, b)
        encoded = encoder.encode(block, path)
        if encoded is None and isinstance(block, Media):
            if len(turn.blocks) == 1:
                raise WireError(f"{path}: {block.media_type or block.kind} cannot be read by this provider", path)
            encoded = left_out(block)
        if encoded is not None:
            content.append(encoded)
    return content


def _append(out: list[JsonObject], side: Side, content: list[JsonObject]) -> None:
    if not content:
        return
    if out and out[-1]["role"] == side:
        out[-1]["content"].extend(content)
    else:
        out.append({"role": side, "content": content})


def _closed(out: list[JsonObject], encoder: BlockEncoder) -> list[JsonObject]:
    """With a user's turn at both ends."""
    if not out or out[0]["role"] == "assistant":
        words = BEGIN if out else GO_ON
        encoder.lose("messages", f"a conversation begins with the user here, so {words!r} was put first")
        out.insert(0, {"role": "user", "content": [{"type": "text", "text": words}]})
    if out[-1]["role"] == "assistant":
        encoder.lose("messages", f"a conversation ends with the user here, so {GO_ON!r} was put last")
        out.append({"role": "user", "content": [{"type": "text", "text": GO_ON}]})
    return out
