"""Reasoning is kept by the id of the call that it led to."""

from router_core.state.carried import Carried, Noticing
from router_core.trace.record import Usage
from router_core.wire.events import unfold
from router_core.wire.model import Message, Proof, Request, Response, Text, Thinking, ToolCall, ToolResult

THINKING = Thinking("I should look.", Proof("anthropic", "sig-1"))
SIGNED = Proof("gemini", "sig-2")
ANSWER = Response(
    "m", "x", (THINKING, Text("Let me look."), ToolCall("a", "ls", "{}"), ToolCall("b", "pwd", "{}", proof=SIGNED)),
    "tool_use", Usage(),
)  # fmt: skip
TURN = (
    Message("user", (Text("What is here?"),)),
    Message("assistant", (Text("Let me look."), ToolCall("a", "ls", "{}"), ToolCall("b", "pwd", "{}"))),
    Message("user", (ToolResult("a"), ToolResult("b"))),
)


def noticed(carried: Carried, answer: Response = ANSWER) -> Carried:
    look = Noticing(carried)
    for event in unfold(answer):
        look(event)
    return carried


def test_the_thinking_stands_before_the_text_again_and_the_proof_on_its_call() -> None:
    request = noticed(Carried()).put_back(Request("x", TURN))
    assert request.messages[1].blocks == (
        THINKING, Text("Let me look."), ToolCall("a", "ls", "{}"), ToolCall("b", "pwd", "{}", proof=SIGNED),
    )  # fmt: skip
    assert (request.messages[0], request.messages[2]) == (TURN[0], TURN[2])


def test_a_turn_that_brings_its_own_thinking_is_left_alone() -> None:
    own = Message("assistant", (Thinking("mine", Proof("anthropic", "x")), ToolCall("a", "ls", "{}")))
    request = Request("x", (own,))
    assert noticed(Carried()).put_back(request) is request


def test_unknown_calls_and_answers_that_broke_off_change_nothing() -> None:
    request, carried = Request("x", TURN), Carried()
    look = Noticing(carried)
    for event in list(unfold(ANSWER))[:-1]:
        look(event)
    assert carried.put_back(request) is request


def test_thinking_without_a_proof_is_not_kept() -> None:
    plain = Response("m", "x", (Thinking("hm"), ToolCall("a", "ls", "{}")), "tool_use", Usage())
    request = Request("x", TURN)
    assert noticed(Carried(), plain).put_back(request) is request


def test_the_oldest_goes_when_there_is_too_much() -> None:
    carried = Carried(max_calls=2)
    for name in ("a", "b", "c"):
        carried.remember(name, (THINKING,), None)
    found = [
        bool(carried.put_back(Request("x", (Message("assistant", (ToolCall(name, "t"),)),))).messages[0].blocks[1:])
        for name in ("a", "b", "c")
    ]
    assert found == [False, True, True]
    carried = Carried(max_bytes=50)
    carried.remember("a", (Thinking("x" * 40, Proof("anthropic", "s")),), None)
    carried.remember("b", (Thinking("y" * 40, Proof("anthropic", "s")),), None)
    first = Request("x", (Message("assistant", (ToolCall("a", "t"),)),))
    assert carried.put_back(first) is first
