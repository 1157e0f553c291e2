"""What is sent when a request is asked again, what cannot be, and how two answers are compared."""

import time
from typing import Any

import orjson
import pytest

from router_core.errors import Refused
from router_core.trace.replay import Answered, as_it_was, ask_again, compare

BODY = {"model": "opus", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
USAGE = dict.fromkeys(
    ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
     "reasoning_tokens")
)  # fmt: skip


def _row(**more: Any) -> dict[str, Any]:
    return {
        "id": "r1", "path": "/claude/v1/messages", "method": "POST", "format": "anthropic", "upstream_format": "",
        "user_agent": "claude-cli/2", "status": 200, "state": "ok", "provider": "claude", "model": "opus", "token": "a",
        "stop_reason": "end_turn", "ttft_ms": 100, "total_ms": 900, "cost_nano_usd": 7, **USAGE, **more,
    }  # fmt: skip


def _body(content: Any = BODY, kind: str = "request", **more: Any) -> dict[str, Any]:
    data = content if isinstance(content, bytes) else orjson.dumps(content)
    return {
        "kind": kind, "content": data, "size": len(data), "truncated": 0, "content_type": "application/json", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "target", "path", "model"),
    [
        ({}, None, "/claude/v1/messages", "opus"),
        ({"path": "/v1/messages"}, None, "/v1/messages", "opus"),
        ({}, "codex/gpt-5", "/v1/messages", "codex/gpt-5"),
        ({"path": "/claude/v1/messages/count_tokens"}, "claude/x", "/v1/messages/count_tokens", "claude/x"),
        ({"path": "/openai/v1/chat/completions", "format": "openai-chat"}, "a/b", "/v1/chat/completions", "a/b"),
        ({"path": "/codex/responses", "format": "openai-responses"}, "a/b", "/v1/responses", "a/b"),
        (
            {"path": "/gemini/v1beta/models/pro:streamGenerateContent", "format": "gemini"}, "a/b",
            "/v1beta/models/a%2Fb:streamGenerateContent?alt=sse", "opus",
        ),
        (
            {"path": "/v1beta/models/pro:streamGenerateContent", "format": "gemini"}, None,
            "/v1beta/models/pro:streamGenerateContent?alt=sse", "opus",
        ),
    ],
    ids=lambda value: str(value) if not isinstance(value, dict) else value.get("path", "-"),
)  # fmt: skip
def test_another_target_is_asked_where_the_rules_place_it(
    row: dict[str, Any], target: str | None, path: str, model: str
) -> None:
    asked = ask_again(_row(**row), [], [_body()], target)
    assert asked.path == path
    assert orjson.loads(asked.body) == {**BODY, "model": model}


def test_without_another_target_every_byte_stays() -> None:
    content = b'{ "model":"opus",  "n": 1.0, "messages":[] }'
    assert ask_again(_row(), [], [_body(content)], None).body == content


def test_what_is_no_words_of_a_model_is_compared_as_json() -> None:
    row = _row(path="/claude/v1/messages/count_tokens", stop_reason="")
    same, other = ({"input_tokens": 7, "x": 1}, {"x": 1, "input_tokens": 7}), {"x": 1, "input_tokens": 8}
    old, again, changed = (as_it_was(row, [_body(content, "response")]) for content in (*same, other))
    assert compare(old, again).same_text
    compared = compare(old, changed)
    assert (compared.same_text, compared.reasons) == (False, ())
    assert ("+", '  "input_tokens": 8,') in compared.changed


def test_a_list_of_models_had_no_body() -> None:
    with pytest.raises(Refused, match="it had no body"):
        ask_again(_row(method="GET", path="/claude/v1/models"), [], [], None)


def test_a_turn_over_websocket_is_asked_as_a_streamed_request() -> None:
    row = _row(method="WS", path="/v1/responses", format="openai-responses")
    asked = ask_again(row, [], [_body({"type": "response.create", "model": "gpt", "input": []})], None)
    assert orjson.loads(asked.body) == {"model": "gpt", "input": [], "stream": True}


