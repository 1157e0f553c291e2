"""Draws the pictures of the README: the app over a made-up home, as SVG. `scripts/tui-picture` calls it."""

import argparse
import asyncio
import os
import re
import tempfile
import time
from pathlib import Path

from router_core.clock import FixedClock
from tests.tui.fake_router import FakeRouter
from tests.tui.screen import shows
from tests.tui.seed import add_requests, add_tokens, open_home
from tui.app import RouterApp
from tui.widgets.request_table import RequestTable

PICTURES = Path(__file__).with_name("pictures")
SIZE = (120, 36)
NOW = 1_795_201_751.0  # any moment will do, but always the same: the picture changes only when the app does


async def draw(*, detail: bool = False, light: bool = False, size: tuple[int, int] = SIZE) -> str:
    """The SVG of the main screen, or of a request in detail."""
    clock = FixedClock(NOW)
    with tempfile.TemporaryDirectory() as folder, open_home(Path(folder) / "home", clock) as seeded:
        add_tokens(seeded)
        add_requests(seeded)
        with FakeRouter(seeded.home, seeded.tokens) as router:
            app = RouterApp(seeded.home, clock=clock, light=light)
            async with app.run_test(size=size) as pilot:
                await shows(pilot, router.address, "2 running", "○ spare", "following")
                if detail:
                    await pilot.press("down", "down", "enter")
                    await shows(pilot, "429 window_exhausted", "attempt-1")
                app.page("Overview").query_one(RequestTable)._frame = 0  # the spinner, wherever it was
                svg = app.export_screenshot(title="mitmrouter tui", simplify=True)
            svg = svg.replace(router.address, "127.0.0.1:8100".ljust(len(router.address), "\N{NO-BREAK SPACE}"))
    return _self_contained(svg)


def _self_contained(svg: str) -> str:
    """Without the fonts of a foreign host: the reader's own monospaced one does, and no page asks anybody for it."""
    svg = re.sub(r"terminal-\d+", "tui", svg)  # a checksum of what was there before the port was replaced
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", "ui-monospace, Menlo")


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/tui-picture", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="where to; else tests/tui/pictures/")
    parser.add_argument("--detail", action="store_true", help="a request in detail instead of the main screen")
    parser.add_argument("--light", action="store_true", help="the light theme")
    arguments = parser.parse_args()
    file = arguments.file or PICTURES / ("tui-detail.svg" if arguments.detail else "tui.svg")
    os.environ["TZ"] = "UTC"  # the same picture wherever it is drawn
    time.tzset()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(asyncio.run(draw(detail=arguments.detail, light=arguments.light)), encoding="utf-8")
    print(file)


if __name__ == "__main__":
    main()
