"""The forecast, alone and over made-up weeks: what it says, when it says nothing, and how often its interval holds."""

from collections.abc import Iterator
from statistics import median

import pytest

from router_core.quota.forecast import Forecast, forecast, outlook
from router_core.quota.sample import Sample
from tests.router_core.quota.week import DAY, HOUR, MONDAY, Shape, Window, played

NOW = MONDAY + 10 * HOUR


def steady(until: float, *, an_hour: float, minutes: int = 5, reset_in_s: float = 3 * HOUR) -> list[Sample]:
    """A window that has been used evenly for an hour and a half, as a provider reports it: whole percents."""
    start = until - 1.5 * HOUR
    times = [start + i * minutes * 60 for i in range(int(90 / minutes) + 1)]
    return [
        Sample(at, round((at - start) / HOUR * an_hour, 2), until + reset_in_s, (at - start) * 1000) for at in times
    ]


def test_a_steady_use_is_carried_on() -> None:
    said = forecast(steady(NOW, an_hour=0.4), NOW)
    assert said is not None
    assert NOW + 0.4 * HOUR < said.used_up_at < NOW + 2 * HOUR  # 40 % left, at 40 % an hour
    assert NOW < said.earliest < said.used_up_at < said.latest <= NOW + 3 * HOUR
    assert "measured by our own tokens" in said.because


def test_the_same_samples_give_the_same_forecast() -> None:
    samples = steady(NOW, an_hour=0.4)
    assert forecast(samples, NOW) == forecast(samples, NOW)


def test_a_use_that_does_not_reach_the_wall_lasts_until_the_reset() -> None:
    said = outlook(steady(NOW, an_hour=0.1), NOW)
    assert (said.forecast, said.because) == (None, "it lasts until its reset at this rate")
    assert said.may_end_at is None


def test_one_that_may_all_the_same_says_from_when_on() -> None:
    said = outlook(steady(NOW, an_hour=0.19), NOW)
    assert (said.forecast, said.because) == (None, "it lasts until its reset at this rate")
    assert said.may_end_at is not None
    assert NOW + 0.5 * HOUR < said.may_end_at < NOW + 3 * HOUR


def test_a_machine_that_runs_evenly_gets_a_narrow_interval() -> None:
    said = forecast(steady(NOW, an_hour=0.4), NOW)
    assert said is not None
    assert NOW + 0.8 * HOUR < said.used_up_at < NOW + 1.4 * HOUR  # one hour, at this rate
    assert said.latest - said.earliest < 2 * HOUR


@pytest.mark.parametrize(
    ("samples", "because"),
    [
        ([], "nothing has been reported yet"),
        (steady(NOW, an_hour=0.4)[:5], "too few samples yet: 5 of 6"),
        (steady(NOW, an_hour=0.01), "too little has been used yet to tell"),
        (steady(NOW - 4 * HOUR, an_hour=0.4), "it has reset since the last report"),
        ([Sample(NOW - 60, 1.0, NOW + HOUR)], "it is used up"),
        ([Sample(NOW - 60, 0.5, None)], "the provider does not say when it resets"),
    ],
    ids=["nothing", "few samples", "one percent", "reset", "full", "no reset"],
)
def test_nothing_is_said_where_nothing_can_be_told(samples: list[Sample], because: str) -> None:
    assert outlook(samples, NOW) == outlook(samples, NOW)
    assert (outlook(samples, NOW).forecast, outlook(samples, NOW).because) == (None, because)


def test_one_step_of_a_percent_is_no_rate() -> None:  # a header of 1 % resolution gave nonsense forecasts elsewhere
    jump = [Sample(NOW - 600 + 60 * i, 0.89 if i < 8 else 0.90, NOW + 4 * HOUR, 10.0 * i) for i in range(10)]
    assert forecast(jump, NOW) is None


def test_a_weekly_window_is_not_judged_by_its_first_hour() -> None:
    samples = steady(NOW, an_hour=0.02, minutes=1, reset_in_s=6.9 * DAY)
    said = outlook(samples, NOW)
    assert said.forecast is None
    assert said.because == "too little is known yet to look so far ahead"


def test_what_others_use_of_the_account_is_seen_though_we_send_nothing() -> None:
    samples = [Sample(s.observed_at, s.used, s.reset_at, 500.0) for s in steady(NOW, an_hour=0.4)]
    said = forecast(samples, NOW)
    assert said is not None
    assert "by the reported fraction alone" in said.because


