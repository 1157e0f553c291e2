"""100,000 requests in the database cost nothing to look at."""

import asyncio
import gc
import time
from collections.abc import Iterator

import pytest
from textual import events
from textual.pilot import Pilot

from router_core.clock import FixedClock
from router_core.store import traces
from router_core.store.database import transaction
from router_core.trace.record import Usage
from tests.tui.conftest import NOW
from tests.tui.screen import row_with, shows, until
from tests.tui.seed import Seeded, add_tokens, finish, open_home, record_of
from tui.app import RouterApp
from tui.widgets.request_table import RequestTable

pytestmark = pytest.mark.slow  # each test draws a whole app many times

MANY = 100_000


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    with open_home(tmp_path_factory.mktemp("many") / "home", FixedClock(NOW)) as home:
        add_tokens(home)
        with transaction(home.traces) as connection:
            for number in range(MANY):
                record = record_of(f"01a{number:012}", NOW - (MANY - number) * 10, model=f"model-{number}")
                traces.write_started(connection, finish(record, after_s=3, ttft_s=1, usage=Usage(10, 20, 3000)))
        yield home


class Watched(RouterApp):
    """Notes when something has been painted."""

    def __init__(self, seeded: Seeded) -> None:
        super().__init__(seeded.home, first="Requests", clock=seeded.clock)
        self.painted = asyncio.Event()

    def post_display_hook(self) -> None:
        self.painted.set()


async def until_painted(pilot: Pilot[None], key: str) -> float:
    """Seconds from the key's arrival until the terminal codes of the screen that answers it are made."""
    app = pilot.app
    assert isinstance(app, Watched)
    assert app._driver is not None
    app.painted.clear()
    start = time.perf_counter()
    event = events.Key(key, None)
    event.set_sender(app)
    app._driver.send_message(event)
    await asyncio.wait_for(app.painted.wait(), 5)
    # without a terminal the last step is left out: do it here, for the whole screen
    update = app.screen._compositor.render_update(full=True)
    update.render_segments(app.console)  # type: ignore[union-attr]
    return time.perf_counter() - start


AIM_S = 0.05
"""What an idle machine keeps: 20 to 45 ms were measured."""
LAG_S = 0.1
"""What a person begins to feel; beside a busy neighbour 53 ms were seen."""
KEYS = ["down"] * 60 + ["pagedown"] * 40 + ["up"] * 20 + ["end", "home"] * 5 + ["tab"] * 4


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["80x24", "200x60"])
async def test_keys_are_answered_at_once(many: Seeded, size: tuple[int, int]) -> None:
    gc.collect()
    gc.freeze()  # as __main__ does; the test run's own heap is much larger still
    rounds = []
    while len(rounds) < 3 and not (rounds and rounds[-1][0] < AIM_S):  # again: other processes may have had the machine
        begun = time.perf_counter()
        async with Watched(many).run_test(size=size) as pilot:
            await shows(pilot, f"model-{MANY - 1}", "of 100,000", "● max-anna")
            started = time.perf_counter() - begun
            times = []
            for key in KEYS:
                times.append(await until_painted(pilot, key))
                await asyncio.sleep(0.002)
        times.sort()
        rounds.append((times[int(len(times) * 0.95)], times[len(times) // 2], started))
    gc.unfreeze()
    for p95, half, started in rounds:
        print(
            f"\n{size}: start {started * 1000:.0f} ms; key to paint p50 {half * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms"
        )
    assert min(p95 for p95, _, _ in rounds) < LAG_S
    assert min(started for _, _, started in rounds) < 1.0


async def test_older_pages_come_while_scrolling(many: Seeded) -> None:
    async with RouterApp(many.home, first="Requests", clock=many.clock).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "of 100,000")
        requests = pilot.app.screen.query_one(RequestTable)
        assert len(requests.rows) == 500
        for page in range(2, 6):
            await pilot.press("end")
            await until(pilot, lambda page=page: len(requests.rows) >= 500 * page)  # type: ignore[misc]
        ids = [row.id for row in requests.rows]
        assert ids == sorted(set(ids), reverse=True)
        assert [row.model for row in requests.rows] == [f"model-{MANY - 1 - n}" for n in range(len(ids))]


async def test_rare_words_are_found_among_all(many: Seeded) -> None:
    async with RouterApp(many.home, first="Requests", clock=many.clock).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "of 100,000")
        await pilot.press("slash", *"model-4242 anna")
        await shows(pilot, "11 matching")  # model-4242 and model-42420 to 42429
        assert row_with(pilot, "model-42429 ")


async def test_new_requests_are_seen_within_250_ms_among_all(many: Seeded) -> None:
    async with RouterApp(many.home, first="Requests", clock=many.clock).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "of 100,000")
        waits = []
        for number in range(8):
            await asyncio.sleep(0.013 * number)  # at any moment between two looks
            many.start(model=f"claude-new-{number}")
            waits.append(await until(pilot, lambda n=number: row_with(pilot, f"claude-new-{n}")))  # type: ignore[misc]
        print(f"\ncommit to screen: {[round(wait * 1000) for wait in waits]} ms")
        assert sorted(waits)[-2] < 0.25, waits
    with transaction(many.traces) as connection:
        connection.execute("delete from requests where model like 'claude-new%'")
