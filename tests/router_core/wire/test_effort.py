"""Thinking in words and in tokens."""

import pytest

from router_core.wire.effort import BUDGET_OF, ORDER, budget_of, effort_of, effort_of_budget, nearest
from router_core.wire.model import Effort, ThinkingSetting


@pytest.mark.parametrize("effort", ORDER[:-1])
def test_each_budget_leads_back_to_its_word(effort: Effort) -> None:
    assert effort_of_budget(BUDGET_OF[effort]) == effort


@pytest.mark.parametrize(
    ("budget", "effort"),
    [(-5, "none"), (1, "minimal"), (1025, "medium"), (8193, "high"), (24577, "xhigh"), (10**6, "xhigh")],
)
def test_budgets_between_take_the_next_word(budget: int, effort: Effort) -> None:
    assert effort_of_budget(budget) == effort


@pytest.mark.parametrize(
    ("setting", "effort", "budget"),
    [
        (ThinkingSetting("off"), "none", 0),
        (ThinkingSetting("adaptive"), None, None),
        (ThinkingSetting("on", budget=2048), "medium", 2048),
        (ThinkingSetting("on", budget=-1), None, None),
        (ThinkingSetting("on", effort="low"), "low", 1024),
        (ThinkingSetting("adaptive", effort="max"), "max", 128000),
    ],
)
def test_a_setting_in_both_ways(setting: ThinkingSetting, effort: Effort | None, budget: int | None) -> None:
    assert (effort_of(setting), budget_of(setting)) == (effort, budget)


def test_nothing_said_is_nothing_known() -> None:
    assert effort_of(None) is None


@pytest.mark.parametrize(
    ("wanted", "allowed", "found"),
    [
        ("none", ("low", "medium", "high"), "low"),
        ("max", ("low", "high"), "high"),
        ("medium", ("low", "high"), "high"),
        ("high", ("high",), "high"),
        ("high", (), None),
    ],
)
def test_the_nearest_allowed_word(wanted: Effort, allowed: tuple[Effort, ...], found: Effort | None) -> None:
    assert nearest(wanted, allowed) == found