def test_a_reset_that_jitters_by_seconds_is_the_same_window() -> None:
    shaken = [
        Sample(s.observed_at, s.used, (s.reset_at or 0) + i % 3, s.own_tokens)
        for i, s in enumerate(steady(NOW, an_hour=0.4))
    ]
    assert forecast(shaken, NOW) is not None


def test_a_night_is_known_from_the_nights_before() -> None:
    """At the end of a working day, what is left of a weekly window is not used up in the night."""
    hours = [day * 24 + hour for day in range(4) for hour in range(9, 20)]  # 9 to 20 o'clock, 11 % a day
    reset_at, samples = MONDAY + 7 * DAY, []
    for number, hour in enumerate(hours):
        used = 0.5 + number * 0.01
        samples.append(Sample(MONDAY + hour * HOUR, round(used, 2), reset_at, number * 1000.0))
    evening = MONDAY + 3 * DAY + 21 * HOUR
    said = forecast(samples, evening)
    assert said is not None
    assert said.used_up_at > evening + 11 * HOUR


def test_a_first_weekend_is_not_taken_for_working_days() -> None:
    """On Friday evening nobody knows yet whether the weekend is worked: what would be used up in it, may last."""
    reset_at = MONDAY + 7 * DAY
    days = [(day, hour) for day in range(5) for hour in range(9, 19)]
    samples = [
        Sample(MONDAY + day * DAY + hour * HOUR, round(number * 0.017, 2), reset_at, number * 1000.0)
        for number, (day, hour) in enumerate(days)
    ]
    said = outlook(samples, MONDAY + 4 * DAY + 20 * HOUR)
    assert said.forecast is None or said.forecast.latest == reset_at


def test_a_weekend_is_known_from_the_one_before() -> None:
    """With an idle weekend in the past, a Friday evening's rest of the week lasts over the next one."""
    samples = [Sample(MONDAY - 4 * DAY, 0.3, MONDAY - 3 * DAY, 0.0)]
    days = [(day, hour) for day in range(5) for hour in range(9, 19)]
    for number, (day, hour) in enumerate(days):
        at = MONDAY + day * DAY + hour * HOUR
        samples.append(Sample(at, round(number * 0.018, 2), MONDAY + 7 * DAY, number * 1000.0))
    friday = MONDAY + 4 * DAY + 20 * HOUR
    said = outlook(samples, friday)
    assert (said.forecast, said.because) == (None, "it lasts until its reset at this rate")


def forecasts(window: Window, days: int, every: float) -> Iterator[tuple[float, Forecast | None]]:
    """(when it was really used up or reset, what was said) at regular times."""
    at = MONDAY + 8 * HOUR
    while at < MONDAY + days * DAY:
        at += every
        truth = window.hit(at)
        if truth is not None and truth > at:
            yield truth, forecast([sample for sample in window.samples if sample.observed_at <= at], at)


SHAPES = {
    "alone": Shape(),
    "with others": Shape(others=0.4),
    "many short sessions": Shape(sessions_a_day=14, requests_a_session=15),
    "few long sessions": Shape(sessions_a_day=3, requests_a_session=60),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("length", "capacity", "days", "every"),
    [(5 * HOUR, 600_000, 7, 0.6 * HOUR), (7 * DAY, 7_000_000, 14, 11 * HOUR)],
    ids=["5h", "7d"],
)
def test_the_interval_holds_the_truth_in_four_of_five_cases(
    length: float, capacity: float, days: int, every: float
) -> None:
    held, errors, walls = 0, [], 0
    for shape in SHAPES.values():
        for seed in range(100, 107):  # not those that the constants were chosen with
            window = played(seed, Window(length, capacity), shape, days + 1)
            walls += len(window.walls)
            for truth, said in forecasts(window, days, every):
                if said is None:
                    continue
                held += said.earliest <= truth <= said.latest
                errors.append(abs(said.used_up_at - truth))
    error_h, coverage = median(errors) / HOUR, held / len(errors)
    print(f"{walls} walls, {len(errors)} forecasts, median error {error_h:.2f} h, coverage {coverage:.3f}")
    assert len(errors) > 300
    assert held / len(errors) >= 0.8
    assert median(errors) < length / 5
