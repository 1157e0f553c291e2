"""What is said: once per occurrence, and not soon again."""

import pytest

from router_core.notify.conditions import Condition
from router_core.notify.decide import FORGOTTEN_S, MOST_AT_ONCE, Said, decide

HOUR = 3600.0
type Step = tuple[float, bool | None, float | None, bool]
"""When, whether it holds, until when, whether it is said."""


def at(holds: bool | None, until: float | None = None) -> Condition:
    return Condition("k", "quota", holds, until=until)


@pytest.mark.parametrize(
    "steps",
    [
        [(0, True, None, True), (5, True, None, False), (9 * HOUR, True, None, False)],
        [(0, False, None, False), (5, True, None, True)],
        [(0, None, None, False), (5, True, None, True), (10, None, None, False), (2 * HOUR, True, None, False)],
        [(0, True, None, True), (5, False, None, False), (10, True, None, False), (HOUR + 1, True, None, True)],
        [(0, True, None, True), (5, False, None, False), (2 * HOUR, True, None, True)],
        [(0, True, 2 * HOUR, True), (HOUR + 9, True, 2 * HOUR, False), (2 * HOUR, True, 4 * HOUR, True)],
        [(0, True, 60, True), (61, True, 120, False), (HOUR, True, 4 * HOUR, True)],
        [(0, True, HOUR, True), (5, True, 2 * HOUR, False), (9, True, 3 * HOUR, False)],
        [(0, True, HOUR, True), (5, True, HOUR + 2, False), (HOUR, True, HOUR + 2, False), (HOUR + 2, True, 9e9, True)],
    ],
    ids=[
        "once while it lasts", "when it begins", "not when it only wavers", "again, but not within the interval",
        "again after it had stopped", "again when the window begins anew", "short windows wait for the interval",
        "a reset that moves is no new window", "nor is it when the first one has passed",
    ],
)  # fmt: skip
def test_condition_is_said_once_per_occurrence(steps: list[Step]) -> None:
    memory: dict[str, Said] = {}
    for now, holds, until, expected in steps:
        said, memory = decide([at(holds, until)], memory, HOUR, now)
        assert bool(said) == expected, now


def test_what_is_not_there_any_more_has_stopped_and_is_forgotten_in_the_end() -> None:
    _, memory = decide([at(True)], {}, HOUR, 0)
    _, memory = decide([], memory, HOUR, 5)
    assert memory == {"k": Said(0, False)}
    assert decide([at(True)], memory, HOUR, 2 * HOUR)[0]
    assert decide([], memory, HOUR, FORGOTTEN_S)[1] == {}


def test_many_at_once_are_said_in_turns() -> None:
    many = [Condition(f"k{number}", "loop", True) for number in range(MOST_AT_ONCE + 3)]
    said, memory = decide(many, {}, HOUR, 0)
    assert len(said) == MOST_AT_ONCE
    said, memory = decide(many, memory, HOUR, 3)
    assert [each.key for each in said] == [f"k{MOST_AT_ONCE + number}" for number in range(3)]
