"""Reading the screen of an app under test, as a person would: rows of text, waited for with a deadline."""

import asyncio
import time
from collections.abc import Callable

from textual.pilot import Pilot

DEADLINE_S = 8.0


def rows(pilot: Pilot[None]) -> list[str]:
    """The screen, line by line, as it would be painted."""
    app = pilot.app
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


def text(pilot: Pilot[None]) -> str:
    return "\n".join(rows(pilot))


def row_with(pilot: Pilot[None], part: str) -> str:
    """The first line that holds `part`; empty when none does."""
    return next((row for row in rows(pilot) if part in row), "")


async def until(pilot: Pilot[None], condition: Callable[[], object], what: str = "") -> float:
    """Wait until it holds; returns the seconds it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < DEADLINE_S, f"{what or 'it'} never came; the screen:\n{text(pilot)}"
        await asyncio.sleep(0.02)
    return time.monotonic() - start


async def shows(pilot: Pilot[None], *parts: str) -> None:
    """Wait until each part can be read somewhere."""
    for part in parts:
        await until(pilot, lambda part=part: part in text(pilot), repr(part))  # type: ignore[misc]
