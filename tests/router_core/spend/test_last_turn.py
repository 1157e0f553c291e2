"""The end of a conversation, in each wire format."""

import json
from typing import Any

import orjson
import pytest

from router_core.spend.last_turn import LastTurn, last_turn
from router_core.wire.format import FormatName

ARGUMENTS = {"command": "git status", "timeout": 5}
REORDERED = {"timeout": 5, "command": "git status"}
TEXT = orjson.dumps(ARGUMENTS).decode()

CALLING: dict[str, Any] = {
    "anthropic": {
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": [{"type": "text", "text": "I look."},
                                              {"type": "tool_use", "id": "a", "name": "Bash", "input": ARGUMENTS}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "clean"},
                                         {"type": "text", "text": "<system-reminder>todo list</system-reminder>"}]},
        ]
    },
    "chat": {
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "Bash", "arguments": TEXT}}]},
            {"role": "tool", "tool_call_id": "a", "content": "clean"},
        ]
    },
    "responses": {
        "input": [
            {"role": "user", "content": "go"},
            {"type": "reasoning", "summary": []},
            {"type": "function_call", "name": "Bash", "arguments": TEXT, "call_id": "a"},
            {"type": "function_call_output", "call_id": "a", "output": "clean"},
        ]
    },
    "gemini": {
        "contents": [
            {"role": "user", "parts": [{"text": "go"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "Bash", "args": ARGUMENTS}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "Bash", "response": {}}}]},
        ]
    },
}  # fmt: skip
SPEAKING: dict[str, Any] = {
    "anthropic": {"role": "user", "content": [{"type": "text", "text": "Stop it."}]},
    "chat": {"role": "user", "content": "Stop it."},
    "responses": {"role": "user", "type": "message", "content": [{"type": "input_text", "text": "Stop it."}]},
    "gemini": {"role": "user", "parts": [{"text": "Stop it."}]},
}
LISTS = {"anthropic": "messages", "chat": "messages", "responses": "input", "gemini": "contents"}


FORMATS: dict[str, FormatName] = {
    "anthropic": "anthropic", "chat": "openai-chat", "responses": "openai-responses", "gemini": "gemini",
}  # fmt: skip


@pytest.mark.parametrize("quick", [True, False], ids=["from the end", "by skipping"])
@pytest.mark.parametrize("format", CALLING)
def test_the_last_calls_are_read_and_nobody_has_spoken_since(format: str, quick: bool) -> None:
    body = {**CALLING[format], "tools": [{"name": "Bash"}], "system": "x"}
    turn = last_turn(orjson.dumps(body), FORMATS[format] if quick else None)
    assert ([call.name for call in turn.calls], turn.spoken) == (["Bash"], False)
    assert turn == last_turn(json.dumps(body, indent=2).encode(), FORMATS[format])
    assert turn == last_turn(json.dumps(body).encode(), FORMATS[format])  # with blanks, as Python writes it


@pytest.mark.parametrize("quick", [True, False], ids=["from the end", "by skipping"])
@pytest.mark.parametrize("format", CALLING)
def test_a_persons_words_are_told_from_a_tools(format: str, quick: bool) -> None:
    body = {LISTS[format]: [*CALLING[format][LISTS[format]], SPEAKING[format]], "stream": True}
    assert last_turn(orjson.dumps(body), FORMATS[format] if quick else None).spoken


@pytest.mark.parametrize("size", [1_000, 20_000, 200_000])
def test_calls_are_found_before_a_long_result(size: int) -> None:
    first, calls = CALLING["chat"]["messages"][:2]
    body = {"messages": [first, calls, {"role": "tool", "tool_call_id": "a", "content": "x" * size}]}
    turn = last_turn(orjson.dumps(body), "openai-chat")
    assert ([call.name for call in turn.calls], turn.spoken) == (["Bash"], False)


def test_a_conversation_that_a_tool_quotes_is_not_the_conversation() -> None:
    quoted = orjson.dumps({"role": "assistant", "tool_calls": [{"function": {"name": "X", "arguments": "{}"}}]})
    body = {"messages": [*CALLING["chat"]["messages"][:2], {"role": "tool", "content": quoted.decode()}]}
    assert [call.name for call in last_turn(orjson.dumps(body), "openai-chat").calls] == ["Bash"]


def test_the_same_call_is_the_same_however_its_arguments_are_ordered() -> None:
    body = orjson.dumps(CALLING["anthropic"])
    again = body.replace(orjson.dumps(ARGUMENTS), orjson.dumps(REORDERED))
    other = body.replace(b"git status", b"git diff")
    assert body != again
    assert last_turn(body).calls == last_turn(again).calls != last_turn(other).calls


def test_only_the_last_turn_counts() -> None:
    body = {"messages": [*CALLING["chat"]["messages"], {"role": "assistant", "content": "Clean."}, SPEAKING["chat"]]}
    assert last_turn(orjson.dumps(body)) == LastTurn((), True)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"messages":3}', b'{"messages":[1,null,"x"]}', b'{"messages":[]}', b"\xff", b"{}"]
)
def test_what_cannot_be_read_tells_nothing(body: bytes) -> None:
    assert last_turn(body).calls == ()


def test_a_prompt_that_is_one_string_is_a_persons() -> None:
    assert last_turn(b'{"input":"hello"}') == LastTurn((), True)
