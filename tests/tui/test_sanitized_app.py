"""`--sanitized` on every page and in dialogues, with a router and without: no name of the owner's is seen or copied."""

from pathlib import Path

import pytest

from router_core.clock import FixedClock
from tests.tui.fake_router import FakeRouter
from tests.tui.hostile import CANARY, add_hostile
from tests.tui.screen import shows, text
from tests.tui.seed import open_home
from tui.app import RouterApp
from tui.pages import PAGES

pytestmark = pytest.mark.slow

WAYS = (
    *((entry.key if entry.key != "?" else "question_mark",) for entry in PAGES),
    *(("2", "i"), ("2", "a"), ("2", "e"), ("2", "t"), ("2", "plus"), ("L",), ("colon", *"token"), ("3", "equals_sign")),
    *(("3", "down", "enter"), ("3", "down", "enter", "c"), ("4", "enter"), ("5", "b", "b", "enter"), ("5", "e")),
)


async def test_no_way_through_the_app_shows_a_name(tmp_path: Path, clock: FixedClock) -> None:
    with open_home(tmp_path / f"{CANARY}-home", clock) as seeded:
        add_hostile(seeded, canary=True)
        app = RouterApp(seeded.home, clock=clock, sanitized=True)
        async with app.run_test(size=(200, 60)) as pilot:
            await shows(pilot, "router is down")
            for way in WAYS:
                while len(app.screen_stack) > 1:  # a dialogue or a detail
                    app.pop_screen()
                await pilot.press(*way)
                await pilot.pause(0.05)
                assert CANARY not in text(pilot), f"{way}:\n{text(pilot)}"
            with FakeRouter(seeded.home, seeded.tokens) as router:
                await pilot.press("escape", "escape", "1")
                await shows(pilot, router.address)
                await pilot.press("3", "down", "enter", "c")
                await shows(pilot, "Not copied")
                assert CANARY not in text(pilot) + app.clipboard
                assert not app.clipboard
