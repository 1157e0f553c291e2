"""Thought signatures in Gemini requests and in Chat requests: dropped, or replaced by Google's stand-in."""

import base64
from typing import Any

import pytest

from router_core.state.owner import ProofKind
from router_core.state.take_out import STAND_IN, first_calls, needs_signatures, take_out
from tests.router_core.state.google_bodies import ANSWERED, TOOL, call, google, model, said

JsonObject = dict[str, Any]


def foreign(value: str, kind: ProofKind) -> bool:
    return value.startswith("foreign")


@pytest.mark.parametrize(
    ("name", "contents", "left"),
    [
        ("gemini-3-pro", [said({"text": "q"}), model(call("own"), call()), said(ANSWERED)], None),
        (
            "gemini-3-pro",
            [
                said({"text": "q"}),
                model(call("foreign"), call("foreign")),
                said(ANSWERED),
                model(call("foreign")),
                said(ANSWERED),
            ],
            [said({"text": "q"}), model(call(STAND_IN), call()), said(ANSWERED), model(call(STAND_IN)), said(ANSWERED)],
        ),
        (
            "gemini-2.5-pro",
            [said({"text": "q"}), model(call("foreign")), said(ANSWERED)],
            [said({"text": "q"}), model(call()), said(ANSWERED)],
        ),
        (
            "gemini-3-pro",
            [said({"text": "q"}), model(call("foreign")), said(ANSWERED), model({"text": "a"}), said({"text": "more"})],
            [said({"text": "q"}), model(call()), said(ANSWERED), model({"text": "a"}), said({"text": "more"})],
        ),
        (
            "claude-sonnet-4-5@20250929",
            [said({"text": "q"}), model(call("foreign")), said(ANSWERED)],
            [said({"text": "q"}), model(call()), said(ANSWERED)],
        ),
        (
            "gemini-3-pro",
            [
                model(
                    {"text": "t", "thought": True, "thoughtSignature": "foreign"},
                    {"text": "", "thoughtSignature": "foreign"},
                )
            ],
            [model({"text": "t", "thought": True})],
        ),
        (
            "gemini-3-pro",
            [model({"text": "", "thoughtSignature": "foreign"}), said({"text": "q"})],
            [said({"text": "q"})],
        ),
        ("gemini-3-pro", [model(call(STAND_IN))], None),
        (
            "gemini-3-pro",
            [model({"functionCall": {}, "thought_signature": "foreign"})],
            [model({"functionCall": {}, "thought_signature": STAND_IN})],
        ),
    ],
    ids=[
        "own",
        "current turn",
        "before gemini 3",
        "turn is over",
        "claude on vertex",
        "text and empty text",
        "content of nothing else",
        "stand-in stays",
        "the other spelling",
    ],
)
def test_gemini_loses_the_field_or_gets_the_stand_in(name: str, contents: list[Any], left: list[Any] | None) -> None:
    body = {"contents": contents}
    edited, removed = take_out(body, "gemini", foreign, model=name)
    if left is None:
        assert edited is body
        assert removed == []
    else:
        assert edited == {"contents": left}
        assert removed


@pytest.mark.parametrize("text", ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"])
def test_googles_own_stand_ins_stay_however_they_are_written(text: str) -> None:
    for value in (text, base64.b64encode(text.encode()).decode()):
        body = {"contents": [model(call(value))]}
        assert take_out(body, "gemini", lambda value, kind: True, model="gemini-3-pro") == (body, [])


def test_code_assist_wraps_the_same_request() -> None:
    inner = {"contents": [said({"text": "q"}), model(call("foreign")), said(ANSWERED)]}
    edited, _ = take_out({"model": "gemini-3-pro", "project": "p", "request": inner}, "gemini", foreign)
    assert edited["project"] == "p"
    assert edited["request"]["contents"][1] == model(call(STAND_IN))


@pytest.mark.parametrize(
    ("message", "left"),
    [
        (
            {
                "content": "a",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "t", "signature": "foreign"},
                    {"type": "reasoning.encrypted", "data": "foreign"},
                    {"type": "reasoning.summary", "summary": "s"},
                    {"type": "reasoning.encrypted", "data": "own"},
                ],
            },
            {
                "content": "a",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "t"},
                    {"type": "reasoning.summary", "summary": "s"},
                    {"type": "reasoning.encrypted", "data": "own"},
                ],
            },
        ),
        ({"reasoning_details": [{"type": "reasoning.encrypted", "data": "foreign"}], "content": "a"}, {"content": "a"}),
        ({"tool_calls": [{**TOOL, **google("own")}]}, {"tool_calls": [{**TOOL, **google("own")}]}),
        ({"tool_calls": [{**TOOL, **google("foreign")}, TOOL]}, {"tool_calls": [{**TOOL, **google(STAND_IN)}, TOOL]}),
        ({"tool_calls": [TOOL, {**TOOL, **google("foreign")}]}, {"tool_calls": [TOOL, TOOL]}),
        ({"content": "a", **google("foreign")}, {"content": "a"}),
        (
            {"content": "a", "extra_content": {"x": 1, "google": {"thought_signature": "foreign", "y": 2}}},
            {"content": "a", "extra_content": {"x": 1, "google": {"y": 2}}},
        ),
    ],
    ids=["details", "no details left", "own", "first call", "second call", "text", "neighbours stay"],
)
def test_chat_loses_details_and_googles_signatures(message: JsonObject, left: JsonObject) -> None:
    body = {"model": "google/gemini-3-pro", "messages": [{"role": "assistant", **message}]}
    edited, _ = take_out(body, "openai-chat", foreign)
    assert edited["messages"] == [{"role": "assistant", **left}]


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("gemini-2.5-flash", False),
        ("gemini-3-pro", True),
        ("gemini-3.5-flash", True),
        ("gemini-4-argon", True),
        ("models/gemini-10-x", True),
        ("gemini-pro", False),
        ("claude-opus-4-8", False),
        ("", False),
        (None, False),
        (3, False),
        ("gemini-" + "9" * 5000, True),
    ],
    ids=str,
)
def test_signatures_are_demanded_from_gemini_3_on(name: Any, needs: bool) -> None:
    assert needs_signatures(name) is needs


def test_only_the_first_call_of_each_step_since_the_user_spoke_counts() -> None:
    contents = [
        said({"text": "q"}),
        model(call()),
        said(ANSWERED),
        model({"text": "a"}),
        said({"text": "q2"}),
        model({"text": "t", "thought": True}, call(), call()),
        model(call()),
        said(ANSWERED),
        model(call()),
        said(ANSWERED, {"text": "a hint beside the answer"}),
        model(call()),
    ]
    assert first_calls(contents) == {(5, 1), (6, 0), (8, 0), (10, 0)}
