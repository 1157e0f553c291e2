"""The refusals that providers are known for, in their own words, and what is sent the one time more."""

from typing import Any

import pytest

from router_core.state.repair import repair_after
from router_core.state.take_out import STAND_IN, proofs_in_request
from router_core.wire.format import FormatName

JsonObject = dict[str, Any]
ANTHROPIC: JsonObject = {
    "model": "claude-sonnet-4-5",
    "thinking": {"type": "enabled", "budget_tokens": 2048},
    "messages": [
        {"role": "user", "content": "q"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}]},
    ],
}
RESPONSES: JsonObject = {
    "input": [
        {"type": "message", "role": "user", "content": "q"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"},
        {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "ok"},
    ]
}
GEMINI: JsonObject = {
    "contents": [
        {"role": "user", "parts": [{"text": "q"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "t"}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]},
        {"role": "model", "parts": [{"functionCall": {"name": "g", "args": {}}}, {"functionCall": {"name": "h"}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "g", "response": {}}}]},
    ]
}
CHAT: JsonObject = {
    "model": "google/gemini-3-pro",
    "messages": [
        {"role": "user", "content": "q"},
        {
            "role": "assistant",
            "reasoning_details": [{"type": "reasoning.encrypted", "data": "d"}],
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}, {"id": "d"}],
        },
    ],
}
UNVERIFIED = (
    "The encrypted content for item rs_1 could not be verified. "
    "Reason: Encrypted content could not be decrypted or parsed."
)
CANNOT_BE_MODIFIED = (
    "messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
    "modified. These blocks must remain as they were in the original response."
)
MUST_BEGIN = (
    "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is "
    "enabled, a final `assistant` message must start with a thinking block"
)
MISSING = (
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, "
    "and missing thought_signature may lead to degraded model performance. function call `default_api:g`, position 2."
)
MISSING_VERTEX = (
    "Unable to submit request because function call `g` in the 4. content block is missing a `thought_signature`."
)


@pytest.mark.parametrize(
    "words",
    [
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        "messages.1.content.0: Invalid `data` in `redacted_thinking` block",
        "messages.1.content.0.thinking.signature: Field required",
        CANNOT_BE_MODIFIED,
    ],
)
def test_claude_gets_the_turn_without_thinking(words: str) -> None:  # 31
    repair = repair_after("invalid_request_error", words, ANTHROPIC, "anthropic")
    assert repair is not None
    assert repair.body["messages"][1]["content"] == ANTHROPIC["messages"][1]["content"][1:]
    assert repair.body["thinking"] == {"type": "disabled"}
    assert repair.removed == ["messages[1].content[0].signature", "thinking"]


def test_a_turn_that_must_begin_with_thinking_is_sent_with_thinking_off() -> None:
    messages = [*ANTHROPIC["messages"][:1], {"role": "assistant", "content": ANTHROPIC["messages"][1]["content"][1:]}]
    body = {**ANTHROPIC, "messages": [*messages, ANTHROPIC["messages"][2]]}
    repair = repair_after("invalid_request_error", MUST_BEGIN, body, "anthropic")
    assert repair is not None
    assert repair.body == {**body, "thinking": {"type": "disabled"}}


@pytest.mark.parametrize(
    ("code", "words"),
    [("invalid_encrypted_content", "whatever"), ("", UNVERIFIED)],
    ids=["by code", "by words"],
)
def test_refused_ciphertext_is_taken_out(code: str, words: str) -> None:  # 30
    repair = repair_after(code, words, RESPONSES, "openai-responses")
    assert repair is not None
    assert [item["type"] for item in repair.body["input"]] == ["message", "function_call", "function_call_output"]
    assert "id" not in repair.body["input"][1]
    assert repair.because == "invalid_encrypted_content"


@pytest.mark.parametrize("words", [MISSING, MISSING_VERTEX], ids=["gemini", "vertex"])
def test_a_call_without_signature_gets_the_stand_in(words: str) -> None:  # 33
    repair = repair_after("INVALID_ARGUMENT", words, GEMINI, "gemini", model="gemini-3-pro-preview")
    assert repair is not None
    parts = [part for content in repair.body["contents"] for part in content["parts"] if "functionCall" in part]
    assert [part.get("thoughtSignature") for part in parts] == ["t", STAND_IN, None]
    assert repair.removed == ["contents[3].parts[0].thoughtSignature"]
    wrapped = repair_after("", words, {"request": GEMINI}, "gemini", model="gemini-3-pro-preview")
    assert wrapped is not None
    assert wrapped.body == {"request": repair.body}


def test_claude_on_vertex_gets_no_stand_in() -> None:  # 32
    assert repair_after("INVALID_ARGUMENT", MISSING_VERTEX, GEMINI, "gemini", model="claude-opus-4-8") is None


