"""The minutes that the overview shows."""

from router_core.clock import FixedClock
from router_core.store.database import open_read_only
from router_core.store.live import Minute
from router_core.trace.record import Usage
from tests.tui.seed import Seeded, finish
from tui.last_hour import LastHour


def add(seeded: Seeded, ago_s: float, **fields: object) -> None:
    record = seeded.start()
    record.started_at = seeded.clock.now() - ago_s
    seeded.write(finish(record, after_s=1, ttft_s=1, usage=Usage(10, 5), **fields))


def test_60_minutes_end_with_this_one(seeded: Seeded) -> None:
    hour = LastHour(seeded.clock)
    add(seeded, 0)
    add(seeded, 59 * 60, state="failed")
    add(seeded, 61 * 60)
    assert list(hour.read(seeded.traces)) == [Minute(1, 1, 15), *[Minute()] * 58, Minute(1, 0, 15)]


def test_new_requests_are_seen_at_once_and_those_that_ended_late_after_a_while(
    seeded: Seeded, clock: FixedClock
) -> None:
    hour = LastHour(clock)
    assert list(hour.read(seeded.traces)) == [Minute()] * 60
    add(seeded, 1)
    add(seeded, 30 * 60)
    assert hour.read(seeded.traces)[-1] == Minute(1, 0, 15)
    assert hour.read(seeded.traces)[29] == Minute()
    clock.advance(61)
    assert [minute.requests for minute in hour.read(seeded.traces)].count(1) == 2
    clock.advance(3600)
    assert list(hour.read(seeded.traces)) == [Minute()] * 60


def test_another_database_is_read_from_the_beginning(seeded: Seeded) -> None:
    hour = LastHour(seeded.clock)
    hour.read(seeded.traces)
    add(seeded, 30 * 60)
    other = open_read_only(seeded.home.traces_db)
    assert sum(minute.requests for minute in hour.read(other)) == 1
    other.conn.close()
