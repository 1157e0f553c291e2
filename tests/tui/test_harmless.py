"""No text acts on the terminal, wherever it is drawn; a damaged database is told of."""

import pytest
from rich.segment import Segment
from textual.color import Color

from tests.tui.fake_router import FakeRouter
from tests.tui.hostile import FORBIDDEN, HOSTILE, add_hostile
from tests.tui.screen import shows, text
from tests.tui.seed import Seeded, add_requests, add_tokens
from tui.app import RouterApp
from tui.harmless import Harmless


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_a_line_keeps_its_width_and_loses_what_would_act(said: str) -> None:
    before = Segment(said)
    (after,) = Harmless().apply([before], Color(0, 0, 0))
    assert not FORBIDDEN.intersection(after.text)
    assert after.cell_length >= before.cell_length


def test_a_harmless_line_is_left_as_it_is() -> None:
    line = [Segment("漢字 and words"), Segment("  ✓")]
    assert Harmless().apply(line, Color(0, 0, 0)) is line


async def test_statistics_go_into_a_group_whose_name_looks_like_markup(seeded: Seeded, router: FakeRouter) -> None:
    add_hostile(seeded, canary=False)
    app = RouterApp(seeded.home, first="Statistics", clock=seeded.clock)
    async with app.run_test(size=(200, 60)) as pilot:
        await shows(pilot, "21 ")
        for down in range(5, 9):
            await pilot.press("home", *["down"] * down, "enter")
            await shows(pilot, "Esc: all again")
            await pilot.press("escape")
            assert not FORBIDDEN.intersection(text(pilot).replace("\n", ""))


async def test_rows_of_a_damaged_database_are_shown_as_far_as_they_can_be(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    add_requests(seeded, 6)
    with seeded.traces.conn as connection:
        connection.execute("update requests set model = x'ff00fe', decision = '{', losses = 'no' where rowid % 2")
        connection.execute("update requests set started_at = 99999999999999999 where rowid % 3 = 0")
        connection.execute("update requests set total_ms = 'long', cost_nano_usd = 'dear' where rowid % 4 = 0")
    app = RouterApp(seeded.home, clock=seeded.clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, router.address, "max-anna")
        for page in ("3", "4", "5"):
            await pilot.press(page, "down", "enter")
            await pilot.pause(0.2)
            await pilot.press("escape")
        with seeded.tokens.database.conn as connection:
            connection.execute("update tokens set expires_at = 'soon'")
        await pilot.press("2")
        await shows(pilot, "a row is damaged")
        with seeded.tokens.database.conn as connection:
            connection.execute("update tokens set expires_at = null")
        await shows(pilot, "max-anna")
