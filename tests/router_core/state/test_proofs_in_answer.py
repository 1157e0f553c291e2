"""Every place in which a provider sends a proof, in whole answers and in stream events."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router_core.state.proofs_in_answer import MARKS, proofs_in_answer
from router_core.wire.format import FormatName

CASES: list[tuple[str, FormatName, Any, list[tuple[str, str]]]] = [
    (
        "anthropic answer",
        "anthropic",
        {
            "content": [
                {"type": "thinking", "thinking": "", "signature": "s"},
                {"type": "redacted_thinking", "data": "d"},
                {"type": "text", "text": "signature"},
            ]
        },
        [("s", "signature"), ("d", "signature")],
    ),
    (
        "anthropic delta",
        "anthropic",
        {"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "s"}},
        [("s", "signature")],
    ),
    (
        "anthropic empty start",
        "anthropic",
        {"type": "content_block_start", "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
        [],
    ),
    (
        "anthropic redacted start",
        "anthropic",
        {"type": "content_block_start", "content_block": {"type": "redacted_thinking", "data": "d"}},
        [("d", "signature")],
    ),
    ("anthropic message_start", "anthropic", {"type": "message_start", "message": {"content": []}}, []),
    (
        "anthropic tool input",
        "anthropic",
        {"content": [{"type": "tool_use", "input": {"type": "thinking", "signature": "s"}}]},
        [],
    ),
    (
        "responses answer",
        "openai-responses",
        {"output": [{"type": "reasoning", "encrypted_content": "e"}, {"type": "message", "encrypted_content": "x"}]},
        [("e", "encrypted_content")],
    ),
    (
        "responses item done",
        "openai-responses",
        {"type": "response.output_item.done", "item": {"type": "reasoning", "encrypted_content": "e"}},
        [("e", "encrypted_content")],
    ),
    (
        "responses completed",
        "openai-responses",
        {"type": "response.completed", "response": {"output": [{"type": "compaction", "encrypted_content": "c"}]}},
        [("c", "encrypted_content")],
    ),
    ("responses nothing", "openai-responses", {"output": [{"type": "reasoning", "encrypted_content": None}]}, []),
    (
        "gemini",
        "gemini",
        {"candidates": [{"content": {"parts": [{"functionCall": {}, "thoughtSignature": "t"}, {"text": "x"}]}}]},
        [("t", "thought_signature")],
    ),
    (
        "code assist",
        "gemini",
        {"response": {"candidates": [{"content": {"parts": [{"text": "", "thoughtSignature": "t"}]}}]}},
        [("t", "thought_signature")],
    ),
    ("gemini blocked", "gemini", {"promptFeedback": {"blockReason": "SAFETY"}}, []),
    (
        "chat answer",
        "openai-chat",
        {
            "choices": [
                {
                    "message": {
                        "reasoning_details": [{"data": "d"}],
                        "tool_calls": [{"extra_content": {"google": {"thought_signature": "g"}}}],
                    }
                }
            ]
        },
        [("d", "encrypted_content"), ("g", "thought_signature")],
    ),
    (
        "chat chunk",
        "openai-chat",
        {"choices": [{"delta": {"reasoning_details": [{"text": "t", "signature": "s"}]}}]},
        [("s", "signature")],
    ),
    ("no object", "anthropic", [], []),
]


@pytest.mark.parametrize(("format", "payload", "found"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_proofs_of_an_answer_are_found(format: FormatName, payload: Any, found: list[tuple[str, str]]) -> None:
    assert list(proofs_in_answer(payload, format)) == found
    if found:
        assert any(mark in orjson.dumps(payload) for mark in MARKS[format])


KEYS = st.sampled_from(
    [
        "type",
        "content",
        "message",
        "delta",
        "content_block",
        "signature",
        "thinking",
        "data",
        "response",
        "output",
        "item",
        "reasoning",
        "encrypted_content",
        "candidates",
        "parts",
        "thoughtSignature",
        "choices",
        "reasoning_details",
        "tool_calls",
        "extra_content",
        "google",
        "thought_signature",
    ]
)
anything = st.recursive(
    st.none() | st.integers(0, 3) | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(payload=anything, format=st.sampled_from(sorted(MARKS)))
def test_an_answer_of_any_shape_breaks_nothing(payload: Any, format: FormatName) -> None:
    for value, _ in proofs_in_answer(payload, format):
        assert value
        assert any(mark in orjson.dumps(payload) for mark in MARKS[format])
