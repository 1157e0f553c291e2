"""100,000 requests in the database cost nothing to look at."""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.clock import FixedClock
from router_core.store import traces
from router_core.store.database import transaction
from router_core.store.trace_rows import REQUEST_COLUMNS
from router_core.trace.record import Usage
from tests.support.machine import slowness
from tests.tui.conftest import NOW
from tests.tui.screen import row_with, shows, until
from tests.tui.seed import Seeded, add_tokens, finish, open_home, record_of
from tests.tui.watching import Watched, until_painted
from tui.app import RouterApp
from tui.pages import PAGES
from tui.widgets.request_table import RequestTable

pytestmark = pytest.mark.slow  # each test draws a whole app many times

MANY = 100_000
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    with open_home(tmp_path_factory.mktemp("many") / "home", FixedClock(NOW)) as home:
        add_tokens(home)
        first = finish(
            record_of(f"01a{0:012}", NOW - MANY * 10, model="model-0"), after_s=3, ttft_s=1, usage=Usage(10, 20, 3000)
        )
        same = ", ".join(name for name in REQUEST_COLUMNS if name not in ("id", "started_at", "finished_at", "model"))
        with transaction(home.traces) as connection:
            traces.write_started(connection, first)
            connection.execute(
                "with recursive numbers(n) as (values (1) union all select n + 1 from numbers where n < ? - 1)"
                f" insert into requests (id, started_at, finished_at, model, {same})"
                " select printf('01a%012d', n), started_at + n * 10000, finished_at + n * 10000, 'model-' || n,"
                f" {same} from requests, numbers where id = ?",
                [MANY, first.id],
            )
        yield home


AIM_MS = 50
"""Of CPU: 12 to 23 were measured. The time that passes is what `scripts/bench` measures."""
LAG_S = 0.1
"""What a person begins to feel; beside a busy neighbour 53 ms were seen."""
KEYS = ["down"] * 60 + ["pagedown"] * 40 + ["up"] * 20 + ["end", "home"] * 5


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["80x24", "200x60"])
async def test_keys_are_answered_at_once(many: Seeded, size: tuple[int, int]) -> None:
    gc.collect()
    gc.freeze()  # as __main__ does; the test run's own heap is much larger still
    rounds = []
    while len(rounds) < 3 and not (rounds and rounds[-1][0] < LAG_S):  # again: other processes may have had the machine
        begun = time.perf_counter()
        async with Watched(many.home, NOW, first="Requests").run_test(size=size) as pilot:
            await shows(pilot, f"model-{MANY - 1}", "of 100,000")
            started = time.perf_counter() - begun
            times = []
            for key in KEYS:
                assert isinstance(pilot.app, Watched)
                times.append((await until_painted(pilot.app, key))[0] / 1000)
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


async def test_every_page_answers_while_50_requests_a_second_come_in(many: Seeded) -> None:
    """What a million are like is measured by `scripts/bench --only tui`; here it is the work that counts, which other
    processes cannot add to: the CPU of the app's own thread. The memory is that of the whole process."""
    command = [sys.executable, "-m", "tests.tui.watching", str(many.home.path), "keys", str(NOW)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    reading = asyncio.create_task(process.communicate())
    number = 0
    while not reading.done():
        with transaction(many.traces) as connection:
            for _ in range(5):
                number += 1
                record = record_of(f"02a{number:012}", NOW, model="claude-new", session="live")
                traces.write_started(connection, record)
        await asyncio.sleep(0.1)
    told = json.loads((await reading)[0].splitlines()[-1])
    with transaction(many.traces) as connection:
        connection.execute("delete from requests where model = 'claude-new'")
    pages = {page: [cpu for _, cpu in times] for page, times in told["pages"].items()}
    opening, p95 = {}, {}
    for page, (first, *others) in pages.items():
        opening[page], p95[page] = round(first), round(sorted(others)[int(len(others) * 0.95)])
    print(f"\nCPU of a key, p95: {p95} ms; of the first opening: {opening} ms; {told['memory_mb']:.0f} MB")
    assert len(pages) == len(PAGES)
    slow = slowness()
    assert max(p95.values()) < AIM_MS * slow
    assert max(opening.values()) < LAG_S * 1000 * slow
    assert told["memory_mb"] < 200


async def test_200_events_a_second_are_painted_together(many: Seeded) -> None:
    app = Watched(many.home, NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "Live")
        painted = 0

        def count() -> None:
            nonlocal painted
            painted += 1

        app.post_display_hook = count  # type: ignore[method-assign]
        begun, number = time.monotonic(), 0
        while (passed := time.monotonic() - begun) < 3:
            while number < passed * 200:
                number += 1
                with transaction(many.traces) as connection:
                    record = record_of(f"03a{number:012}", NOW, model="claude-new")
                    traces.write_started(connection, record)
            await asyncio.sleep(0.005)
        assert number >= 500
        assert painted / passed < 30, painted
        await until(pilot, lambda: app.context.news.running == number)
    with transaction(many.traces) as connection:
        connection.execute("delete from requests where model = 'claude-new'")
