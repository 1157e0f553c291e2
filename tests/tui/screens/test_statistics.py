"""The statistics page, by its keys."""

from pathlib import Path

import pytest

from router_core.clock import FixedClock
from router_core.trace.record import Usage
from tests.tui.screen import row_with, shows, text, until
from tests.tui.seed import Seeded, add_history, add_requests, add_tokens, finish
from tui.app import RouterApp

SIZE = (120, 40)


async def test_time_group_and_measure_are_chosen_by_keys(seeded: Seeded, clock: FixedClock) -> None:
    add_history(seeded, days=20)
    async with RouterApp(seeded.home, clock=clock).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("5")
        await shows(pilot, "MODEL", "claude-opus-5-5", "at list prices")
        week = row_with(pilot, "at list prices")
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: row_with(pilot, "at list prices") != week)
        await pilot.press("b", "b", "b")
        await shows(pilot, "PROJECT", "/home/anna/shop")
        await pilot.press("B", "m")
        await shows(pilot, "TOKEN", "max-anna")


async def test_enter_goes_into_a_group_and_escape_out_again(seeded: Seeded, clock: FixedClock) -> None:
    add_history(seeded, days=6)
    async with RouterApp(seeded.home, clock=clock).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("5")
        await shows(pilot, "claude-opus-5-5")
        whole = row_with(pilot, "at list prices")
        await pilot.press("enter")
        await shows(pilot, "only model claude-opus-5-5", "PROVIDER")
        await until(pilot, lambda: row_with(pilot, "at list prices") != whole)
        await pilot.press("escape")
        await until(pilot, lambda: row_with(pilot, "at list prices") == whole)
        assert "only model" not in text(pilot)


async def test_a_word_can_be_clicked(seeded: Seeded, clock: FixedClock) -> None:
    add_history(seeded, days=6)
    async with RouterApp(seeded.home, clock=clock).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("5")
        await shows(pilot, "claude-opus-5-5")
        await pilot.click("#dimensions", offset=(18, 0))
        await shows(pilot, "PROVIDER", "openrouter")


async def test_sessions_of_a_status_which_take_seconds_are_left_to_the_command(
    seeded: Seeded, clock: FixedClock
) -> None:
    add_history(seeded, days=6)
    async with RouterApp(seeded.home, clock=clock).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("5", "B")
        await shows(pilot, "STATUS", "200")
        await pilot.press("enter")
        await shows(pilot, "only status", "MODEL")
        await pilot.press(*"bbbbbb")
        await shows(pilot, "CLIENT KEY")
        await pilot.press("b")
        await shows(pilot, "ADDRESS")
        await pilot.press("B")
        await shows(pilot, "CLIENT KEY")
        line = row_with(pilot, "client key")
        await pilot.click("#dimensions", offset=(line.index("session") - line.index("by") + 1, 0))
        await shows(pilot, "stats --by session --status 200")
        assert "CLIENT KEY" in text(pilot)


async def test_what_comes_in_is_counted(seeded: Seeded, clock: FixedClock) -> None:
    add_history(seeded, days=2)
    async with RouterApp(seeded.home, clock=clock).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("5")
        await shows(pilot, "claude-opus-5-5")
        record = seeded.start(model="claude-new-1")
        seeded.write(finish(record, after_s=1, ttft_s=0.5, usage=Usage(10, 10, 0, 0)))
        clock.advance(3)
        await shows(pilot, "claude-new-1")


@pytest.mark.parametrize("name", ["out.csv", "out.json"])
async def test_the_table_is_exported(seeded: Seeded, clock: FixedClock, tmp_path: Path, name: str) -> None:
    add_history(seeded, days=6)
    async with RouterApp(seeded.home, clock=clock).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("5")
        await shows(pilot, "claude-opus-5-5")
        await pilot.press("x")
        field = pilot.app.screen.query_one("#file")
        field.value = str(tmp_path / name)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await shows(pilot, "Written:")
    assert "claude-opus-5-5" in (tmp_path / name).read_text()


async def test_a_sanitized_page_shows_no_name_and_exports_none(seeded: Seeded, clock: FixedClock) -> None:
    add_tokens(seeded)
    add_history(seeded, days=6)
    async with RouterApp(seeded.home, clock=clock, sanitized=True).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("5")
        await shows(pilot, "claude-opus-5-5")
        for title, hidden in (("TOKEN", "max-anna"), ("PROJECT", "anna")):
            while title not in text(pilot):
                await pilot.press("b")
                await pilot.pause(0.05)
            assert hidden not in text(pilot)
        await pilot.press("x")
        await shows(pilot, "A file would hold")


async def test_an_empty_home_says_what_to_do(seeded: Seeded, clock: FixedClock) -> None:
    async with RouterApp(seeded.home, clock=clock).run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await shows(pilot, "No requests in this time. Press ]")
        await pilot.press(*["right_square_bracket"] * 6)
        await shows(pilot, "No requests yet. Lead a client here:")


async def test_everything_fits_into_80_by_24(seeded: Seeded, clock: FixedClock) -> None:
    add_history(seeded, days=6)
    add_requests(seeded)
    async with RouterApp(seeded.home, clock=clock).run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await shows(pilot, "claude-opus-5-5", "SHARE", "client key  session")
        assert "claude-sonnet-5" in text(pilot)
