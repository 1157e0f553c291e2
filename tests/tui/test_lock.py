"""The lock on the first line, and the screen that changes it."""

import pytest
from textual.pilot import Pilot

from router_core.routing.lock import Lock, LockFile
from tests.tui.fake_router import FakeRouter
from tests.tui.screen import row_with, rows, shows, text, until
from tests.tui.seed import Seeded, add_requests, add_tokens, failed_over
from tui.app import RouterApp
from tui.screens.lock import LockScreen

pytestmark = pytest.mark.slow  # each test draws a whole app many times

SMALL, LARGE = (80, 24), (240, 70)


def background_of(pilot: Pilot[None], word: str) -> object:
    for strip in pilot.app.screen._compositor.render_strips():
        for segment in strip:
            if word in segment.text and segment.style:
                return segment.style.bgcolor
    return None


def changes(router: FakeRouter) -> list[object]:
    return [body["target"] for method, path, body in router.calls if (method, path) == ("PUT", "/api/lock")]


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "240x70"])
async def test_all_routing_is_pinned_by_a_few_letters_and_let_go_again(
    seeded: Seeded, router: FakeRouter, size: tuple[int, int], light: bool
) -> None:
    add_tokens(seeded)
    add_requests(seeded, 12)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock, light=light).run_test(size=size) as pilot:
        await shows(pilot, "max-anna", router.address, "L lock", "gpt-5.2-codex")  # the requests are there, too
        await pilot.press("L")
        await shows(pilot, "Not locked: the rules decide.", "▸ codex/gpt-5.2-codex  of the chosen request")
        await shows(pilot, "the model that is asked for, there", "claude/claude-haiku-4-5", "7 to choose from")
        await pilot.press(*"5 claude", "down")
        await shows(pilot, "3 to choose from", "▸ claude/claude-sonnet-4-5")
        assert all(len(row) <= size[0] for row in rows(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "locked to claude/claude-sonnet-4-5" in rows(pilot)[0])
        colours = {background_of(pilot, "locked to"), background_of(pilot, " mitmrouter")}
        assert len(colours) == 2, "it stands out"
        await pilot.press("L")
        await shows(pilot, "locked to claude/claude-sonnet-4-5 since", "▸ Let go  the rules decide again")
        await pilot.press("enter")
        await until(pilot, lambda: "locked" not in text(pilot))
        assert changes(router) == ["claude/claude-sonnet-4-5", None]


async def test_a_request_in_detail_is_what_can_be_pinned(seeded: Seeded, router: FakeRouter) -> None:
    failed_over(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, "claude-opus-4-5", router.address)
        await pilot.press("enter")
        await shows(pilot, "✗ max-ben")
        await pilot.press("L")
        await shows(pilot, "▸ claude/claude-opus-4-5  of the chosen request")
        await pilot.press("enter")
        await shows(pilot, "▌ All routing goes to", "✗ max-ben")
        await pilot.press("escape")
        await until(pilot, lambda: "locked to claude/claude-opus-4-5" in rows(pilot)[0])


async def test_what_the_router_says_against_a_target_is_shown_where_it_was_typed(
    seeded: Seeded, router: FakeRouter
) -> None:
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, router.address)
        await pilot.press("L")
        await shows(pilot, "7 to choose from")
        router.refuse_with = "'nowhere/x' names no \x1b[31mprovider [bold]that is enabled"
        await pilot.press(*"nowhere/x")
        await shows(pilot, "▸ nowhere/x  as typed")
        await pilot.press("enter")
        await shows(pilot, "'nowhere/x' names no provider [bold]that is enabled")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, LockScreen))
        assert changes(router) == ["nowhere/x"]


async def test_a_lock_is_told_of_and_how_to_let_go_while_the_router_is_down(seeded: Seeded) -> None:
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, "router is down")
        LockFile(seeded.home.model_lock).set(Lock("codex", "", seeded.clock.now() - 60))
        await until(pilot, lambda: "router is down    locked to codex " in rows(pilot)[0])
        await pilot.press("L")
        await shows(pilot, "The router is not running. Start it:", "model unlock")
        await pilot.press("enter")
        await until(pilot, lambda: "model unlock" not in text(pilot))  # that was said of the list
        await shows(pilot, "The router is not running. Start it:")
        await pilot.press("escape")
        LockFile(seeded.home.model_lock).release()
        await until(pilot, lambda: "locked" not in text(pilot))


async def test_a_lock_that_cannot_be_read_is_told_of_and_can_be_let_go(seeded: Seeded, router: FakeRouter) -> None:
    seeded.home.model_lock.write_text("nonsense")
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await until(pilot, lambda: "lock unreadable" in rows(pilot)[0])
        await pilot.press("L")
        await shows(pilot, "holds no target", "▸ Let go")
        await pilot.press("enter")
        await until(pilot, lambda: "lock" not in rows(pilot)[0])
        assert not seeded.home.model_lock.exists()


async def test_a_long_target_leaves_the_clock_in_sight(seeded: Seeded, router: FakeRouter) -> None:
    LockFile(seeded.home.model_lock).set(Lock("openrouter", "somebody/a-model-whose-name-goes-on-and-on-for-ever", 1.0))
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await until(pilot, lambda: "locked to openrouter/somebody/" in rows(pilot)[0])
        assert "…" in row_with(pilot, "locked to")
        assert rows(pilot)[0].rstrip()[-6] == ":"
