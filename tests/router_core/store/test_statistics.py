"""What was used: every table gives the same sums, from any schema on, whatever is asked."""

import datetime
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from sqlite_utils import Database

from router_core.clock import to_ms
from router_core.home import Home
from router_core.store import statistics, trace_migrations, traces
from router_core.store.database import transaction
from router_core.store.statistics import Dimension, Span
from router_core.store.usage_columns import HOUR_MS, SUMMED
from router_core.store.usage_days import day_after, day_of, fold_slice
from router_core.store.usage_paths import path_group, status_text
from router_core.store.usage_source import Question, agents_source, source
from router_core.trace.record import TraceRecord, Usage
from tests.router_core.trace.make import NOW, attempt, finished, record

DAY_MS = 24 * HOUR_MS
NOW_MS = to_ms(NOW)
EVER = Span(0, NOW_MS + 1000 * DAY_MS)
DIMENSIONS: tuple[Dimension, ...] = (
    "provider", "token", "model", "project", "client", "client_key", "scenario", "session", "path",
    "status",
)  # fmt: skip


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    database = traces.open_traces(home)
    yield database
    database.close()


def _write(database: Database, *records: TraceRecord) -> None:
    with transaction(database) as connection:
        for one in records:
            traces.write_trace(connection, one)


def _some_requests(number: int, seed: int = 1) -> list[TraceRecord]:
    """Of 40 days, in no order, with all that may be missing missing sometimes."""
    chance = random.Random(seed)
    return [
        finished(
            NOW - chance.random() * 40 * 86400,
            provider=chance.choice(["claude", "codex", ""]),
            model=chance.choice(["opus", "sonnet", "gpt"]),
            token=chance.choice(["a", "b"]),
            session=chance.choice(["", "s1", "s2", "s3"]),
            agent=chance.choice(["", "", "sub"]),
            project=chance.choice(["/home/me/one", "/home/me/two"]),
            client=chance.choice(["claude-code", "codex"]),
            client_key=chance.choice(["", "ci"]),
            scenario=chance.choice(["", "background"]),
            path=chance.choice(["/v1/messages?beta=true", "/claude/v1/models/opus-5", "/v1/responses"]),
            status=chance.choice([200, 200, 429, 529, None]),
            state=chance.choice(["ok", "ok", "failed", "broken"]),
            ttft_ms=chance.choice([None, chance.randrange(3000)]),
            usage=Usage(*(chance.choice([None, chance.randrange(200_000)]) for _ in range(6))),
            cost_nano_usd=(cost := chance.choice([None, chance.randrange(10**10)])),
            metered_nano_usd=(metered := chance.choice([0, cost or 0])),
            billing="metered" if metered else "subscription" if cost else "",
            attempts=[attempt(1, cache_lost_tokens=chance.choice([None, 5000]))],
        )
        for _ in range(number)
    ]


def _table(database: Database, table: str) -> tuple[int, ...]:
    sums = ", ".join(f"sum({name})" for name in SUMMED)
    return tuple(database.execute(f"select {sums} from {table}").fetchone())


def _counted(sums: statistics.Sums) -> tuple[int, ...]:
    return tuple(getattr(sums, name) for name in SUMMED)


def _expected(records: list[TraceRecord]) -> tuple[int, ...]:
    kept = [one for one in records if one.provider]
    return (
        len(kept), sum(one.state != "ok" for one in kept),
        *(sum(getattr(one.usage, name) or 0 for one in kept) for name in SUMMED[2:8]),
        sum(one.cost_nano_usd or 0 for one in kept), sum(one.metered_nano_usd for one in kept),
    )  # fmt: skip


def _fold(database: Database, now_ms: int = NOW_MS) -> int:
    days = 0
    with transaction(database) as connection:
        while fold_slice(connection, now_ms):
            days += 1
    return days


@pytest.mark.parametrize("folded", ["hours", "days", "days and late ones"])
@pytest.mark.parametrize("seed", range(2))
def test_every_table_and_every_question_gives_the_same_sums_to_the_nano_usd(
    database: Database, seed: int, folded: str
) -> None:
    records = _some_requests(400, seed)
    _write(database, *(records[:100] if folded == "days and late ones" else records))
    if folded != "hours":
        assert _fold(database) > 30
    _write(database, *records)  # again: counted once
    expected = _expected(records)
    for table in ("usage_daily", "usage_hourly", "usage_paths", "session_usage"):
        assert _table(database, table) == expected, table
    assert _counted(statistics.totals(database, EVER)) == expected
    for by in DIMENSIONS:
        groups = statistics.grouped(database, by, EVER)
        known = _expected([one for one in records if one.session]) if by == "session" else expected
        for index in range(len(SUMMED)):
            assert sum(_counted(sums)[index] for _, sums in groups) == known[index], by
        steps = statistics.over_time(database, EVER, 30 * DAY_MS, by)
        assert sum(sums.cost_nano_usd for _, _, sums in steps) == known[8], by
        for value, sums in groups:
            assert statistics.totals(database, EVER, {by: value}) == sums, (by, value)
    listed = statistics.sessions(database)
    assert {row.session for row in listed} == {"s1", "s2", "s3"}
    no_session = _expected([one for one in records if not one.session])
    assert sum(row.cost_nano_usd for row in listed) + no_session[8] == expected[8]
    assert sum(row.requests for row in listed) + no_session[0] == expected[0]


