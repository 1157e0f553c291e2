"""The page of the log, by its keys."""

import pytest
from textual.pilot import Pilot

from tests.tui.fake_router import FakeRouter
from tests.tui.screen import row_with, shows, text, until
from tests.tui.seed import Seeded, add_tokens, log_text
from tui.app import RouterApp
from tui.widgets.log_list import MOST, LogList

pytestmark = pytest.mark.slow  # each test draws a whole app many times

SIZE = (80, 24)


def app_of(seeded: Seeded, **options: bool) -> RouterApp:
    return RouterApp(seeded.home, clock=seeded.clock, first="Logs", **options)


def log(pilot: Pilot[None]) -> LogList:
    return pilot.app.screen.query_one(LogList)


def add(seeded: Seeded, *texts: str, level: str = "INFO") -> None:
    with seeded.home.log.open("a") as file:
        file.writelines(f"2026-11-20 19:30:00.000 {level:<7} {text}\n" for text in texts)


async def test_new_lines_are_followed_until_one_moves_away(seeded: Seeded, router: FakeRouter) -> None:
    seeded.home.log.write_text(log_text())
    async with app_of(seeded).run_test(size=SIZE) as pilot:
        await shows(pilot, "40 of the newest 40 lines · everything · following")
        add(seeded, "the newest one")
        await shows(pilot, "the newest one", "41 of the newest 41")
        await pilot.press("up")
        await shows(pilot, "stopped: f follows again")
        above = text(pilot).splitlines()[4]
        add(seeded, *(f"further {number}" for number in range(5)))
        await shows(pilot, "46 of the newest 46")
        assert text(pilot).splitlines()[4] == above
        assert "further 4" not in text(pilot)
        await pilot.press("f")
        await shows(pilot, "further 4", "following")
        seeded.home.log.rename(seeded.home.log.with_name("router.log.1"))
        add(seeded, "after the rotation")
        await shows(pilot, "after the rotation", "further 4")


async def test_levels_and_words_choose_the_lines(seeded: Seeded, router: FakeRouter) -> None:
    seeded.home.log.write_text(log_text())
    async with app_of(seeded).run_test(size=SIZE) as pilot:
        await shows(pilot, "40 of the newest 40")
        await pilot.press("w")
        await shows(pilot, "warnings and errors", "ERROR work-key is unhealthy")
        assert "POST /v1/messages" not in text(pilot)
        await pilot.press("l")
        await until(pilot, lambda: "max-ben rests" not in text(pilot))
        await pilot.press("l", "slash", *"CODEX anna", "enter")
        await shows(pilot, "with CODEX anna")
        await until(pilot, lambda: "claude-sonnet-5" not in text(pilot))
        assert row_with(pilot, "/codex/responses")
        await pilot.press("slash", *"zzz")
        await shows(pilot, "No line fits.")
        add(seeded, "codex anna zzz")
        await until(pilot, lambda: log(pilot).counts[0] == 0)  # the words are: CODEX annazzz
        await pilot.press("escape")
        await shows(pilot, "claude-sonnet-5")


async def test_a_long_line_is_shown_in_full_below(seeded: Seeded, router: FakeRouter) -> None:
    seeded.home.log.write_text(log_text())
    add(seeded, "word " * 40 + "the end")
    async with app_of(seeded).run_test(size=SIZE) as pilot:
        await shows(pilot, "the end")


async def test_no_log_is_told_of_and_a_later_one_is_found(seeded: Seeded, router: FakeRouter) -> None:
    async with app_of(seeded).run_test(size=SIZE) as pilot:
        await shows(pilot, "Nothing was logged yet.", "log_level")
        add(seeded, "the first")
        await shows(pilot, "the first")


async def test_very_many_lines_are_not_kept_for_ever(seeded: Seeded, router: FakeRouter) -> None:
    seeded.home.log.write_text("".join(f"2026-11-20 19:00:00.000 INFO    line {n}\n" for n in range(MOST)))
    async with app_of(seeded).run_test(size=SIZE) as pilot:
        await shows(pilot, f"line {MOST - 1}")
        await pilot.press("home", *["down"] * 30)
        await until(pilot, lambda: log(pilot).cursor == 30)
        add(seeded, *(f"more {number}" for number in range(10)))
        await until(pilot, lambda: log(pilot).cursor == 20)  # the same line, ten older ones are gone
        assert log(pilot).counts == (MOST, MOST)
        chosen = log(pilot).selected
        assert chosen is not None
        assert chosen.text == "line 30"


async def test_names_are_hidden_and_control_characters_do_nothing(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    seeded.home.log.write_text(log_text())
    add(seeded, "\x1b[31mred\x07[bold]")
    async with app_of(seeded, sanitized=True).run_test(size=SIZE) as pilot:
        await shows(pilot, "red[bold]")
        await until(pilot, lambda: not any(name in text(pilot) for name in ("max-anna", "work-key", "5f1c20de")))
        assert not set(text(pilot)) & {"\x1b", "\x07"}
