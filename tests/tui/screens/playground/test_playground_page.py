"""The page of the playground, by its keys, before an asker of its own."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.tui.fake_router import FakeRouter
from tests.tui.screen import shows, text, until
from tests.tui.seed import Seeded
from tui.app import RouterApp
from tui.screens.playground.asking import Asker, Prompt, Reply
from tui.screens.playground.page import PlaygroundPage

pytestmark = pytest.mark.slow  # draws a whole app


async def test_an_answer_that_was_cancelled_does_not_show_over_the_next_one(
    seeded: Seeded, router: FakeRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = asyncio.Event()

    async def ask(self: Asker, prompt: Prompt, told: Callable[[Reply], None]) -> Reply:
        reply = Reply("waiting", prompt.target, prompt.text)
        told(reply)
        if prompt.text == "first":
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0.2)  # a connection is closed
                told(replace(reply, state="cancelled"))
                ended.set()
        told(reply := replace(reply, state="streaming", pieces=(("text", "the second answer"),)))
        return reply

    monkeypatch.setattr(Asker, "ask", ask)
    app = RouterApp(seeded.home, clock=seeded.clock, first="Playground")
    async with app.run_test(size=(100, 30)) as pilot:
        await shows(pilot, "Nothing has been asked yet")
        page = app.page("Playground")
        assert isinstance(page, PlaygroundPage)
        page._set_target("a", "claude/x")
        for words in ("first", "second"):
            page._prompt.text = words
            await pilot.press("ctrl+s")
            await until(pilot, lambda words=words: page._panes["a"].reply.session == words)  # type: ignore[misc]
        await ended.wait()
        await pilot.pause(0.1)
        assert "the second answer" in text(pilot)
        assert "Cancelled" not in text(pilot)


async def test_what_keeps_it_from_asking_is_told(seeded: Seeded, router: FakeRouter) -> None:
    seeded.home.gateway_token_file.unlink(missing_ok=True)
    seeded.home.gateway_token_file.mkdir()
    told: list[Reply] = []
    reply = await Asker(seeded.home).ask(Prompt("claude/x", "hi"), told.append)
    assert (reply.state, told[-1]) == ("failed", reply)
    assert "gateway.token cannot be read" in reply.error