@pytest.mark.parametrize(
    ("row", "bodies", "target", "why"),
    [
        ({}, [], None, "was not kept"),
        ({}, [_body(truncated=1, size=900)], None, "of 900 bytes"),
        ({}, [_body({"x": "key [redacted]"})], None, "secret"),
        ({}, [_body(b"{")], None, "not JSON"),
        ({}, [_body([1])], None, "no JSON object"),
        ({}, [_body()], "opus", "provider/model"),
        ({"path": "/gemini-cli/v1internal:generateContent", "format": "gemini"}, [_body()], "a/b", "own provider only"),
        ({"path": "/codex/responses/compact", "format": "openai-responses"}, [_body()], "a/b", "own provider only"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_cannot_be_asked_again_is_said_in_words(
    row: dict[str, Any], bodies: list[dict[str, Any]], target: str | None, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        ask_again(_row(**row), [], bodies, target)


def test_headers_that_belong_to_what_was_asked_go_with_it_and_no_others() -> None:
    sent = [
        ("Anthropic-Version", "2023-06-01"), ("anthropic-beta", "oauth-2025-04-20,interleaved-thinking"),
        ("authorization", "Bearer [redacted]"), ("x-api-key", "[redacted]"), ("x-stainless-lang", "js"),
        ("x-app", "cli [redacted]"), ("host", "api.anthropic.com"), ("cookie", "a=b"),
    ]  # fmt: skip
    headers = ask_again(_row(), [{"request_headers": sent}], [_body()], None).headers
    assert headers == {
        "anthropic-version": "2023-06-01", "anthropic-beta": "interleaved-thinking", "x-stainless-lang": "js",
        "user-agent": "claude-cli/2",
    }  # fmt: skip
    translated = ask_again(_row(upstream_format="gemini"), [{"request_headers": sent}], [_body()], None).headers
    assert translated == {"anthropic-version": "2023-06-01", "user-agent": "claude-cli/2"}


def _answer(text: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "message", "role": "assistant", "model": "opus", "stop_reason": "end_turn", "id": "m",
        "content": [{"type": "text", "text": text}], "usage": {"input_tokens": 1, "output_tokens": 2}, **more,
    }  # fmt: skip


def _was(text: str, **row: Any) -> Answered:
    return as_it_was(_row(**row), [_body(_answer(text), "response")])


def test_two_answers_are_compared_line_by_line_and_in_figures() -> None:
    old = _was("one\ntwo", output_tokens=5)
    new = _was("one\n2", output_tokens=7, ttft_ms=80, total_ms=None, cost_nano_usd=10)
    compared = compare(old, new)
    assert (old.text, old.stop_reason) == ("one\ntwo", "end_turn")
    assert compared.changed == [(" ", "one"), ("-", "two"), ("+", "2")]
    assert (compared.same_text, compared.ttft_ms, compared.total_ms) == (False, -20, None)
    assert (compared.output_tokens, compared.cost_nano_usd, compared.reasons) == (2, 3, ())
    assert compare(old, old).same_text


def test_long_answers_that_have_nothing_in_common_are_compared_at_once() -> None:
    words = ("the router carried this answer from a simulated provider and every word of it is made up " * 3).split()
    old, new = ("\n".join(" ".join(words[n % by :][:10]) + str(n) for n in range(2000)) for by in (7, 11))
    began = time.process_time()
    compared = compare(_was(old), _was(new))
    assert time.process_time() - began < 2
    assert [line for sign, line in compared.changed if sign != "+"] == old.splitlines()
    assert [line for sign, line in compared.changed if sign != "-"] == new.splitlines()


def test_what_is_not_there_is_said() -> None:
    gone = as_it_was(_row(), [])
    assert (gone.text, gone.unread) == ("", "its answer was not kept")
    cut = as_it_was(_row(), [_body(b'{"type":', "response", truncated=1)])
    assert compare(gone, cut).reasons == (
        "the first answer: its answer was not kept", "the new one: the rest was not kept",
    )  # fmt: skip


def test_calls_of_tools_are_part_of_what_was_said() -> None:
    call = {"type": "tool_use", "id": "t", "name": "Read", "input": {"file": "a.py"}}
    said = as_it_was(_row(), [_body(_answer("", content=[call]), "response")])
    assert said.text.startswith("Read({")
    assert "a.py" in said.text
