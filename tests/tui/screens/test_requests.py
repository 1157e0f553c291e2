"""The page of requests: typed filters, sorting, following, all by keys."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from router_core.clock import FixedClock
from router_core.store import trace_search
from router_core.trace.record import Usage
from tests.tui.fake_router import FakeRouter
from tests.tui.screen import row_with, rows, shows, text, until
from tests.tui.seed import Seeded, add_requests, add_tokens, finish, record_of
from tui.app import RouterApp
from tui.records import RequestRow
from tui.widgets import request_table
from tui.widgets.request_cells import SPINNER
from tui.widgets.request_table import RequestTable

pytestmark = pytest.mark.slow  # each test draws a whole app many times

SMALL, MIDDLE = (80, 24), (120, 40)


def table(pilot: Pilot[None]) -> RequestTable:
    assert isinstance(pilot.app, RouterApp)
    return pilot.app.page("Requests").query_one(RequestTable)


def models(pilot: Pilot[None]) -> list[str]:
    return [row.model for row in table(pilot).rows]


def add_six(seeded: Seeded) -> None:
    """Models 0 to 5, the newest last; every other one of another token, the third one failed."""
    for number in range(6):
        record = record_of(
            seeded.next_id(), seeded.clock.now() - 600 + number * 60, model=f"model-{number}",
            token="my work" if number % 2 else "max-anna", project=f"/home/anna/p{number % 3}",
        )  # fmt: skip
        fields: dict[str, object] = {"cost_nano_usd": 1000 * (number * 7 % 5), "billing": "metered"}
        if number == 3:
            fields |= {"state": "failed", "status": 429, "error": "no quota is left"}
        usage = Usage(10 * (number * 5 % 7), 5)
        seeded.write(finish(record, after_s=1 + number * 3 % 7, ttft_s=0.5, usage=usage, **fields))


FILTERS = [
    ("model:model-4", [4]),
    ("status:4xx", [3]),
    ("state:fail", [3]),
    ('token:"my work"', [5, 3, 1]),
    ("project:p1", [4, 1]),
    ("quota", [3]),
    ("token:max project:p2", [2]),
    ("model:nothing", []),
]


async def test_a_typed_filter_keeps_what_fits(seeded: Seeded, router: FakeRouter) -> None:
    add_six(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=SMALL) as pilot:
        await pilot.press("3")
        await shows(pilot, "model-5", "of 6 · following")
        await pilot.press("slash")
        entry = pilot.app.screen.query_one("#filter-input", Input)
        for typed, found in FILTERS:
            entry.value = typed
            expected = [f"model-{number}" for number in found]
            await until(pilot, lambda expected=expected: models(pilot) == expected, typed)  # type: ignore[misc]
        await shows(pilot, "No request matches", "Esc clears it")
        await pilot.press("enter", "escape")
        await shows(pilot, "of 6 · following")


async def test_names_and_values_are_completed_and_hints_say_what_may_come(seeded: Seeded, router: FakeRouter) -> None:
    add_six(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=MIDDLE) as pilot:
        await pilot.press("3")
        await shows(pilot, "model-5", "/ to filter: model:opus status:429")
        await pilot.press("slash")
        await shows(pilot, "words, or model: provider: token:")
        await pilot.press(*"tok")
        await shows(pilot, "Tab token:")
        await pilot.press("tab", "m")
        await shows(pilot, 'Tab token:"my work"')
        await pilot.press("tab")
        await until(pilot, lambda: models(pilot) == ["model-5", "model-3", "model-1"])
        await pilot.press(*" status:")
        await shows(pilot, "Tab status:200  status:429")
        await pilot.press(*"9")
        await shows(pilot, "status:9 is no HTTP status; try 429 or 4xx")
        await pilot.press("backspace", *"429", "enter")
        await until(pilot, lambda: models(pilot) == ["model-3"])
        await until(pilot, lambda: "Tab" not in text(pilot))
        await shows(pilot, 'token:"my work" status:429', "1–1 of 1 matching")


async def test_the_list_is_filtered_by_a_value_of_the_chosen_request(seeded: Seeded, router: FakeRouter) -> None:
    add_six(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=SMALL) as pilot:
        await pilot.press("3")
        await shows(pilot, "model-5")
        await pilot.press("equals_sign")
        await shows(pilot, "Only requests with the same …", " t  token    my work")
        await pilot.press("t")
        await until(pilot, lambda: models(pilot) == ["model-5", "model-3", "model-1"])
        await pilot.press("down", "equals_sign")
        await shows(pilot, " u  status   429")
        await pilot.press("u")
        await until(pilot, lambda: models(pilot) == ["model-3"])
        await pilot.press("equals_sign", "t")
        await until(pilot, lambda: models(pilot) == ["model-3"] and 'token:"my work"' not in text(pilot))
        await pilot.press("equals_sign", "down", "down", "enter")
        await shows(pilot, "status:429 session:5f1c20de-8a44")


async def test_sorted_the_greatest_come_first(seeded: Seeded, router: FakeRouter) -> None:
    add_six(seeded)
    sorts: list[tuple[str, Callable[[RequestRow], int]]] = [
        ("the longest first", lambda row: row.total_ms or 0),
        ("the most tokens first", lambda row: (row.prompt_tokens or 0) + (row.output_tokens or 0)),
        ("the dearest first", lambda row: row.cost_nano_usd or 0),
        ("following", lambda row: row.started_at),
    ]
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=SMALL) as pilot:
        await pilot.press("3")
        await shows(pilot, "model-5")
        for title, key in sorts:
            await pilot.press("s")
            await shows(pilot, title)
            await until(pilot, lambda: len(table(pilot).rows) == 6)
            keys = [key(row) for row in table(pilot).rows]
            assert keys == sorted(keys, reverse=True), title
        await pilot.press("s", "f")
        await shows(pilot, "following")


async def test_titles_of_columns_sort_when_clicked(seeded: Seeded, router: FakeRouter) -> None:
    add_six(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=MIDDLE) as pilot:
        await pilot.press("3")
        await shows(pilot, "model-5", "TOTAL")
        y = next(y for y, row in enumerate(rows(pilot)) if "TOTAL" in row)
        await pilot.click(offset=(rows(pilot)[y].index("TOTAL"), y))
        await shows(pilot, "the longest first", "of all requests")
        await pilot.click(offset=(rows(pilot)[y].index("TOTAL"), y))
        await shows(pilot, "following")


async def test_new_requests_come_in_while_filtered_and_while_sorted(
    seeded: Seeded, router: FakeRouter, clock: FixedClock
) -> None:
    add_six(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=clock).run_test(size=SMALL) as pilot:
        await pilot.press("3")
        await shows(pilot, "model-5", "of 6")
        record = seeded.start(model="model-new", token="other")
        await until(pilot, lambda: row_with(pilot, "model-new").startswith(tuple(SPINNER)))
        await shows(pilot, "of 7")
        await pilot.press("slash", *"token:other", "enter")
        await until(pilot, lambda: models(pilot) == ["model-new"])
        seeded.start(model="model-hidden", token="max-anna")
        shown = seeded.start(model="model-shown", token="other")
        await until(pilot, lambda: models(pilot) == ["model-shown", "model-new"])
        seeded.write(finish(record, after_s=2.5, ttft_s=0.5, usage=Usage(7, 4321)))
        await until(pilot, lambda: "2.50s" in row_with(pilot, "model-new"))
        await pilot.press("s")
        await shows(pilot, "the longest first")
        seeded.write(finish(shown, after_s=90, ttft_s=0.5, usage=Usage(7, 4)))
        late = finish(seeded.start(model="model-late", token="other"), after_s=50, ttft_s=1, usage=Usage(1, 1))
        seeded.write(late)
        await until(pilot, lambda: set(models(pilot)) == {"model-shown", "model-new", "model-late"})
        await pilot.press("escape")
        await until(pilot, lambda: models(pilot)[:3] == ["model-shown", "model-late", "model-2"])


async def test_what_a_long_following_let_go_comes_back_when_scrolled_to(
    seeded: Seeded, router: FakeRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_table, "KEEP_WHILE_FOLLOWING", 4)
    add_six(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=SMALL) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: len(models(pilot)) == 6)
        seeded.start(model="model-6")
        await until(pilot, lambda: models(pilot) == ["model-6", "model-5", "model-4", "model-3"])
        await pilot.press("end")
        await until(pilot, lambda: models(pilot) == [f"model-{number}" for number in range(6, -1, -1)])


async def test_a_search_far_back_says_how_far_it_has_come_and_finds_it(
    seeded: Seeded, router: FakeRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_search, "STRETCH", 3)
    add_requests(seeded, 30)
    old = record_of("01a", seeded.clock.now() - 80_000, model="model-old", error="a needle")
    seeded.write(finish(old, after_s=1, ttft_s=0.5, usage=Usage(1, 1)))
    titles: set[str] = set()
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=MIDDLE) as pilot:
        await pilot.press("3")
        await shows(pilot, "claude-opus-4-5", "of 34")
        before = table(pilot).set_searching
        monkeypatch.setattr(table(pilot), "set_searching", lambda how: (titles.add(how), before(how)))
        await pilot.press("slash", *"needle", "enter")
        await until(pilot, lambda: models(pilot) == ["model-old"])
        await shows(pilot, "1–1 of 1 matching")
        assert any(title.startswith("looked back to ") for title in titles)


async def test_requests_lead_to_their_detail_and_back(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    add_six(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=SMALL) as pilot:
        await pilot.press("3")
        await shows(pilot, "model-5")
        await pilot.press("down", "enter")
        await shows(pilot, "claude/model-4 with token max-anna")
        await pilot.press("escape")
        await shows(pilot, "Requests · ", "f follows")
        app = pilot.app
        assert isinstance(app, RouterApp)
        app.go("Requests", "request:" + table(pilot).rows[0].id)
        await shows(pilot, "claude/model-5 with token my work")
        app.go("Requests", "model:model-2")
        await until(pilot, lambda: models(pilot) == ["model-2"])


async def test_without_a_database_it_says_so_and_shows_it_once_it_is_there(clock: FixedClock, seeded: Seeded) -> None:
    seeded.traces.conn.close()
    for file in seeded.home.path.glob("traces.db*"):
        file.unlink()
    async with RouterApp(seeded.home, first="Requests", clock=clock).run_test(size=SMALL) as pilot:
        await pilot.press("3")
        await shows(pilot, "No requests yet", "The database /")
