"""Sessions: the list, the turns of one, its subagents, and the ways to a request and back."""

import threading

import orjson
import pytest

from router_core.store.sessions import SessionRow
from router_core.trace.record import BodyRecord, TraceRecord, Usage
from tests.tui.fake_router import FakeRouter
from tests.tui.screen import rows, shows, text, until
from tests.tui.seed import Seeded, add_requests, finish, record_of
from tui import session_reading
from tui.app import RouterApp
from tui.asking import Databases
from tui.screens import sessions as sessions_page
from tui.screens.detail import DetailScreen
from tui.screens.session import SessionScreen
from tui.widgets.session_table import SessionTable

pytestmark = pytest.mark.slow  # each test draws a whole app many times

SMALL, MIDDLE, LARGE = (80, 24), (120, 40), (240, 70)


def add_turn(
    seeded: Seeded, ago_s: float, said: str, answered: str, *, moved: bool = False, **fields: object
) -> TraceRecord:
    """One turn of the session `conversation-1`.

    Args:
        moved: to another token, so that what was cached is lost.
    """
    own = {
        "session": "conversation-1", "project": "/home/anna/clock", "cost_nano_usd": 2_000_000, "cost_basis": "price",
        "billing": "subscription",
    }  # fmt: skip
    usage = fields.pop("usage", Usage(100, 50, 900))
    assert isinstance(usage, Usage)
    record = record_of(seeded.next_id(), seeded.clock.now() - ago_s, **own | fields)
    record = finish(record, after_s=3, ttft_s=0.5, usage=usage)
    if moved:
        attempt = record.attempts[0]
        attempt.affinity = "away: max-anna is resting for 47m"
        attempt.cache_lost_tokens, attempt.cache_lost_nano_usd = 900, 4_000_000
    asked = {"messages": [{"role": "user", "content": "before"}, {"role": "assistant", "content": "x"},
                          {"role": "user", "content": said}]}  # fmt: skip
    answer = {"id": "m", "type": "message", "role": "assistant", "model": record.model, "stop_reason": "end_turn"}
    answer |= {"content": [{"type": "text", "text": answered}], "usage": {"input_tokens": 1, "output_tokens": 2}}
    bodies = [
        BodyRecord(record.id, kind, orjson.dumps(value), len(orjson.dumps(value)), False, "application/json")
        for kind, value in (("request", asked), ("response", answer))
    ]
    return seeded.write(record, *bodies)


def add_conversation(seeded: Seeded) -> None:
    """Three turns of the main line, the second of which lost the cache, and one of a subagent."""
    add_turn(seeded, 300, "Why does test_clock fail?", "It expects UTC.")
    add_turn(seeded, 200, "Make it pass", "Done.", moved=True, token="max-ben", usage=Usage(1000, 50, 0))
    add_turn(seeded, 150, "Look for other tests", "None found.", agent="explorer-7", cost_nano_usd=5_000_000)
    add_turn(seeded, 100, "Thanks", "You are welcome.")


async def test_older_sessions_still_come_after_a_filter_was_typed_while_they_were_read(
    seeded: Seeded, router: FakeRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        add_turn(seeded, 100 + number, "Hello", "Hi", session=f"s-{number}")
    read, may_read = threading.Event(), threading.Event()

    def slow(databases: Databases, text: str, before: int | None) -> list[SessionRow]:
        if before is not None and not text:
            read.set()
            may_read.wait(5)
        return session_reading.listed(databases, text, before)

    monkeypatch.setattr(session_reading, "PAGE", 2)
    monkeypatch.setattr(sessions_page, "PAGE", 2)
    monkeypatch.setattr(sessions_page, "listed", slow)
    async with RouterApp(seeded.home, clock=seeded.clock).run_test(size=SMALL) as pilot:
        await pilot.press("4")
        await shows(pilot, "Sessions · 2+")
        await pilot.press("down")
        await until(pilot, read.is_set)
        await pilot.press("slash", "s")
        may_read.set()
        await shows(pilot, "Sessions · 2+ matching")
        await pilot.press("enter", "end")
        await shows(pilot, "Sessions · 4+ matching")


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "240x70"])
async def test_sessions_are_listed_and_open_with_what_was_said(
    seeded: Seeded, router: FakeRouter, size: tuple[int, int]
) -> None:
    add_requests(seeded, 12)
    add_conversation(seeded)
    async with RouterApp(seeded.home, clock=seeded.clock).run_test(size=size) as pilot:
        await pilot.press("4")
        await shows(pilot, "clock", "Sessions · 3", "PROJECT", "CACHE", "COST")
        await pilot.press("slash", *"conversation", "enter")
        await shows(pilot, "Sessions · 1 matching")
        await pilot.press("enter")
        await shows(pilot, "/home/anna/clock  claude-code  conversation-1", "at list prices, $0.00 real money")
        await shows(pilot, "› Thanks", "‹ You are welcome.", "╰ subagent explorer-7")
        assert all(len(row) <= size[0] for row in rows(pilot))
        await pilot.press("end")
        await shows(pilot, "› Look for other tests", "‹ None found.")
        assert all(len(row) <= size[0] for row in rows(pilot))
        await pilot.press("home")
        await shows(pilot, "› Why does test_clock fail?", "‹ It expects UTC.", "90%")
        await shows(pilot, "! 900 cached tokens lost, $0.004000 to write them again: away: max-anna is")
        await pilot.press("escape", "escape")
        await shows(pilot, "Sessions · 3")


