"""What a person said last, in each format."""

from typing import Any

import orjson
import pytest

from router_core.trace.asked_text import asked_text
from router_core.wire.format import FormatName

CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Read", "input": {}}]}


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


RESULT = {"type": "tool_result", "tool_use_id": "t", "content": "…"}


@pytest.mark.parametrize(
    ("format", "body", "said"),
    [
        ("anthropic", {"messages": [{"role": "user", "content": "Why does\n  it fail?"}]}, "Why does it fail?"),
        ("anthropic", {"messages": [user(words("one")), CALL, user(RESULT, RESULT)]}, "2 tool results"),
        ("anthropic", {"messages": [user(words("one")), CALL, user(RESULT, words("stop that"))]}, "stop that"),
        ("anthropic", {"messages": [user(words("<system-reminder>x</system-reminder>"), words("go"))]}, "go"),
        ("anthropic", {"messages": [CALL, user(RESULT, words("<system-reminder>x"))]}, "1 tool result"),
        ("anthropic", {"messages": [user({"type": "image", "source": {}})]}, "(a picture or a file)"),
        ("anthropic", {"messages": [user(words("one")), {"role": "assistant", "content": "{"}]}, ""),
        (
            "openai-chat",
            {"messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}]},
            "hi",
        ),
        (
            "openai-chat",
            {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": []},
                          {"role": "tool", "tool_call_id": "1", "content": "r"}]},
            "1 tool result",
        ),
        ("openai-responses", {"input": "hello"}, "hello"),
        (
            "openai-responses",
            {"input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "look"}]},
                       {"type": "function_call", "name": "x", "arguments": "{}"},
                       {"type": "function_call_output", "call_id": "1", "output": "r"},
                       {"type": "custom_tool_call_output", "call_id": "2", "output": "r"}]},
            "2 tool results",
        ),
        ("gemini", {"contents": [{"role": "user", "parts": [{"text": "ciao"}]}]}, "ciao"),
        ("gemini", {"request": {"contents": [{"role": "user", "parts": [{"text": "within"}]}]}}, "within"),
        ("gemini", {"contents": [{"role": "user", "parts": [{"functionResponse": {"name": "x"}}]}]}, "1 tool result"),
        ("openai-chat", {"messages": []}, ""),
        ("openai-chat", {}, ""),
    ],
)  # fmt: skip
def test_the_newest_words_are_found(format: FormatName, body: dict[str, Any], said: str) -> None:
    found = asked_text(orjson.dumps(body), format)
    assert found.in_short == said
    assert not found.unread


def test_a_body_that_was_cut_says_so() -> None:
    assert "body_limit_bytes" in asked_text(b'{"messages": [', "anthropic", truncated=True).unread
    assert asked_text(b"\x00", "anthropic").unread == "it is not JSON"
    assert asked_text(b"[]", "anthropic").unread == "it is no JSON object"
