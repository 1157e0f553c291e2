"""The page of help."""

import pytest
from textual.binding import Binding

from tests.tui.fake_router import FakeRouter
from tests.tui.screen import rows, shows, until
from tests.tui.seed import Seeded
from tui.app import RouterApp
from tui.commands import shown
from tui.pages import PAGES
from tui.screens.help import _all

pytestmark = pytest.mark.slow  # draws a whole app


async def test_help_opens_at_the_page_one_comes_from_and_leads_back(seeded: Seeded, router: FakeRouter) -> None:
    app = RouterApp(seeded.home, clock=seeded.clock, first="Logs")
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Nothing was logged yet")
        await pilot.press("question_mark")
        await until(pilot, lambda: "Keys of Logs" in "\n".join(rows(pilot)[2:6]))
        await shows(pilot, "warnings and errors only")
        await pilot.press("escape")
        await shows(pilot, "Nothing was logged yet")
        await pilot.press("question_mark", "home")
        await shows(pilot, "First steps", "demo")


@pytest.mark.parametrize("width", [76, 116, 236])
def test_every_key_of_every_page_is_told_within_the_width(width: int) -> None:
    lines = ["".join(piece.text for piece in line) if not isinstance(line, str) else line for line in _all("m", width)]
    told = "\n".join(lines)
    for entry in PAGES:
        for binding in entry.page.BINDINGS:
            if isinstance(binding, Binding) and binding.show and binding.description and entry.name != "Help":
                assert f"  {shown(binding.key.split(',')[0])}" in told, binding
    assert max(map(len, lines)) <= width
