"""The app as a whole, driven by a pilot over seeded databases."""

import re
import sqlite3
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from router_core.clock import FixedClock, SystemClock
from router_core.home import Home
from router_core.trace.record import Usage
from tests.tui.fake_router import FakeRouter
from tests.tui.screen import row_with, rows, shows, text, until
from tests.tui.seed import Seeded, add_requests, add_tokens, failed_over, finish, open_home, record_of
from tui.app import RouterApp
from tui.widgets.request_cells import SPINNER
from tui.widgets.request_table import RequestTable
from tui.widgets.token_table import TokenTable

pytestmark = pytest.mark.slow  # each test draws a whole app many times

SMALL, LARGE = (80, 24), (200, 60)


def table(pilot: Pilot[None]) -> RequestTable:
    assert isinstance(pilot.app, RouterApp)
    return pilot.app.screen_stack[0].query_one(RequestTable)


async def laid_out(pilot: Pilot[None]) -> None:
    """The line above the requests has got its own height: nothing moves any more."""
    await until(pilot, lambda: rows(pilot)[3].startswith("─Requests"))


def requests_seen(pilot: Pilot[None]) -> int:
    return sum(1 for row in rows(pilot) if re.match(r". \d\d:\d\d:\d\d ", row))


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x60"])
async def test_requests_are_readable(seeded: Seeded, router: FakeRouter, size: tuple[int, int], light: bool) -> None:
    add_tokens(seeded)
    add_requests(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock, light=light).run_test(size=size) as pilot:
        await shows(pilot, router.address, "50.1k", "~$0.05727")
        await laid_out(pilot)
        failed_over_row = row_with(pilot, "claude-opus-4-5")
        assert "✓" in failed_over_row
        assert " 2 " in failed_over_row
        assert "7.31s" in failed_over_row
        assert "50.1k" in failed_over_row
        assert ("WHY" in text(pilot)) == (size == LARGE)
        await until(pilot, lambda: f"Requests · 1–{requests_seen(pilot)} of 43 · following" in text(pilot))
        assert "q quit" in rows(pilot)[-1]
        assert all(len(row) <= size[0] for row in rows(pilot))


async def test_new_request_is_seen_within_250_ms_and_then_finishes(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    add_requests(seeded, 30)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, "claude-opus-4-5", router.address)
        waits = []
        for number in range(5):
            record = seeded.start(model=f"claude-new-{number}", token="")
            waits.append(await until(pilot, lambda n=number: row_with(pilot, f"claude-new-{n}")))  # type: ignore[misc]
            assert row_with(pilot, record.model)[0] in SPINNER
            seeded.write(finish(record, after_s=2.5, ttft_s=0.5, usage=Usage(7, 4321)))
            await until(pilot, lambda: "2.50s" in row_with(pilot, record.model))  # noqa: B023 - awaited here
            assert "✓" in row_with(pilot, record.model)
            assert "4.3k" in row_with(pilot, record.model)
        assert sorted(waits)[2] < 0.25, waits


async def test_elapsed_time_of_a_running_request_goes_on(seeded: Seeded, clock: FixedClock, router: FakeRouter) -> None:
    seeded.start(model="claude-slow")
    async with RouterApp(seeded.home, first="Requests", clock=clock).run_test(size=SMALL, notifications=True) as pilot:
        await shows(pilot, "0.0s")
        clock.advance(12.3)
        await shows(pilot, "12.3s")
        clock.advance(60)
        await shows(pilot, "1m12s")


async def test_failed_request_is_coloured(seeded: Seeded, router: FakeRouter) -> None:
    add_requests(seeded, 12)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=LARGE) as pilot:
        await shows(pilot, "failed", "running")
        strips = pilot.app.screen._compositor.render_strips()
        segments = [segment for strip in strips for segment in strip if segment.style]
        words = ("failed", "ok ", "running ", "closed")
        colours = [next(s.style.color for s in segments if s.style and s.text.startswith(word)) for word in words]
        assert len(set(colours)) == len(words)


