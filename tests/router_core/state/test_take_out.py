"""Exactly the foreign proofs go: each format, each place, and nothing else of the request."""

import copy
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router_core.state.compact import compaction_item, own_summary
from router_core.state.owner import ProofKind
from router_core.state.take_out import proofs_in_request, take_out
from router_core.wire.format import FormatName
from router_core.wire.model import Proof
from router_core.wire.proof import seal
from tests.router_core.state.google_bodies import TOOL, call, google, model

JsonObject = dict[str, Any]
FORMATS: tuple[FormatName, ...] = ("anthropic", "openai-chat", "openai-responses", "gemini")


def foreign(value: str, kind: ProofKind) -> bool:
    return value.startswith("foreign")


def thinking(signature: str) -> JsonObject:
    return {"type": "thinking", "thinking": "hm", "signature": signature}


def assistant(*blocks: JsonObject) -> JsonObject:
    return {"role": "assistant", "content": list(blocks)}


TEXT = {"type": "text", "text": "yes", "cache_control": {"type": "ephemeral"}}
USE = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"signature": "foreign"}}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}]}
USER = {"role": "user", "content": "go"}


@pytest.mark.parametrize(
    ("messages", "left", "removed"),
    [
        ([USER, assistant(thinking("own"), TEXT)], [USER, assistant(thinking("own"), TEXT)], []),
        ([USER, assistant(thinking("foreign"), TEXT)], [USER, assistant(TEXT)], ["messages[1].content[0].signature"]),
        (
            [USER, assistant(thinking("own"), USE, thinking("foreign1"), USE, thinking("own2"), TEXT)],
            [USER, assistant(thinking("own"), USE, USE, thinking("own2"), TEXT)],
            ["messages[1].content[2].signature"],
        ),
        (
            [USER, assistant({"type": "redacted_thinking", "data": "foreign"}, TEXT)],
            [USER, assistant(TEXT)],
            ["messages[1].content[0].data"],
        ),
        ([USER, assistant(thinking("foreign")), USER], [USER, USER], ["messages[1].content[0].signature"]),
        ([USER, assistant(thinking(""), TEXT)], [USER, assistant(thinking(""), TEXT)], []),
        ([USER, assistant(), USER], [USER, assistant(), USER], []),
    ],
    ids=["own", "foreign", "among own ones", "redacted", "nothing else said", "unsigned", "was empty before"],
)
def test_anthropic_loses_whole_foreign_thinking_blocks(
    messages: list[Any], left: list[Any], removed: list[str]
) -> None:
    assert take_out({"messages": messages}, "anthropic", foreign) == ({"messages": left}, removed)


def test_unsigned_thinking_goes_only_where_the_target_refuses_it() -> None:
    body = {"messages": [USER, assistant(thinking(""), {"type": "thinking", "thinking": "hm"}, TEXT)]}
    assert take_out(body, "anthropic", foreign)[0] is body
    edited, removed = take_out(body, "anthropic", foreign, drop_unsigned=True)
    assert edited == {"messages": [USER, assistant(TEXT)]}
    assert removed == ["messages[1].content[0]", "messages[1].content[1]"]


