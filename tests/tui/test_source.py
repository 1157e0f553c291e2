"""What the watching thread tells of traces.db."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from router_core.store import traces
from router_core.store.database import transaction
from router_core.trace.record import Usage
from tests.tui.seed import Seeded, finish
from tui.figures import day_of
from tui.messages import Committed, RunningChanged, TodayChanged, TraceChanged
from tui.source import Source

DEADLINE_S = 5.0


@pytest.fixture
def told(seeded: Seeded) -> Iterator[tuple[Source, list[Any]]]:
    heard: list[Any] = []
    source = Source(seeded.home, seeded.clock, heard.append)
    source.start()
    try:
        yield source, heard
    finally:
        source.stop()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def traces_in(heard: list[Any]) -> list[Any]:
    return [event.trace and event.trace.request.state for event in heard if isinstance(event, TraceChanged)]


def test_all_that_run_are_counted_and_what_has_ended_today(seeded: Seeded, told: tuple[Source, list[Any]]) -> None:
    _, heard = told
    running = [seeded.start() for _ in range(3)]
    until(lambda: any(isinstance(event, RunningChanged) and event.running == 3 for event in heard))
    seeded.write(finish(running[0], after_s=1, ttft_s=1, usage=Usage(10, 20, 30)))
    until(lambda: any(isinstance(event, RunningChanged) and event.running == 2 for event in heard))
    until(lambda: any(isinstance(event, TodayChanged) and event.usage["requests"] == 1 for event in heard))


def test_a_request_is_told_of_as_it_moves_on_until_one_looks_away(
    seeded: Seeded, told: tuple[Source, list[Any]]
) -> None:
    source, everybody = told
    record, heard = seeded.start(), list[Any]()
    source.look_at(record.id, heard.append)
    until(lambda: traces_in(heard) == ["running"])
    seeded.write(finish(record, after_s=1, ttft_s=1, usage=Usage()))
    until(lambda: traces_in(heard) == ["running", "ok"])
    source.look_away(heard.append)
    everybody.clear()
    seeded.write(finish(record, after_s=1, ttft_s=1, usage=Usage(), state="failed"))
    until(lambda: any(isinstance(event, Committed) for event in everybody))
    assert traces_in(heard) == ["running", "ok"]


def test_who_looks_away_late_does_not_end_the_look_of_another(seeded: Seeded, told: tuple[Source, list[Any]]) -> None:
    source, _ = told
    first, second = seeded.start(), seeded.start()
    before, after = list[Any](), list[Any]()
    source.look_at(first.id, before.append)
    source.look_at(second.id, after.append)
    source.look_away(before.append)  # a screen that is closed says so after the next one has opened
    until(lambda: traces_in(after) == ["running"])
    seeded.write(finish(second, after_s=1, ttft_s=1, usage=Usage()))
    until(lambda: traces_in(after) == ["running", "ok"])


def test_a_request_that_is_damaged_or_gone_is_told_of_once(seeded: Seeded, told: tuple[Source, list[Any]]) -> None:
    source, everybody = told
    record, heard = seeded.write(finish(seeded.start(), after_s=1, ttft_s=1, usage=Usage())), list[Any]()
    with transaction(seeded.traces) as connection:
        connection.execute("update attempts set edits = '{'")
    source.look_at(record.id, heard.append)
    until(lambda: heard)
    assert "damaged" in heard[0].problem
    everybody.clear()
    seeded.start()
    until(lambda: any(isinstance(event, Committed) for event in everybody))
    with transaction(seeded.traces) as connection:
        connection.execute("delete from requests where id = ?", [record.id])
    until(lambda: len(heard) > 1)
    assert [(event.trace, bool(event.problem)) for event in heard] == [(None, True), (None, False)]


def test_new_rows_are_found_without_reading_the_others(seeded: Seeded) -> None:
    plan = seeded.traces.execute(
        "explain query plan select rowid, * from requests where rowid > 5 order by rowid desc limit 500"
    ).fetchall()
    assert "rowid>?" in str(plan)


def test_usage_of_a_day_is_added_up(seeded: Seeded) -> None:
    for state in ("ok", "failed"):
        seeded.write(finish(seeded.start(), after_s=1, ttft_s=1, usage=Usage(10, 20, 30), state=state))
    usage = traces.usage_on(seeded.traces, day_of(seeded.clock.now()))
    assert (usage["requests"], usage["failures"], usage["input_tokens"], usage["cache_read_tokens"]) == (2, 1, 20, 60)
    assert traces.usage_on(seeded.traces, "1999-01-01")["requests"] == 0