async def test_keys_change_the_chosen_token_through_the_router(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    async with RouterApp(seeded.home, first="Tokens", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, "● max-anna", router.address)
        await pilot.press("e")
        await until(pilot, lambda: "disabled" in row_with(pilot, "○ max-anna"))
        await pilot.press("down", "plus", "plus", "minus", "plus")
        await until(pilot, lambda: " 22 " in row_with(pilot, "◐ max-ben"))
        await until(pilot, lambda: len(router.calls) == 5)
        assert router.calls == [
            ("PATCH", "/api/tokens/max-anna", {"enabled": False}),
            ("PATCH", "/api/tokens/max-ben", {"priority": 21}),
            ("PATCH", "/api/tokens/max-ben", {"priority": 22}),
            ("PATCH", "/api/tokens/max-ben", {"priority": 21}),
            ("PATCH", "/api/tokens/max-ben", {"priority": 22}),
        ]


async def test_cursor_stays_on_its_token_when_the_order_changes(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    anna = seeded.tokens.named("max-anna")
    seeded.tokens.save(replace(anna, priority=18))
    async with RouterApp(seeded.home, first="Tokens", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, "● max-anna", router.address, " 18 ")
        assert text(pilot).index("● max-anna") < text(pilot).index("◐ max-ben")
        await pilot.press(*["plus"] * 4)
        await until(pilot, lambda: " 22 " in row_with(pilot, "● max-anna"))
        chosen = pilot.app.screen.query_one(TokenTable).selected
        assert chosen is not None
        assert chosen.name == "max-anna"
        assert text(pilot).index("◐ max-ben") < text(pilot).index("● max-anna")


async def test_token_is_tested_and_says_so_meanwhile(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    router.may_answer.clear()
    async with RouterApp(seeded.home, first="Tokens", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, "● max-anna", router.address)
        await pilot.press("t")
        await until(pilot, lambda: "testing" in row_with(pilot, "◌ max-anna"))
        router.may_answer.set()
        await shows(pilot, "answered in 412 ms")
        await until(pilot, lambda: "healthy" in row_with(pilot, "● max-anna"))
        assert router.calls == [("POST", "/api/tokens/max-anna/test", {})]


async def test_usage_is_asked_for_with_a_key(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    async with RouterApp(seeded.home, first="Tokens", clock=seeded.clock).run_test(
        size=LARGE, notifications=True
    ) as pilot:
        await shows(pilot, "● max-anna", router.address)
        await pilot.press("u")
        await shows(pilot, "Usage of 1 of 2 tokens was asked for")
        assert router.calls == [("GET", "/api/usage?refresh=1", {})]


async def test_refusal_of_the_router_is_shown(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    router.refuse_with = "No such \x1b[31mtoken [bold]here"
    async with RouterApp(seeded.home, first="Tokens", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, "● max-anna", router.address)
        await pilot.press("e")
        await shows(pilot, "No such token [bold]here")


async def test_router_down_is_said_with_the_remedy_and_data_is_still_shown(seeded: Seeded) -> None:
    add_tokens(seeded)
    add_requests(seeded, 10)
    async with RouterApp(seeded.home, first="Tokens", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, "The router is not running", " start ", "● max-anna")
        await pilot.press("3")
        await until(
            pilot, lambda: row_with(pilot, "gpt-5.2-codex").startswith("? ")
        )  # what ran at its end runs no more
        await pilot.press("2")
        await shows(pilot, "● max-anna")
        await pilot.press("e")
        await until(pilot, lambda: text(pilot).count("The router is not running") == 2)  # the answer to the key
        with FakeRouter(seeded.home, seeded.tokens) as router:
            await shows(pilot, router.address)
            await until(pilot, lambda: "not running" not in rows(pilot)[1])
        await shows(pilot, "The router is not running")


async def test_stale_address_is_not_taken_for_a_running_router(seeded: Seeded) -> None:
    with FakeRouter(seeded.home, seeded.tokens) as router:
        note = seeded.home.running.read_text()
    seeded.home.running.write_text(note)  # left by a killed router, whose process id another program has now
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, f"The router does not answer on {router.address}")


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x60"])
async def test_home_without_databases_says_what_to_do_first_and_wakes_up_later(
    tmp_path: object, clock: FixedClock, seeded: Seeded, size: tuple[int, int]
) -> None:
    home = Home(seeded.home.path.parent / "fresh").ensure()
    async with RouterApp(home, first="Tokens", clock=clock).run_test(size=size) as pilot:
        await shows(pilot, "No token yet", " token add NAME", " demo", "--home")
        await pilot.press("3")
        await shows(pilot, "No requests yet")
        with open_home(home.path, clock) as fresh:
            add_tokens(fresh)
            add_requests(fresh, 5)
            await shows(pilot, "claude-opus-4-5")
            await pilot.press("2")
            await shows(pilot, "● max-anna")
        assert "No token yet" not in text(pilot)


async def test_filter_finds_words_everywhere_and_escape_clears_it(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    add_requests(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=LARGE) as pilot:
        await shows(pilot, "claude-opus-4-5")
        await pilot.press("slash", *"OPUS anna")
        await until(pilot, lambda: len(table(pilot).rows) == 1)
        assert "1 matching" in text(pilot)
        await pilot.press("enter", "enter")
        await shows(pilot, "window_exhausted")
        await pilot.press("escape")
        await pilot.press("escape")
        await until(pilot, lambda: len(table(pilot).rows) == 43)
        await pilot.press("slash", *"100%_")
        await shows(pilot, "No request matches 100%_")


async def test_filter_lets_in_what_comes_to_match(seeded: Seeded, router: FakeRouter) -> None:
    record = seeded.start(model="claude-late")
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, "claude-late")
        await pilot.press("slash", *"refused", "enter")
        await until(pilot, lambda: table(pilot).rows == [])
        seeded.start(model="claude-other")
        seeded.write(finish(record, after_s=1, ttft_s=None, usage=Usage(), state="refused", status=403))
        await until(pilot, lambda: [row.model for row in table(pilot).rows] == ["claude-late"])


async def test_moving_stops_following_and_the_view_stays(seeded: Seeded, router: FakeRouter) -> None:
    for number in range(40):
        seeded.write(record_of(f"00{number:03}", seeded.clock.now(), model=f"model-{number:03}"))
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, "following", "model-039")
        await pilot.press(*["down"] * 20)
        await until(pilot, lambda: "model-019" in text(pilot))
        before = [row[1:40] for row in rows(pilot) if "model-0" in row]
        for number in range(3):
            seeded.start(model=f"newer-{number}")
            await shows(pilot, f"{number + 1} new above")
        assert [row[1:40] for row in rows(pilot) if "model-0" in row] == before
        assert table(pilot).rows[table(pilot).cursor].model == "model-019"
        await pilot.press("f")
        await shows(pilot, "following", "newer-2")
        seeded.start(model="newest")
        await shows(pilot, "newest")
        assert table(pilot).cursor == 0


async def test_detail_of_a_running_request_goes_on(seeded: Seeded, clock: FixedClock, router: FakeRouter) -> None:
    record = seeded.start(model="claude-slow")
    async with RouterApp(seeded.home, first="Requests", clock=clock).run_test(size=SMALL, notifications=True) as pilot:
        await shows(pilot, "claude-slow")
        await pilot.press("enter")
        await shows(pilot, "0ms so far")
        clock.advance(3)
        await shows(pilot, "3.00s so far")
        seeded.write(finish(record, after_s=5, ttft_s=1, usage=Usage(1, 2)))
        await shows(pilot, "5.00s in all", "200 answered")


async def test_tabs_keys_and_rows_work_with_the_mouse(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    for number in range(5):
        seeded.write(record_of(f"00{number:03}", seeded.clock.now(), model=f"model-{number:03}"))
    failed_over(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, router.address, "model-000")
        await laid_out(pilot)
        place = next(y for y, row in enumerate(rows(pilot)) if "claude-opus-4-5" in row)
        await pilot.click(offset=(5, place), times=2)
        await shows(pilot, "Answered by")
        await pilot.click(offset=(rows(pilot)[1].index("Headers"), 1))
        await shows(pilot, "[redacted]")
        await pilot.click(offset=(rows(pilot)[-1].index("Esc"), 23))
        await shows(pilot, "Requests · ")


async def test_control_characters_and_markup_of_strangers_do_nothing(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    evil = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202e[bold]x[/bold]\r\n"
    record = failed_over(seeded, ago_s=3)
    record.model = record.error = record.because = record.client = record.session = evil
    record.attempts[0].reason = record.attempts[0].outcome = evil
    record.attempts[0].response_headers = [("x-evil", evil)]
    record.decision, record.attempts[0].edits = [(evil, evil)], [(evil, evil)]
    record.losses = [(evil, evil)]
    record.scenario = record.project = record.agent = record.client_key = record.attempts[0].affinity = evil
    seeded.write(record)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=LARGE) as pilot:
        await shows(pilot, "red2J[bold]x[/bold]")
        screens = [text(pilot)]
        await pilot.press("enter")
        await shows(pilot, "next_token · red2J[bold]x[/bold]")
        screens.append(text(pilot))
        for key, part in (("2", "red2J"), ("3", "red2J"), ("6", "prices in USD"), ("7", "x-evil")):
            await pilot.press(key)
            await shows(pilot, part)
            screens.append(text(pilot))
        for screen in screens:
            assert not set(screen) & {"\x1b", "\x07", "\x9b", "\r", "\u202e"}


async def test_theme_and_help_keys(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    async with RouterApp(seeded.home, first="Tokens", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, "max-anna")

        def background() -> object:
            style = next(iter(pilot.app.screen._compositor.render_strips()[12])).style
            return style.bgcolor if style else None

        dark = background()
        await pilot.press("d")
        await until(pilot, lambda: background() != dark)
        await pilot.press("question_mark")
        await shows(pilot, "Keys of")
        await pilot.press("end")
        await shows(pilot, "one stored credential of a provider")
        await pilot.press("escape")
        await shows(pilot, "max-anna")


async def test_database_replaced_under_the_app_is_read_afresh(seeded: Seeded, router: FakeRouter) -> None:
    seeded.start(model="claude-before")
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(
        size=SMALL, notifications=True
    ) as pilot:
        await shows(pilot, "claude-before")
        seeded.traces.conn.close()
        for path in seeded.home.path.glob("traces.db*"):
            path.unlink()
        with sqlite3.connect(seeded.home.traces_db) as damaged:
            damaged.execute("create table other (x)")
        damaged.close()
        await shows(pilot, "No requests yet")
        for path in seeded.home.path.glob("traces.db*"):
            path.unlink()
        with open_home(seeded.home.path, seeded.clock) as again:
            again.start(model="claude-after")
            await shows(pilot, "claude-after")


async def test_quits_while_the_source_is_busy(seeded: Seeded) -> None:
    add_requests(seeded)
    app = RouterApp(seeded.home, first="Requests", clock=SystemClock())
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await pilot.press("slash", *"zzz", "escape", "q")
    assert app.return_code == 0
