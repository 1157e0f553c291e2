"""What is around every page: the line of pages, the palette, sanitizing, questions to the databases."""

import pytest
from textual.color import Color
from textual.command import CommandPalette
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot

from router_core.clock import FixedClock
from router_core.store import traces
from tests.tui.fake_router import FakeRouter
from tests.tui.screen import rows, shows, text, until
from tests.tui.seed import Seeded, add_requests, add_tokens
from tui.app import RouterApp
from tui.asking import Databases
from tui.pages import PAGES

pytestmark = pytest.mark.slow  # each test draws a whole app

SMALL = (80, 24)


async def test_every_page_opens_by_its_key_and_by_a_click_and_is_marked(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    app = RouterApp(seeded.home, clock=seeded.clock)
    async with app.run_test(size=SMALL) as pilot:
        await shows(pilot, router.address)
        for entry in (*PAGES[1:], PAGES[0]):
            await pilot.press("question_mark" if entry.key == "?" else entry.key)
            await until(pilot, lambda e=entry: app.shown_page is app._pages.get(e.name))  # type: ignore[misc]
            await until(pilot, lambda e=entry: f" {e.key} {e.name} " in rows(pilot)[1])  # type: ignore[misc]
            assert router.address in rows(pilot)[0]
        for entry in (*PAGES[1:], PAGES[0]):
            await pilot.click(offset=(rows(pilot)[1].index(entry.key), 1))
            await until(pilot, lambda e=entry: f" {e.key} {e.name} " in rows(pilot)[1])  # type: ignore[misc]


async def test_a_page_opens_without_reading_the_style_sheets_again_and_in_the_theme_of_now(
    seeded: Seeded, router: FakeRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Stylesheet] = []
    reparse = Stylesheet.reparse
    monkeypatch.setattr(Stylesheet, "reparse", lambda sheet: (read.append(sheet), reparse(sheet)))
    app = RouterApp(seeded.home, clock=seeded.clock, light=True)
    dim = Color.parse(app._dark.variables["dim"]).rich_color
    async with app.run_test(size=SMALL) as pilot:
        await shows(pilot, router.address, "Live")
        read.clear()
        for key, word in (("8", "log"), ("5", "1 y")):
            await pilot.press(key)
            await shows(pilot, word)
        assert not read
        await pilot.press("d")  # and what was drawn before is drawn anew
        await until(pilot, lambda: colour_of(pilot, "time ") == dim)
        assert read
        read.clear()
        await pilot.press("question_mark")
        await shows(pilot, "Keys of Statistics")
        assert not read
        assert colour_of(pilot, "Esc") == Color.parse(app._dark.primary).rich_color
        await pilot.press("8")  # one that was opened in the other theme
        await until(pilot, lambda: colour_of(pilot, " of the newest") == dim)


def colour_of(pilot: Pilot[None], word: str) -> object:
    segments = [part for strip in pilot.app.screen._compositor.render_strips() for part in strip]
    return next((part.style.color for part in segments if part.style and part.text.startswith(word)), None)


@pytest.mark.parametrize("key", ["ctrl+p", "colon"])
async def test_palette_finds_pages_and_what_keys_do(seeded: Seeded, router: FakeRouter, key: str) -> None:
    app = RouterApp(seeded.home, clock=seeded.clock)
    async with app.run_test(size=SMALL) as pilot:
        await shows(pilot, router.address)
        await pilot.press(key)
        await shows(pilot, "Go to Overview", "key 1")
        await pilot.press(*"dark or")
        await until(pilot, lambda: "Go to Overview" not in text(pilot))
        await shows(pilot, "Dark or light")
        dark = app.theme
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.theme != dark)
        assert not isinstance(app.screen, CommandPalette)


async def test_databases_answer_in_the_thread_of_the_app(seeded: Seeded, router: FakeRouter) -> None:
    add_requests(seeded, 3)
    add_tokens(seeded)
    app = RouterApp(seeded.home, clock=seeded.clock)
    found: list[object] = []

    def question(databases: Databases) -> tuple[int, list[str]]:
        return traces.count(databases.traces), [token.name for token in databases.tokens.all()]

    async with app.run_test(size=SMALL) as pilot:
        await shows(pilot, router.address)
        page = app.page("Overview")
        page.ask(question, found.append)
        await until(pilot, lambda: found)
        assert found == [(6, ["max-anna", "max-ben", "plus-anna", "work-key", "spare"])]


