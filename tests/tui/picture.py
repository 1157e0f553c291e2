"""Draws the app over a made-up home, as SVG: `scripts/tui-picture` calls it.

Without arguments: the pictures of the README. With `--all DIR`: every page in every size, dark and light.
"""

import argparse
import asyncio
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from router_core.clock import FixedClock
from tests.tui.fake_router import FakeRouter
from tests.tui.screen import shows
from tests.tui.seed import add_history, add_hour, add_requests, add_tokens, budget, log_text, open_home
from tests.tui.shots import NOW, README_SIZE, SHOTS, SIZES
from tui.app import RouterApp

CONFIG = """\
# Where requests go, and what they may cost.
[server]
port = 8100

[providers.openai]
api_key = "of-mine"                      # "$OPENAI_API_KEY" reads the environment

[providers.local]
knd = "openai-chat"
base_url = "http://127.0.0.1:11434/v1"
headers = { "x-api-key" = "another", "x-tenant" = "clock" }

[routing]
background = "claude/claude-haiku-5-5"
long_context_threshold = 60000

[[spend.budgets]]
name = "daily"
per_day = { usd = "5.00" }
"""
EVERYWHERE = {"TZ": "UTC", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
"""The same picture wherever it is drawn."""
PICTURES = Path(__file__).with_name("pictures")


async def draw(name: str, *, light: bool = False, size: tuple[int, int] = README_SIZE, sanitized: bool = False) -> str:
    """The SVG of one of the shots."""
    shot = SHOTS[name]
    clock = FixedClock(NOW)
    with tempfile.TemporaryDirectory() as folder, open_home(Path(folder) / ".mitmrouter", clock) as seeded:
        os.environ["HOME"] = folder  # then it is the usual home: commands need no --home
        seeded.home.config.write_text(CONFIG if name == "config" else CONFIG.replace("knd", "kind"))
        seeded.home.log.write_text(log_text())
        add_tokens(seeded)
        add_history(seeded)
        add_hour(seeded)
        add_requests(seeded)
        with FakeRouter(seeded.home, seeded.tokens) as router:
            router.budgets = [budget(), budget("project", 0.86, scope={"project": "clock"})]
            app = RouterApp(seeded.home, clock=clock, light=light, sanitized=sanitized)
            async with app.run_test(size=size) as pilot:
                await shows(pilot, router.address, "2 running")
                await pilot.press(*shot.keys)
                await shows(pilot, *shot.words)
                await _spinners_at_rest(app, pilot)
                svg = app.export_screenshot(title="mitmrouter tui", simplify=True)
            svg = svg.replace(router.address, "127.0.0.1:8100".ljust(len(router.address), "\N{NO-BREAK SPACE}"))
    return _self_contained(svg)


async def _spinners_at_rest(app: RouterApp, pilot: Pilot[None]) -> None:
    """Wherever they were; they may turn while that is painted."""
    spinners: list[Any] = [widget for widget in app.screen.query("*") if hasattr(widget, "_frame")]
    while True:
        for widget in spinners:
            widget._frame = 0
            widget.refresh()
        await pilot.pause(0.1)
        if not any(widget._frame for widget in spinners):
            return


def _self_contained(svg: str) -> str:
    """Without the fonts of a foreign host: the reader's own monospaced one does, and no page asks anybody for it."""
    svg = re.sub(r"terminal-\d+", "tui", svg)  # a checksum of what was there before the port was replaced
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", "ui-monospace, Menlo")


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/tui-picture", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(SHOTS)}; else all that are wanted")
    parser.add_argument("--all", type=Path, metavar="DIR", help="every size, dark and light, into this folder")
    parser.add_argument("--sanitized", action="store_true", help="as with --sanitized, into the folder of --all")
    arguments = parser.parse_args()
    os.environ |= EVERYWHERE
    time.tzset()
    if arguments.all:
        arguments.all.mkdir(parents=True, exist_ok=True)
        for name in arguments.names or SHOTS:
            for size_name, size in SIZES.items():
                for light in (False, True):
                    file = arguments.all / f"{name}-{size_name}{'-light' if light else ''}.svg"
                    svg = asyncio.run(draw(name, light=light, size=size, sanitized=arguments.sanitized))
                    file.write_text(svg, encoding="utf-8")
                    print(file)
        return
    PICTURES.mkdir(exist_ok=True)
    for name in arguments.names or [name for name, shot in SHOTS.items() if shot.in_readme]:
        file = PICTURES / f"tui-{name}.svg"
        file.write_text(asyncio.run(draw(name)), encoding="utf-8")
        print(file)


if __name__ == "__main__":
    main()
