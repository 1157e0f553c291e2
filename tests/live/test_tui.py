"""Pages that ask the router, against a real one: the playground, and a prompt tried with the rules."""

from collections.abc import Iterator

import pytest

from router_core.simulator import Pace
from tests.support.lab import Lab, running_lab
from tests.tui.screen import shows, text, until
from tui.app import RouterApp

SIZE = (120, 36)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


async def test_two_targets_answer_side_by_side_and_the_trace_says_what_it_cost(lab: Lab) -> None:
    lab.fresh("anthropic", "responses", tokens=("work",))
    async with RouterApp(lab.router.home).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("7")
        await shows(pilot, "Nothing has been asked yet.")
        for key, target in (("t", "claude/claude-opus-5-5"), ("T", "openai/gpt-5-mini")):
            await pilot.press(key)
            await shows(pilot, "Who answers as")
            await pilot.press(*target, "enter")
            await shows(pilot, f"{'A' if key == 't' else 'B'}  {target}")
        await pilot.press("i", *"say hi", "ctrl+s")
        await until(pilot, lambda: text(pilot).count("You said: say hi.") == 2, "both answers")
        await until(pilot, lambda: text(pilot).count("cost $") == 2, "both costs")
    rows = lab.rows(2)
    assert {row["model"] for row in rows} == {"claude-opus-5-5", "gpt-5-mini"}
    assert all(row["session"].startswith("playground-") for row in rows)


async def test_a_refusal_is_told_in_its_own_words(lab: Lab) -> None:
    lab.fresh("anthropic", tokens=("work",))
    async with RouterApp(lab.router.home).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("7", "i", *"hi", "escape", "t")
        await shows(pilot, "Who answers as A")
        await pilot.press(*"nobody/knows-this", "enter")
        await pilot.press("ctrl+s")
        await shows(pilot, "404: ", "✗")


async def test_an_answer_can_be_cancelled(lab: Lab) -> None:
    lab.fresh("anthropic", tokens=("work",))
    lab.simulator.set_pace(Pace(delay_s=0.3))
    try:
        async with RouterApp(lab.router.home).run_test(size=SIZE, notifications=True) as pilot:
            await pilot.press("7", "t")
            await shows(pilot, "Who answers as A")
            await pilot.press(*"claude/claude-opus-5-5", "enter")
            await pilot.press("i", *"hi", "ctrl+s")
            await shows(pilot, "You said")
            await pilot.press("c")
            await shows(pilot, "Cancelled.")
    finally:
        lab.simulator.set_pace(Pace())
    (row,) = lab.rows()
    assert row["state"] == "client_closed"


async def test_a_prompt_is_tried_with_the_rules(lab: Lab) -> None:
    lab.fresh("anthropic", tokens=("work",))
    async with RouterApp(lab.router.home).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("6", "i", *"hello", "enter")
        await shows(pilot, "goes to   claude/claude-sonnet-5", "▸ model's provider", "paid by work")
        await pilot.press("escape", "h")
        await shows(pilot, "with thinking")
    assert not lab.seen(), "nothing was asked"