async def test_a_turn_leads_to_its_request_and_back_and_the_request_to_its_session(
    seeded: Seeded, router: FakeRouter
) -> None:
    add_conversation(seeded)
    app = RouterApp(seeded.home, clock=seeded.clock)
    async with app.run_test(size=MIDDLE) as pilot:
        await pilot.press("4")
        await shows(pilot, "clock")
        await pilot.press("enter")
        await shows(pilot, "› Thanks")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        await shows(pilot, "Session     conversation-1")
        await pilot.press("p")
        await shows(pilot, "with token max-ben")
        await pilot.press("n", "n")  # past the heading of the subagent
        await shows(pilot, "Subagent    explorer-7")
        await pilot.press("escape")
        await shows(pilot, "╰ subagent explorer-7")
        await pilot.press("escape", "r")
        await shows(pilot, "session:conversation-1", "of 4 matching")
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await shows(pilot, "› Make it pass")


async def test_new_turns_appear_while_it_is_open(seeded: Seeded, router: FakeRouter) -> None:
    add_turn(seeded, 300, "Why does test_clock fail?", "It expects UTC.")
    async with RouterApp(seeded.home, clock=seeded.clock).run_test(size=MIDDLE) as pilot:
        await pilot.press("4")
        await shows(pilot, "clock")
        await pilot.press("enter")
        await shows(pilot, "It expects UTC.", "1 turn ·")
        add_turn(seeded, 5, "And now?", "Now it passes.")
        await shows(pilot, "› And now?", "‹ Now it passes.", "2 turns ·")


async def test_what_is_not_kept_is_said(seeded: Seeded, router: FakeRouter) -> None:
    record = add_turn(seeded, 300, "Why?", "Because.")
    gone = add_turn(seeded, 200, "And?", "So.")
    seeded.traces.execute("delete from bodies where request_id = ?", [record.id])
    seeded.traces.execute("delete from requests where id = ?", [gone.id])
    seeded.traces.conn.commit()
    async with RouterApp(seeded.home, clock=seeded.clock).run_test(size=SMALL) as pilot:
        await pilot.press("4")
        await shows(pilot, "clock")
        await pilot.press("enter")
        await shows(pilot, "what was said is not kept any more", "Turns · 1, 1 more are not kept")


async def test_without_sessions_the_first_steps_are_told(seeded: Seeded, router: FakeRouter) -> None:
    async with RouterApp(seeded.home, clock=seeded.clock).run_test(size=SMALL) as pilot:
        await pilot.press("4")
        await shows(pilot, "No sessions yet. Clients that name theirs appear here:", "code")


async def test_sanitized_neither_names_nor_words_are_seen(seeded: Seeded, router: FakeRouter) -> None:
    add_conversation(seeded)
    async with RouterApp(seeded.home, clock=seeded.clock, sanitized=True).run_test(size=LARGE) as pilot:
        await pilot.press("4")
        await shows(pilot, "claude-code", "Sessions · 1")
        assert "clock" not in text(pilot)
        await pilot.press("enter")
        await shows(pilot, "› ••••••", "‹ •••")
        for part in ("Thanks", "welcome", "conversation-1", "/home/anna", "max-ben", "explorer-7"):
            assert part not in text(pilot), part


async def test_more_sessions_come_while_scrolling(seeded: Seeded, router: FakeRouter) -> None:
    def add(session: str, ago_s: float) -> None:
        record = record_of(seeded.next_id(), seeded.clock.now() - ago_s, session=session)
        seeded.write(finish(record, after_s=1, ttft_s=0.5, usage=Usage(1, 2)))

    for number in range(130):
        add(f"s{number:03}", 5000 - number * 10)
    app = RouterApp(seeded.home, clock=seeded.clock)
    async with app.run_test(size=MIDDLE) as pilot:
        await pilot.press("4")
        await shows(pilot, "Sessions · 100+")
        await pilot.press("end")
        await shows(pilot, "Sessions · 130")
        table = app.page("Sessions").query_one(SessionTable)
        assert [row.session for row in table.rows] == [f"s{number:03}" for number in range(129, -1, -1)]
        add("s005", 0)
        await until(pilot, lambda: table.rows[0].session == "s005" and len(table.rows) == 130)