VALUE_IN: Mapping[Dimension, Callable[[TraceRecord], str]] = {
    "path": lambda one: path_group(one.path),
    "status": lambda one: status_text(one.status),
}


def _value(one: TraceRecord, by: Dimension) -> str:
    return VALUE_IN[by](one) if by in VALUE_IN else getattr(one, by)


@pytest.mark.parametrize("inside", DIMENSIONS)
@pytest.mark.parametrize("folded", [False, True])
def test_every_group_can_be_looked_into_by_everything_else(database: Database, inside: Dimension, folded: bool) -> None:
    records = [one for one in _some_requests(200) if one.provider]
    _write(database, *records)
    if folded:
        _fold(database)
    for value in {_value(one, inside) for one in records if inside != "session" or one.session}:
        fitting = [one for one in records if _value(one, inside) == value]
        for by in DIMENSIONS:
            kept = [one for one in fitting if by != "session" or one.session]
            groups = dict(statistics.grouped(database, by, EVER, {inside: value}))
            assert groups.keys() == {_value(one, by) for one in kept}, (by, value)
            for name, sums in groups.items():
                assert _counted(sums) == _expected([one for one in kept if _value(one, by) == name]), (by, value)
        agents = statistics.by_agent(database, EVER, {inside: value})
        assert sum(sums.requests for _, sums in agents) == len(fitting), value


def test_requests_of_one_session_or_one_rare_status_are_found_by_their_index(database: Database) -> None:
    span = Span(NOW_MS, NOW_MS + DAY_MS)
    for where, index in (
        ({"project": "p", "model": "m", "session": "s"}, "requests_session"),
        ({"status": "529", "session": ""}, "requests_status"),
    ):
        chosen: Any = where
        found = source(database, Question(span, chosen, sessions=False))
        plan = str(database.execute(f"explain query plan {found.sql}", found.arguments).fetchall())
        assert f"INDEX {index} " in plan


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize(
    "hours", [(-24 * 35, -24 * 3.2), (0, 0.4), (-0.3, 0.3), (-30, -2.5), (-500.7, -3), (-3, -3), (-2, -3)]
)
def test_a_span_is_exact_at_its_edges_while_the_requests_are_kept(
    database: Database, hours: tuple[float, float], folded: bool
) -> None:
    span = Span(*(NOW_MS + round(hour * HOUR_MS) for hour in hours))
    records = [*_some_requests(500), *(finished(NOW + minute * 60) for minute in range(-40, 40))]
    _write(database, *records)
    if folded:
        _fold(database)
    inside = [one for one in records if span.since_ms <= to_ms(one.started_at) < span.until_ms]
    where: dict[Dimension, str] = {"model": "opus", "provider": "claude"}
    fitting = [one for one in inside if one.model == "opus" and one.provider == "claude"]
    assert _counted(statistics.totals(database, span)) == _expected(inside)
    assert _counted(statistics.totals(database, span, where)) == _expected(fitting)
    assert sum(sums.requests for _, sums in statistics.grouped(database, "project", span)) == _expected(inside)[0]
    for step_ms in (HOUR_MS, DAY_MS, 7 * DAY_MS):
        steps = statistics.over_time(database, span, step_ms, where=where)
        assert sum(sums.requests for _, _, sums in steps) == _expected(fitting)[0]
    narrow: dict[Dimension, str] = {**where, "project": "/home/me/one"}
    expected = _expected([one for one in fitting if one.project == "/home/me/one"])
    assert _counted(statistics.totals(database, span, narrow)) == expected
    tokens = statistics.grouped(database, "token", span, narrow)
    assert sum(sums.cost_nano_usd for _, sums in tokens) == expected[8]
    sessions = statistics.grouped(database, "session", span, narrow)
    of_sessions = [one for one in fitting if one.project == "/home/me/one" and one.session]
    assert sum(sums.cost_nano_usd for _, sums in sessions) == _expected(of_sessions)[8]


