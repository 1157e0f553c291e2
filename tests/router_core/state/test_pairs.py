"""Calls and outputs come in pairs, and reasoning leads somewhere."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router_core.state.pairs import paired

JsonObject = dict[str, Any]


def user(text: str) -> JsonObject:
    return {"type": "message", "role": "user", "content": text}


def said(text: str) -> JsonObject:
    return {"type": "message", "role": "assistant", "content": text}


CALL = {"type": "function_call", "call_id": "c1", "name": "shell", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "ok"}
THOUGHT = {"type": "reasoning", "summary": [], "encrypted_content": "e"}
CUSTOM = {"type": "custom_tool_call", "call_id": "p1", "name": "apply_patch", "input": "*** Begin Patch"}
PATCHED = {"type": "custom_tool_call_output", "call_id": "p1", "output": "ok"}
SEARCH = {"type": "web_search_call", "status": "completed", "action": {"type": "search"}}


@pytest.mark.parametrize(
    ("items", "left"),
    [
        ([user("1"), THOUGHT, CALL, OUTPUT, said("a")], None),
        ([CUSTOM, PATCHED, {"type": "local_shell_call", "call_id": "c1"}, OUTPUT], None),
        ([user("1"), CALL, user("2")], [user("1"), user("2")]),
        ([user("1"), OUTPUT, user("2")], [user("1"), user("2")]),
        ([OUTPUT, CALL], []),
        ([user("1"), THOUGHT, CALL], [user("1")]),
        (
            [user("1"), THOUGHT, THOUGHT, CALL, user("2"), THOUGHT, said("b")],
            [user("1"), user("2"), THOUGHT, said("b")],
        ),
        ([THOUGHT, said("a"), CALL], [THOUGHT, said("a")]),
        ([SEARCH, said("a"), {"type": "tool_search_call", "call_id": None}], None),
        (
            [
                None,
                3,
                "text",
                {"type": "function_call"},
                {"type": 3, "call_id": "c1"},
                {"type": "function_call", "call_id": {}},
            ],
            None,
        ),
    ],
    ids=[
        "whole",
        "other kinds",
        "call alone",
        "output alone",
        "the wrong way round",
        "reasoning to nowhere",
        "several",
        "reasoning to a message",
        "run by the provider",
        "odd",
    ],
)
def test_calls_and_outputs_come_in_pairs(items: list[Any], left: list[Any] | None) -> None:
    assert paired(items) == (items if left is None else left)


CHOICES = [
    user("1"),
    said("a"),
    THOUGHT,
    *[{**i, "call_id": n} for n in "xyz" for i in (CALL, OUTPUT, CUSTOM, PATCHED)],
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(CHOICES), max_size=12))
def test_what_is_left_is_whole(items: list[JsonObject]) -> None:
    left = paired(items)
    calls = [i["call_id"] for i in left if i["type"].endswith("_call")]
    outputs = [i["call_id"] for i in left if i["type"].endswith("_output")]
    assert set(calls) == set(outputs)
    assert paired(left) == left
    assert [i for i in items if i["type"] == "message"] == [i for i in left if i["type"] == "message"]
