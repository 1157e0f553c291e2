"""The app as a process of its own over some home, to be measured: `python -m tests.tui.watching HOME keys|watch`.

`keys` goes through every page, presses its keys and prints how long each takes to be painted, how much of it is CPU of
the app (the rest is other processes), and the memory, as JSON; `watch` shows the overview until it is ended.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from textual import events
from textual.pilot import Pilot

from router_core.clock import FixedClock, SystemClock
from router_core.home import Home
from tui.app import RouterApp
from tui.heap import keep
from tui.pages import PAGES

SIZE = (120, 40)
MOVES = ["down"] * 12 + ["pagedown"] * 4 + ["up"] * 6 + ["end", "home"]
BEGUN_S = 0.1
"""By then a page has asked for what it shows first."""
DEADLINE_S = 20.0


class Watched(RouterApp):
    """Notes when something has been painted."""

    def __init__(
        self, home: Home, now: float | None = None, first: str = "Overview", settled: Callable[[], object] | None = None
    ) -> None:
        clock = SystemClock() if now is None else FixedClock(now)
        super().__init__(home, clock=clock, first=first, settled=settled)
        self.painted = asyncio.Event()

    def post_display_hook(self) -> None:
        self.painted.set()


async def until_painted(app: Watched, key: str) -> tuple[float, float]:
    """Milliseconds from the key's arrival until the terminal codes of the screen that answers it are made: all that
    passed, and the CPU that the app's own thread took of it."""
    app.painted.clear()
    start, cpu = time.perf_counter(), time.thread_time()
    event = events.Key(key, key if len(key) == 1 else None)
    event.set_sender(app)
    assert app._driver is not None
    app._driver.send_message(event)
    await asyncio.wait_for(app.painted.wait(), DEADLINE_S)
    # without a terminal the last step is left out: do it here, for the whole screen
    update = app.screen._compositor.render_update(full=True)
    update.render_segments(app.console)  # type: ignore[union-attr]
    return (time.perf_counter() - start) * 1000, (time.thread_time() - cpu) * 1000


async def has_read(app: Watched) -> None:
    """Wait for what a page reads first: that is no answer to a key. Questions are answered in their order."""
    for _ in range(2):  # an answer may lead to another question
        await asyncio.sleep(BEGUN_S)
        answered = asyncio.get_running_loop().create_future()
        app.context.source.ask(lambda databases: None, answered.set_result)
        await asyncio.wait_for(answered, DEADLINE_S)


async def keys(app: Watched, pilot: Pilot[None]) -> dict[str, list[tuple[float, float]]]:
    """Of each key, by page; the first is going there."""
    taken: dict[str, list[tuple[float, float]]] = {}
    for entry in PAGES:
        key = "question_mark" if entry.key == "?" else entry.key
        times = taken.setdefault(entry.name, [])
        times.append(await until_painted(app, key))
        await has_read(app)
        for move in MOVES:
            app.painted.clear()
            app.screen.refresh()  # a key that moves nothing (a short list) is answered by painting all of it
            times.append(await until_painted(app, move))
            await asyncio.sleep(0.01)
        await pilot.press("escape")
    return taken


def memory_mb() -> float:
    """The most that was resident."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def measure(home: Home, now: float | None) -> None:
    keep()  # as __main__ does
    app = Watched(home, now, settled=keep)
    async with app.run_test(size=SIZE) as pilot:
        await has_read(app)
        taken = await keys(app, pilot)
    print(json.dumps({"pages": taken, "memory_mb": memory_mb()}))


async def watch(home: Home) -> None:
    async with Watched(home).run_test(size=SIZE):
        print("watching", flush=True)
        await asyncio.sleep(3600)


def main() -> None:
    home, what = Home(Path(sys.argv[1])), sys.argv[2]
    now = float(sys.argv[3]) if len(sys.argv) > 3 else None
    asyncio.run(watch(home) if what == "watch" else measure(home, now))


if __name__ == "__main__":
    main()