def test_steps_are_counted_from_the_beginning_of_the_span(database: Database) -> None:
    midnight = NOW_MS - NOW_MS % DAY_MS
    _write(database, *(finished((midnight + hour * HOUR_MS) / 1000 + 5, model=f"m{hour % 2}") for hour in range(48)))
    steps = statistics.over_time(database, Span(midnight, midnight + 3 * DAY_MS), DAY_MS)
    assert [(at, group, sums.requests) for at, group, sums in steps] == [
        (midnight, "", 24), (midnight + DAY_MS, "", 24),
    ]  # fmt: skip
    halves = statistics.over_time(database, Span(midnight + 12 * HOUR_MS, midnight + 36 * HOUR_MS), DAY_MS, "model")
    assert [(at - midnight, group, sums.requests) for at, group, sums in halves] == [
        (12 * HOUR_MS, "m0", 12), (12 * HOUR_MS, "m1", 12),
    ]  # fmt: skip


def test_the_most_expensive_comes_first_then_the_busiest(database: Database) -> None:
    _write(
        database,
        *(finished(model="free") for _ in range(3)),
        finished(model="rare"),
        finished(model="dear", cost_nano_usd=5),
    )
    assert [name for name, _ in statistics.grouped(database, "model", EVER)] == ["dear", "free", "rare"]
    assert [name for name, _ in statistics.grouped(database, "model", EVER, limit=1)] == ["dear"]


def test_times_are_means_of_what_is_known(database: Database) -> None:
    _write(database, finished(ttft_ms=100), finished(ttft_ms=300), finished(ttft_ms=None))
    sums = statistics.totals(database, Span(NOW_MS - DAY_MS, NOW_MS + DAY_MS))
    assert (sums.mean_ttft_ms, sums.mean_total_ms) == (200, 2500)
    nothing = statistics.totals(database, Span(0, DAY_MS))
    assert (nothing.requests, nothing.cost_nano_usd, nothing.mean_ttft_ms) == (0, 0, None)
    assert statistics.grouped(database, "token", Span(0, DAY_MS)) == []


@pytest.mark.parametrize("name", ["user_agent", "1=1; --", "at"])
def test_what_usage_is_not_kept_by_is_refused(database: Database, name: Any) -> None:
    with pytest.raises(ValueError, match="not kept by"):
        statistics.totals(database, EVER, {name: "x"})


def test_a_session_is_one_row_with_its_subagents_rolled_up(database: Database) -> None:
    _write(
        database,
        finished(NOW - 50, session="old", project="/x"),
        finished(NOW, session="new", project="/p", cost_nano_usd=7, attempts=[attempt(cache_lost_tokens=900)]),
        finished(NOW + 5, session="new", agent="sub", model="haiku", cost_nano_usd=3, state="failed"),
        finished(NOW + 9, session="new", project="/p", model="sonnet"),
        finished(NOW + 7, session="new", project="/p", model="late"),
        record(NOW + 20, session="running"),
        finished(NOW, session=""),
    )
    new, old = statistics.sessions(database)
    assert (new.session, new.agents, new.requests, new.failures, new.cost_nano_usd) == ("new", 1, 4, 1, 10)
    assert (new.first_at, new.last_at) == (NOW_MS, NOW_MS + 11_500)
    assert (new.model, new.project, new.cache_lost_tokens, old.session) == ("sonnet", "/p", 900, "old")
    main, sub = statistics.agents(database, "new")
    assert (main.agent, main.requests, sub.agent, sub.model, sub.failures) == ("", 3, "sub", "haiku", 1)
    assert [row["model"] for row in statistics.turns(database, "new")] == ["opus", "haiku", "late", "sonnet"]
    assert [row["model"] for row in statistics.turns(database, "new", limit=1)] == ["sonnet"]
    assert statistics.agents(database, "nobody") == []


def test_sessions_are_found_by_words_and_page(database: Database) -> None:
    _write(
        database,
        *(finished(NOW + n, session=f"s{n}", project=f"/home/100%/{'odd' if n % 2 else 'even'}") for n in range(6)),
    )
    _write(database, finished(NOW + 100, session="s0", agent="sub"))
    assert [row.session for row in statistics.sessions(database)] == ["s0", "s5", "s4", "s3", "s2", "s1"]
    assert [row.session for row in statistics.sessions(database, text="100% odd OPUS")] == ["s5", "s3", "s1"]
    assert statistics.sessions(database, text="10_") == []
    first = statistics.sessions(database, limit=2)
    second = statistics.sessions(database, before=first[-1].last_at, limit=2)
    assert [row.session for row in (*first, *second)] == ["s0", "s5", "s4", "s3"]


