"""What the live view is made of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.clock import FixedClock
from router_core.store.live import MINUTE_MS, Minute, count_running, minutes, running
from router_core.trace.record import Usage
from tests.tui.seed import Seeded, finish, open_home


@pytest.fixture
def seeded(tmp_path: Path) -> Iterator[Seeded]:
    with open_home(tmp_path / "home", FixedClock(1_795_201_751.0)) as home:
        yield home


def test_minutes_add_up_what_began_in_them(seeded: Seeded) -> None:
    begun = round(seeded.clock.now() * 1000) // MINUTE_MS * MINUTE_MS

    def add(after_s: float, **fields: object) -> None:
        record = seeded.start()
        record.started_at = begun / 1000 + after_s
        seeded.write(finish(record, after_s=1, ttft_s=1, usage=Usage(1, 20, 300, 4000, 50000, 7), **fields))

    for after_s, state in ((0, "ok"), (59, "failed"), (59.5, "client_closed"), (60, "refused"), (-1, "lost")):
        add(after_s, state=state)
    running = seeded.start()
    running.started_at = begun / 1000 + 61
    seeded.write(running)
    assert minutes(seeded.traces, begun - MINUTE_MS, begun + 2 * MINUTE_MS) == {
        begun - MINUTE_MS: Minute(1, 1, 54_321),
        begun: Minute(3, 1, 3 * 54_321),
        begun + MINUTE_MS: Minute(2, 1, 54_321),
    }
    assert list(minutes(seeded.traces, begun, begun + MINUTE_MS)) == [begun]


def test_only_the_requests_of_the_span_are_read(seeded: Seeded) -> None:
    plan = seeded.traces.execute(
        "explain query plan select started_at / 60000, count(*) from requests"
        " where started_at >= ? and started_at < ? group by 1",
        (1, 2),
    ).fetchall()
    assert "requests_started" in str(plan)


def test_what_runs_is_found_among_all_newest_first(seeded: Seeded) -> None:
    ids = []
    for number in range(3):
        seeded.write(finish(seeded.start(), after_s=1, ttft_s=1, usage=Usage(), state=("ok", "failed", "lost")[number]))
        record = seeded.start()
        record.started_at += number
        ids.append(seeded.write(record).id)
    assert [row["id"] for row in running(seeded.traces, 10)] == ids[::-1]
    assert [row["id"] for row in running(seeded.traces, 1)] == ids[-1:]
    assert count_running(seeded.traces) == 3
    plan = seeded.traces.execute(
        "explain query plan select * from requests where state <> 'ok' and state = 'running'"
        " order by started_at desc limit 10"
    ).fetchall()
    assert "requests_state" in str(plan)
    assert "B-TREE" not in str(plan)
