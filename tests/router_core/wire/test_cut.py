"""Stop sequences for a target that has none."""

import pytest

from router_core.trace.record import Usage
from router_core.wire.cut import Cutter
from router_core.wire.events import BlockStart, BlockStop, Delta, Event, MessageStart, MessageStop, fold
from router_core.wire.model import Response, Text, Thinking, ToolCall

CASES = {
    "in the middle": ("one END two", ("END",), "one ", "END"),
    "the first of two": ("a<b>c<d>", ("<d>", "<b>"), "a", "<b>"),
    "only half of it": ("one EN", ("END",), "one EN", None),
    "a false start": ("EEND!", ("END",), "E", "END"),
    "at the beginning": ("ENDone", ("END",), "", "END"),
    "none": ("plain", ("END",), "plain", None),
    "empty ones do not count": ("plain", ("",), "plain", None),
}


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(("text", "stop", "left", "found"), CASES.values(), ids=CASES.keys())
def test_text_ends_where_a_sequence_begins(
    text: str, stop: tuple[str, ...], left: str, found: str | None, size: int
) -> None:
    events: list[Event] = [MessageStart("m", "x"), BlockStart(Text(""))]
    events += [Delta(text[at : at + size]) for at in range(0, len(text), size)]
    events += [
        BlockStop(),
        BlockStart(ToolCall("1", "t")),
        Delta("{}"),
        BlockStop(),
        MessageStop("tool_use", Usage(1, 9)),
    ]
    answer = fold(Cutter(stop).events(events))
    if found is None:
        assert answer.blocks == (Text(left), ToolCall("1", "t", "{}"))
        assert (answer.stop, answer.stop_sequence) == ("tool_use", None)
    else:
        assert answer.blocks == (Text(left),)
        assert (answer.stop, answer.stop_sequence, answer.usage) == ("stop_sequence", found, Usage(1, 9))


def test_thinking_and_arguments_are_not_searched() -> None:
    blocks = (Thinking("END"), ToolCall("1", "t", '"END"'))
    answer = Response("m", "x", blocks, "tool_use", Usage())
    assert Cutter(("END",)).response(answer) == answer