async def test_a_later_question_about_the_same_replaces_one_that_waits(seeded: Seeded, router: FakeRouter) -> None:
    app = RouterApp(seeded.home, clock=seeded.clock)
    found: list[int] = []
    async with app.run_test(size=SMALL) as pilot:
        await shows(pilot, router.address)
        page = app.page("Overview")
        router.may_answer.clear()
        page.ask(lambda databases: router.may_answer.wait(5), lambda answer: None)
        for number in range(3):
            page.ask(lambda databases, n=number: n, found.append, about="number")  # type: ignore[misc]
        page.ask(lambda databases: 10, found.append, about="another number")
        router.may_answer.set()
        await until(pilot, lambda: found == [2, 10])


async def test_what_cannot_be_read_is_told_and_the_next_question_is_answered(seeded: Seeded, clock: object) -> None:
    seeded.traces.conn.close()
    for file in seeded.home.path.glob("traces.db*"):
        file.unlink()
    app = RouterApp(seeded.home, clock=seeded.clock)
    told: list[object] = []
    async with app.run_test(size=SMALL) as pilot:
        await shows(pilot, "router is down")
        source = app.context.source
        source.ask(lambda databases: databases.traces, told.append, failed=lambda why: told.append(f"failed: {why}"))
        source.ask(lambda databases: len(databases.tokens.all()), told.append)
        await until(pilot, lambda: len(told) == 2)
        assert "traces.db" in str(told[0])
        assert str(told[0]).startswith("failed: ")
        assert told[1] == 0


@pytest.mark.parametrize("name", ["Tokens", "Sessions", "Statistics", "Routing"])
async def test_sums_are_not_asked_for_whenever_something_is_written(
    seeded: Seeded, clock: FixedClock, router: FakeRouter, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    add_tokens(seeded)
    app = RouterApp(seeded.home, clock=seeded.clock, first=name)
    asked: list[str] = []
    async with app.run_test(size=SMALL) as pilot:
        await shows(pilot, router.address)
        page = app.page(name)
        monkeypatch.setattr(page, "ask", lambda *question, about="": asked.append(about))
        for _ in range(10):  # they come so often in a second
            page.requests_committed()
        assert not asked
        clock.advance(3)
        await until(pilot, lambda: asked)


@pytest.mark.parametrize("watching", [False, True], ids=["question", "watch"])
async def test_a_fault_in_a_thread_ends_the_app_as_one_of_its_own_does(
    seeded: Seeded, monkeypatch: pytest.MonkeyPatch, watching: bool
) -> None:
    app = RouterApp(seeded.home, clock=seeded.clock)

    async def use() -> None:
        async with app.run_test(size=SMALL) as pilot:
            await shows(pilot, "router is down")
            if watching:
                monkeypatch.setattr(app.context.source._requests, "look", lambda: 1 / 0)
            else:
                app.page("Overview").ask(lambda databases: 1 / 0, lambda answer: None)
            await until(pilot, lambda: app._exception)

    with pytest.raises(ZeroDivisionError):
        await use()


async def test_one_page_leads_to_a_place_of_another(seeded: Seeded, router: FakeRouter) -> None:
    add_requests(seeded, 3)
    app = RouterApp(seeded.home, clock=seeded.clock)
    async with app.run_test(size=SMALL) as pilot:
        await shows(pilot, router.address, "claude-opus-4-5")
        arrived: list[str] = []
        page = app.page("Overview")
        page.arrive = arrived.append  # type: ignore[method-assign]
        await pilot.press("down", "down", "enter")
        await shows(pilot, "Attempts")
        page.go("Overview", "max-anna")
        await until(pilot, lambda: arrived == ["max-anna"])
        assert app.screen is page
        page.go("Nowhere", "max-anna")
        await pilot.pause()
        assert app.screen is page


async def test_every_page_bears_to_be_resized(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    add_requests(seeded, 5)
    app = RouterApp(seeded.home, clock=seeded.clock)
    async with app.run_test(size=SMALL) as pilot:
        await shows(pilot, router.address)
        for entry in PAGES:
            await pilot.press("escape", "question_mark" if entry.key == "?" else entry.key)
            for width, height in ((240, 70), SMALL):
                await pilot.resize_terminal(width, height)
                await until(pilot, lambda w=width, h=height: [len(rows(pilot)), len(rows(pilot)[0])] == [h, w])  # type: ignore[misc]
            await until(pilot, lambda e=entry: f" {e.key} {e.name} " in rows(pilot)[1])  # type: ignore[misc]