@pytest.mark.parametrize(
    ("thinking_mode", "messages", "after"),
    [
        ({"type": "enabled", "budget_tokens": 2048}, [USER, assistant(thinking("foreign"), USE), RESULT], "disabled"),
        ({"type": "adaptive"}, [USER, assistant(thinking("foreign"), USE), RESULT], "adaptive"),
        ({"type": "enabled", "budget_tokens": 2048}, [USER, assistant(thinking("foreign"), TEXT), USER], "enabled"),
        (
            {"type": "enabled", "budget_tokens": 2048},
            [USER, assistant(thinking("foreign"), TEXT), USER, assistant(thinking("own"), USE), RESULT],
            "enabled",
        ),
    ],
    ids=["in a tool turn", "adaptive", "turn is over", "only an earlier turn lost some"],
)
def test_thinking_with_a_budget_is_off_for_a_tool_turn_that_lost_its_thinking(
    thinking_mode: JsonObject, messages: list[Any], after: str
) -> None:
    body = {
        "messages": messages,
        "thinking": thinking_mode,
        "context_management": {"edits": [{"type": "clear_thinking_20251015"}, {"type": "clear_tool_uses_20250919"}]},
    }
    edited, removed = take_out(body, "anthropic", foreign)
    assert edited["thinking"]["type"] == after
    assert ("thinking" in removed) is (after == "disabled")
    left = [edit["type"] for edit in edited["context_management"]["edits"]]
    assert ("clear_thinking_20251015" in left) is (after != "disabled")
    assert "clear_tool_uses_20250919" in left


def reasoning(value: str, **more: Any) -> JsonObject:
    return {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": value, **more}


SUMMARY = [{"type": "summary_text", "text": "thought"}]
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "id": "fco_1", "call_id": "c1", "output": "ok"}
SAID = {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]}
ASKED = {"type": "message", "id": "msg_0", "role": "user", "content": "q"}


def nameless(item: JsonObject) -> JsonObject:
    return {key: value for key, value in item.items() if key != "id"}


@pytest.mark.parametrize(
    ("items", "left", "removed"),
    [
        ([ASKED, reasoning("own"), SAID], [ASKED, reasoning("own"), SAID], []),
        ([ASKED, reasoning("foreign"), SAID], [ASKED, nameless(SAID)], ["input[1].encrypted_content"]),
        (
            [reasoning("foreign", summary=SUMMARY), CALL, OUTPUT],
            [{"type": "reasoning", "summary": SUMMARY}, nameless(CALL), OUTPUT],
            ["input[0].encrypted_content"],
        ),
        (
            [reasoning("foreign", content=[{"type": "reasoning_text", "text": "t"}]), CALL, CALL, OUTPUT, CALL, ASKED],
            [
                {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "t"}]},
                nameless(CALL),
                nameless(CALL),
                OUTPUT,
                CALL,
                ASKED,
            ],
            ["input[0].encrypted_content"],
        ),
        (
            [reasoning("foreign"), CALL, OUTPUT, reasoning("own"), SAID],
            [nameless(CALL), OUTPUT, reasoning("own"), SAID],
            ["input[0].encrypted_content"],
        ),
        ([reasoning("foreign"), ASKED, SAID], [ASKED, SAID], ["input[0].encrypted_content"]),
        (
            [
                {"type": "compaction", "encrypted_content": "foreign"},
                {"type": "compaction", "encrypted_content": "own"},
            ],
            [{"type": "compaction", "encrypted_content": "own"}],
            ["input[0].encrypted_content"],
        ),
        ([nameless(reasoning("own")) | {"encrypted_content": None}], [reasoning("") | {"encrypted_content": None}], []),
    ],
    ids=[
        "own",
        "nothing left",
        "summary left",
        "content left",
        "own after foreign",
        "user after",
        "compaction",
        "none",
    ],
)
def test_responses_lose_the_ciphertext_and_keep_what_can_be_read(
    items: list[Any], left: list[Any], removed: list[str]
) -> None:
    edited, paths = take_out({"input": items}, "openai-responses", foreign)
    assert paths == removed
    if not removed:
        assert edited["input"] is items
    else:
        assert edited == {"input": left}


def test_a_summary_is_never_edited_beside_its_ciphertext() -> None:  # 64
    items = [reasoning("own", summary=SUMMARY), CALL, OUTPUT, reasoning("foreign", summary=SUMMARY), SAID]
    edited, _ = take_out({"input": items}, "openai-responses", foreign)
    assert edited["input"][0] is items[0]
    assert edited["input"][3] == {"type": "reasoning", "summary": SUMMARY}