@pytest.mark.parametrize("text", ["", "p"])
def test_no_session_is_lost_between_pages_that_end_in_one_millisecond(database: Database, text: str) -> None:
    _write(database, *(finished(NOW + (n > 1), session=f"s{n}", project="/p") for n in range(5)))
    pages = [statistics.sessions(database, text=text, limit=2)]
    while pages[-1]:
        pages.append(statistics.sessions(database, text=text, before=pages[-1][-1].last_at, limit=2))
    assert sorted(row.session for page in pages for row in page) == ["s0", "s1", "s2", "s3", "s4"]


def test_an_upgraded_home_loses_nothing(database: Database) -> None:
    """As if the step had not been there when these requests were written, and the older half had been deleted since."""
    records = sorted(_some_requests(300, 7), key=lambda one: one.started_at)
    _write(database, *records)
    expected, sessions = _expected(records), _table(database, "session_usage")
    rows = [tuple(row) for row in database.execute("select * from usage_hourly")]
    latest = statistics.sessions(database)
    for table in ("usage_hourly", "session_usage"):
        database.execute(f"drop table {table}")
    for (index,) in database.execute(
        "select name from sqlite_master where type='index' and sql is not null"
    ).fetchall():
        if index not in ("requests_started", "requests_session"):
            database.execute(f"drop index {index}")
    database.execute("alter table requests drop column metered_nano_usd")
    database.execute("update attempts set billing = ''")
    database.execute("delete from _sqlite_migrations where name = 'm006_statistics'")
    database.execute("savepoint all_kept")
    trace_migrations.m006_statistics(database)
    assert [tuple(row) for row in database.execute("select * from usage_hourly")] == rows
    assert statistics.sessions(database) == latest
    database.execute("rollback to all_kept")
    database.execute("delete from requests where started_at < ?", [to_ms(records[150].started_at)])
    database.conn.commit()
    trace_migrations.traces.apply(database)
    for table in ("usage_daily", "usage_hourly", "usage_paths", "session_usage"):
        assert _table(database, table) == expected, table
    assert _table(database, "session_usage") == sessions
    assert [row.session for row in statistics.sessions(database)] == [row.session for row in latest]
    local_days = database.execute(
        "select strftime('%Y-%m-%d', hour / 1000, 'unixepoch', 'localtime'), sum(cost_nano_usd)"
        " from usage_hourly group by 1"
    ).fetchall()
    by_day = database.execute("select day, sum(cost_nano_usd) from usage_daily group by 1").fetchall()
    assert local_days == by_day
    (unknown,) = [sums for project, sums in statistics.grouped(database, "project", EVER) if not project]
    assert unknown.requests == _expected(records[:150])[0]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "Pacific/Apia"])
def test_days_are_local_to_the_full_hour_and_follow_each_other(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        day = day_of(NOW_MS)
        for _ in range(370):  # over both changes of the clock
            after = day_after(day)
            assert after % HOUR_MS == 0
            assert after - day in (23 * HOUR_MS, 24 * HOUR_MS, 25 * HOUR_MS)
            assert datetime.datetime.fromtimestamp(after / 1000 + 3600).hour in (0, 1)
            assert day_of(after + 2 * HOUR_MS) == after
            day = after
    finally:
        monkeypatch.undo()
        time.tzset()


def test_local_days_of_a_long_span_lie_in_the_steps_of_that_day(database: Database) -> None:
    midnight = day_of(NOW_MS - 100 * DAY_MS)
    _write(database, *(finished((midnight + day * DAY_MS + 5 * HOUR_MS) / 1000) for day in range(90)))
    _fold(database)
    steps = statistics.over_time(database, Span(midnight, midnight + 90 * DAY_MS), DAY_MS)
    assert [(at - midnight) // DAY_MS for at, _, _ in steps] == list(range(90))
    assert {sums.requests for _, _, sums in steps} == {1}


def test_a_day_is_added_up_when_its_last_requests_have_finished(database: Database) -> None:
    _write(database, finished(NOW))
    day = day_of(NOW_MS)
    assert _fold(database, day_after(day) + 5 * HOUR_MS) == 0
    assert _fold(database, day_after(day) + 6 * HOUR_MS) == 1
    assert _fold(database, day_after(day) + 6 * HOUR_MS) == 0


def test_agents_of_a_short_time_are_found_without_reading_all_lines_of_work(database: Database) -> None:
    found = agents_source(database, Question(Span(NOW_MS, NOW_MS + DAY_MS), {}))
    plan = [row[3] for row in database.execute(f"explain query plan {found.sql}", found.arguments)]
    assert any("session_usage USING INDEX session_usage_last (last_at>? AND last_at<?)" in step for step in plan), plan
