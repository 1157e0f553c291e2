"""What the last turn of each line of work really was."""

from router_core.routing.measured import Measured, MeasuredTurns, measured_of
from router_core.trace.record import Usage


def test_cached_tokens_are_input_too() -> None:
    assert measured_of(Usage(input_tokens=10, cache_read_tokens=100, cache_write_1h_tokens=7)) == Measured(117, 107)
    assert measured_of(Usage(output_tokens=5)) is None


def test_the_last_turn_of_each_line_is_remembered_and_no_more_lines_than_allowed() -> None:
    turns = MeasuredTurns(most=2)
    turns.note("a", "", Usage(input_tokens=1))
    turns.note("a", "agent", Usage(input_tokens=2))
    turns.note("a", "", Usage(input_tokens=3))
    turns.note("", "", Usage(input_tokens=9))
    assert (turns.last("a", ""), turns.last("a", "agent"), turns.last("", "")) == (Measured(3, 0), Measured(2, 0), None)
    turns.note("b", "", Usage(input_tokens=4))
    assert turns.last("a", "agent") is None
    assert turns.last("a", "") == Measured(3, 0)


def test_it_begins_with_what_was_measured_before_and_asks_for_it_once() -> None:
    asked: list[int] = []

    def earlier() -> list[tuple[tuple[str, str], Measured]]:
        asked.append(1)
        return [(("old", ""), Measured(5, 0)), (("both", ""), Measured(6, 0))]

    turns = MeasuredTurns(earlier)
    turns.note("both", "", Usage(input_tokens=7))
    assert asked == []
    assert (turns.last("old", ""), turns.last("both", "")) == (Measured(5, 0), Measured(7, 0))
    assert len(asked) == 1