def test_a_compaction_of_ours_becomes_readable() -> None:
    item = compaction_item({"output": [SAID]})
    edited, removed = take_out({"input": [ASKED, item, ASKED]}, "openai-responses", lambda value, kind: False)
    assert edited["input"] == [ASKED, own_summary(item), ASKED]
    assert removed == ["input[1].encrypted_content"]


@pytest.mark.parametrize(
    ("format", "body"),
    [
        ("anthropic", {"messages": [assistant(thinking(seal(Proof("openai", "gAAA"))), TEXT)]}),
        ("openai-responses", {"input": [reasoning(seal(Proof("anthropic", "Eq")))]}),
        ("gemini", {"contents": [model({"text": "a", "thoughtSignature": seal(Proof("openai", "gAAA"))})]}),
        (
            "openai-chat",
            {"messages": [{"role": "assistant", "tool_calls": [{**TOOL, **google(seal(Proof("openai", "g")))}]}]},
        ),
    ],
    ids=FORMATS[:1] + FORMATS[2:] + FORMATS[1:2],
)
def test_an_envelope_of_ours_never_leaves(format: FormatName, body: JsonObject) -> None:
    edited, removed = take_out(body, format, lambda value, kind: False)
    assert len(removed) == 1
    assert seal(Proof("openai", "g"))[:16] not in orjson.dumps(edited).decode()


@pytest.mark.parametrize(
    ("format", "body", "found"),
    [
        (
            "anthropic",
            {"messages": [assistant(thinking("s"), {"type": "redacted_thinking", "data": "d"}, USE)]},
            [("s", "signature"), ("d", "signature")],
        ),
        (
            "openai-responses",
            {"input": [reasoning("e"), {"type": "compaction", "encrypted_content": "c"}, "text", OUTPUT]},
            [("e", "encrypted_content"), ("c", "encrypted_content")],
        ),
        ("gemini", {"contents": [model(call("t"), {"text": "x"})]}, [("t", "thought_signature")]),
        (
            "openai-chat",
            {"messages": [{"reasoning_details": [{"data": "d"}, {"signature": "s"}], "tool_calls": [google("g")]}]},
            [("d", "encrypted_content"), ("s", "signature"), ("g", "thought_signature")],
        ),
    ],
    ids=["anthropic", "responses", "gemini", "chat"],
)
def test_the_proofs_of_a_request_are_found(format: FormatName, body: JsonObject, found: list[Any]) -> None:
    before = copy.deepcopy(body)
    assert proofs_in_request(body, format) == found
    assert body == before


WORDS = st.sampled_from(
    [
        "type",
        "thinking",
        "signature",
        "redacted_thinking",
        "data",
        "messages",
        "content",
        "role",
        "assistant",
        "user",
        "input",
        "reasoning",
        "encrypted_content",
        "summary",
        "compaction",
        "contents",
        "parts",
        "thoughtSignature",
        "functionCall",
        "model",
        "reasoning_details",
        "tool_calls",
        "extra_content",
        "google",
        "thought_signature",
        "request",
        "enabled",
        "context_management",
        "edits",
        "tool_result",
        "function_call",
        "id",
        "foreign",
        "functionResponse",
        "text",
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=30,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=st.dictionaries(WORDS, anything, max_size=6), format=st.sampled_from(FORMATS), unsigned=st.booleans())
def test_nothing_of_any_shape_breaks_it_or_is_changed_in_place(
    body: JsonObject, format: FormatName, unsigned: bool
) -> None:
    before = copy.deepcopy(body)
    edited, removed = take_out(body, format, foreign, model="gemini-3-pro", drop_unsigned=unsigned)
    assert body == before
    assert (edited is body) is not bool(removed)
    again, removed_again = take_out(edited, format, foreign, model="gemini-3-pro", drop_unsigned=unsigned)
    assert [path for path in removed_again if path != "thinking"] == []
    assert not [value for value, _ in proofs_in_request(again, format) if value.startswith("foreign")]