@pytest.mark.parametrize(
    "words", ["Corrupted thought signature.", "Invalid thought_signature", "Thought signature is not valid"]
)
def test_a_refused_thought_signature_gives_way_to_the_stand_in(words: str) -> None:
    repair = repair_after("INVALID_ARGUMENT", words, GEMINI, "gemini", model="gemini-3-pro")
    assert repair is not None
    assert repair.body["contents"][1]["parts"][0]["thoughtSignature"] == STAND_IN
    older = repair_after("INVALID_ARGUMENT", words, GEMINI, "gemini", model="gemini-2.5-pro")
    assert older is not None
    assert "thoughtSignature" not in older.body["contents"][1]["parts"][0]


def test_chat_layers_are_repaired_likewise() -> None:
    missing = repair_after("", MISSING, CHAT, "openai-chat")
    assert missing is not None
    first, second = missing.body["messages"][1]["tool_calls"]
    assert first["extra_content"] == {"google": {"thought_signature": STAND_IN}}
    assert second == {"id": "d"}
    refused = repair_after("400", "Invalid `signature` in `thinking` block", CHAT, "openai-chat")
    assert refused is not None
    assert "reasoning_details" not in refused.body["messages"][1]


@pytest.mark.parametrize(
    ("format", "body", "words"),
    [
        ("anthropic", ANTHROPIC, "prompt is too long: 213462 tokens > 200000 maximum"),
        ("anthropic", ANTHROPIC, "max_tokens: 10000 > 4096"),
        ("anthropic", {"messages": [{"role": "user", "content": "q"}]}, "Invalid `signature` in `thinking` block"),
        ("anthropic", {**ANTHROPIC, "thinking": {"type": "adaptive"}}, MUST_BEGIN),
        ("openai-responses", RESPONSES, "No tool output found for function call c."),
        ("openai-responses", {"input": "q"}, UNVERIFIED),
        ("gemini", GEMINI, "Invalid JSON payload received."),
        ("gemini", {"contents": []}, MISSING),
        ("openai-chat", {"model": "gemini-3", "messages": None}, MISSING),
        ("openai-chat", {"model": 3}, "Corrupted thought signature."),
    ],
)
def test_nothing_is_sent_again_for_other_reasons_or_unchanged(format: FormatName, body: JsonObject, words: str) -> None:
    assert repair_after("invalid_request_error", words, body, format, model="gemini-3-pro") is None


@pytest.mark.parametrize(
    ("format", "body", "words"),
    [
        ("anthropic", ANTHROPIC, "Invalid `signature` in `thinking` block"),
        ("openai-responses", RESPONSES, UNVERIFIED),
        ("gemini", GEMINI, "Corrupted thought signature."),
        ("openai-chat", CHAT, UNVERIFIED),
    ],
)
def test_a_repair_cannot_be_repaired_again(format: FormatName, body: JsonObject, words: str) -> None:
    repair = repair_after("", words, body, format, model="gemini-3-pro")
    assert repair is not None
    assert [value for value, _ in proofs_in_request(repair.body, format) if value != STAND_IN] == []
    assert repair_after("", words, repair.body, format, model="gemini-3-pro") is None


def test_claude_in_geminis_format_goes_on_without_its_thoughts() -> None:
    """Behind Antigravity, where no stand-in is taken for a signature."""
    call = {"functionCall": {"name": "look", "args": {}}}
    model = [
        {"text": "hm", "thought": True, "thoughtSignature": "bad"},
        {**call, "thoughtSignature": "skip_thought_signature_validator"},
        {"text": "", "thoughtSignature": "bad"},
    ]
    body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model", "parts": model}], "tools": []}
    message = "messages.1.content.0: Invalid `signature` in `thinking` block"
    repair = repair_after("INVALID_ARGUMENT", message, body, "gemini", model="claude-sonnet-4-6")
    assert repair is not None
    assert repair.body == {**body, "contents": [body["contents"][0], {"role": "model", "parts": [call]}]}
    assert len(repair.removed) == 3
    assert repair_after("INVALID_ARGUMENT", message, repair.body, "gemini", model="claude-sonnet-4-6") is None


def test_betas_that_vertex_does_not_take_are_left_out() -> None:
    message = "Unexpected value(s) `new-2026-01-01`, `b` for the `anthropic-beta` header. Please consult our docs."
    body = {"messages": [], "anthropic_beta": ["a", "b", "new-2026-01-01"]}
    repair = repair_after("invalid_request_error", message, body, "anthropic")
    assert repair is not None
    assert repair.body == {"messages": [], "anthropic_beta": ["a"]}
    assert repair.removed == ["anthropic_beta.b", "anthropic_beta.new-2026-01-01"]
    alone = repair_after("", message, {"messages": [], "anthropic_beta": ["b"]}, "anthropic")
    assert alone is not None
    assert alone.body == {"messages": []}
    assert repair_after("", message, {"messages": []}, "anthropic") is None  # in a header: not ours to change
