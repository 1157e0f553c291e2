"""The overview: what is seen in a second, and where it leads."""

import pytest

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.trace.record import Usage
from tests.tui.fake_router import FakeRouter
from tests.tui.screen import row_with, rows, shows, text, until
from tests.tui.seed import Seeded, add_hour, add_requests, add_tokens, budget, finish, open_home
from tui.app import RouterApp
from tui.screens.overview.live_list import LiveList

pytestmark = pytest.mark.slow  # each test draws a whole app many times

SMALL, MEDIUM, LARGE = (80, 24), (120, 40), (240, 70)


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE], ids=["80x24", "120x40", "240x70"])
async def test_which_token_is_nearly_empty_is_seen_at_once(
    seeded: Seeded, router: FakeRouter, size: tuple[int, int], light: bool
) -> None:
    add_tokens(seeded)
    add_hour(seeded)
    add_requests(seeded)
    router.budgets = [budget()]
    async with RouterApp(seeded.home, clock=seeded.clock, light=light).run_test(size=size) as pilot:
        await shows(pilot, "● max-anna", "2 running", "daily", "52%  $2.60 of $5.00 a day", "3.3%  5 of 150")
        await shows(
            pilot, "Tokens/min", "$0.9750 spent", "Attention · 4", "No token of openai can pay now", "2 adds one"
        )
        assert "38%" in row_with(pilot, "● max-anna")
        assert "used up" in row_with(pilot, "◐ max-ben")
        assert "rests 47m 12s" in row_with(pilot, "◐ max-ben")
        assert "full ~20:45" in row_with(pilot, "● max-anna")
        assert "401 invalid_api_key" in row_with(pilot, "✗ work-key")
        assert "█" in row_with(pilot, "Requests/min") + text(pilot)
        assert all(len(row) <= size[0] for row in rows(pilot))


async def test_live_requests_come_move_on_and_open(seeded: Seeded, clock: FixedClock, router: FakeRouter) -> None:
    add_requests(seeded, 5)
    app = RouterApp(seeded.home, clock=clock)
    async with app.run_test(size=MEDIUM) as pilot:
        await shows(pilot, "2 running", "claude-opus-4-5")
        record = seeded.start(model="claude-new", token="")
        waited = await until(pilot, lambda: row_with(pilot, "claude-new"))
        await until(pilot, lambda: "Live · 3 running" in text(pilot))
        clock.advance(12.3)
        await until(pilot, lambda: "12.3s" in row_with(pilot, "claude-new"))
        seeded.write(finish(record, after_s=2.5, ttft_s=0.5, usage=Usage(7, 4321)))
        await until(pilot, lambda: "2.50s" in row_with(pilot, "claude-new"))
        assert "4.3k" in row_with(pilot, "claude-new")
        assert waited < 0.5
        live = app.page("Overview").query_one(LiveList)
        assert [row.running for row in live.rows[:3]] == [True, True, False]  # what runs stays on top
        await pilot.press("enter")
        await shows(pilot, "Started")


async def test_pages_are_reached_from_what_is_chosen(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    app = RouterApp(seeded.home, clock=seeded.clock)
    gone: list[tuple[str, str]] = []
    app.go = lambda name, at="": gone.append((name, at))  # type: ignore[method-assign]
    async with app.run_test(size=MEDIUM) as pilot:
        await shows(pilot, "● max-anna", "Attention · 4")
        await pilot.press("tab", "enter", "tab", "down", "enter")
        await until(pilot, lambda: len(gone) == 2)
        assert gone == [("Tokens", ""), ("Tokens", "max-ben")]


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "240x70"])
async def test_an_empty_home_says_what_to_press_and_what_to_paste(
    seeded: Seeded, clock: FixedClock, size: tuple[int, int]
) -> None:
    home = Home(seeded.home.path.parent / "fresh").ensure()
    async with RouterApp(home, clock=clock).run_test(size=size) as pilot:
        await shows(pilot, "No token yet", "2, then a", "No request yet", " code ", "The router is not")
        with open_home(home.path, clock) as fresh:
            add_tokens(fresh)
            add_requests(fresh, 5)
            await shows(pilot, "● max-anna", "gpt-5.2-codex")
        assert "No token yet" not in text(pilot)


async def test_a_wrong_config_and_a_budget_are_told_of_as_they_come(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    seeded.home.config.write_text("[server]\nprot = 1\n")
    router.budgets = [budget("weekly", 0.97)]
    async with RouterApp(seeded.home, clock=seeded.clock).run_test(size=MEDIUM) as pilot:
        await shows(pilot, "config.toml, line 2: unknown key 'server.prot'. Did you mean 'port'?", "9 mends it")
        await shows(pilot, "The budget weekly is 97% used", "in [spend]")
        seeded.home.config.unlink()
        await until(pilot, lambda: "config.toml, line" not in text(pilot))


async def test_sanitized_shows_no_name_of_the_owner(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    add_requests(seeded, 8)
    app = RouterApp(seeded.home, clock=seeded.clock, sanitized=True)
    async with app.run_test(size=LARGE) as pilot:
        await shows(pilot, "2 running", "Attention · 4", "claude-opus-4-5", "otter")
        for name in ("max-anna", "max-ben", "plus-anna", "work-key", "spare", str(seeded.home.path)):
            assert name not in text(pilot)
