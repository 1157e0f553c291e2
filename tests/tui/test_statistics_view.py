"""Spans, bars and measures of the statistics page."""

import datetime
import time
from collections.abc import Iterator

import pytest

from router_core.clock import FixedClock
from tests.tui.seed import Seeded, add_history
from tui.statistics_view import (
    DAY_MS,
    DIMENSIONS,
    HOUR_MS,
    MEASURES,
    RANGES,
    Wanted,
    look,
    prompt_tokens,
    span_of,
    step_label,
)

NOW = datetime.datetime(2026, 11, 20, 19, 9, 11).timestamp()


def local(ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(ms / 1000)


@pytest.mark.parametrize(
    ("name", "since", "step_ms"),
    [
        ("today", datetime.datetime(2026, 11, 20), HOUR_MS),
        ("24 h", datetime.datetime(2026, 11, 19, 20), HOUR_MS),
        ("7 d", datetime.datetime(2026, 11, 14), 6 * HOUR_MS),
        ("30 d", datetime.datetime(2026, 10, 22), DAY_MS),
        ("all", datetime.datetime(2026, 9, 1), 7 * DAY_MS),
    ],
)
def test_a_time_begins_at_a_local_midnight_or_a_full_hour(name: str, since: datetime.datetime, step_ms: int) -> None:
    wanted = next(each for each in RANGES if each.name == name)
    first_ms = round(datetime.datetime(2026, 9, 1, 13).timestamp() * 1000)
    span, step = span_of(wanted, NOW, first_ms)
    assert (local(span.since_ms), step) == (since, step_ms)
    assert span.until_ms > NOW * 1000


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("name", "now", "since"),
    [
        ("today", (2026, 10, 25, 12), (2026, 10, 25)),
        ("today", (2026, 3, 29, 12), (2026, 3, 29)),
        ("7 d", (2026, 10, 27, 12), (2026, 10, 21)),
        ("90 d", (2026, 11, 20, 12), (2026, 8, 23)),
    ],
)
@pytest.mark.usefixtures("berlin")
def test_a_day_begins_at_its_own_midnight_though_the_clocks_have_changed(
    name: str, now: tuple[int, ...], since: tuple[int, ...]
) -> None:
    wanted = next(each for each in RANGES if each.name == name)
    span, _ = span_of(wanted, datetime.datetime(*now).timestamp(), 0)  # type: ignore[arg-type]
    assert local(span.since_ms) == datetime.datetime(*since)  # type: ignore[arg-type]


@pytest.mark.usefixtures("berlin")
def test_steps_of_days_have_each_day_once_though_the_clocks_have_changed() -> None:
    span, step = span_of(RANGES[3], datetime.datetime(2026, 11, 1, 12).timestamp(), 0)
    labels = [step_label(start, step) for start in range(span.since_ms, span.until_ms, step)]
    assert labels == [f"{day:%d %b}" for day in (datetime.date(2026, 10, 3) + datetime.timedelta(n) for n in range(30))]


def test_a_history_of_years_has_at_most_sixty_bars() -> None:
    for years in (1, 2, 5):
        span, step = span_of(RANGES[-1], NOW, round((NOW - years * 365 * 86400) * 1000))
        assert (span.until_ms - span.since_ms) / step <= 61


@pytest.mark.parametrize("by", DIMENSIONS, ids=lambda by: by.name)
@pytest.mark.parametrize("measure", MEASURES[:5], ids=lambda measure: measure.name)
def test_bars_table_and_totals_say_the_same(seeded: Seeded, clock: FixedClock, by: object, measure: object) -> None:
    add_history(seeded, days=6)
    shown = look(seeded.traces, Wanted(by=by, measure=measure), clock.now())  # type: ignore[arg-type]
    value = shown.wanted.measure.value
    whole = value(shown.totals)
    assert sum(value(sums) for _, sums in shown.groups) == whole
    assert sum(sum(values) for _, values in shown.bars) == whole
    amounts = [value(sums) for _, sums in shown.groups]
    assert amounts == sorted(amounts, reverse=True)
    assert len(shown.bars) == len(range(shown.span.since_ms, shown.span.until_ms, shown.step_ms))


def test_within_a_group_only_its_requests_count(seeded: Seeded, clock: FixedClock) -> None:
    add_history(seeded, days=6)
    by_model = look(seeded.traces, Wanted(), clock.now())
    model, sums = by_model.groups[0]
    within = look(seeded.traces, Wanted(by=DIMENSIONS[3], where={"model": model}), clock.now())
    assert within.totals == sums
    assert prompt_tokens(within.totals) > within.totals.input_tokens


def test_of_the_steps_of_a_day_the_first_is_labelled() -> None:
    midnight = round(datetime.datetime(2026, 11, 20).timestamp() * 1000)
    assert [step_label(midnight + six * 6 * HOUR_MS, 6 * HOUR_MS) for six in range(4)] == ["20 Nov", "", "", ""]


@pytest.mark.parametrize(("step", "label"), [(HOUR_MS, "19:09"), (DAY_MS, "20 Nov"), (30 * DAY_MS, "Nov 26")])
def test_a_step_is_labelled_as_finely_as_it_is(step: int, label: str) -> None:
    assert step_label(round(NOW * 1000), step) == label
