"""Local days, weeks and months."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from router_core.spend.periods import Period, begins_on, local_day, resets_at

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


@pytest.mark.parametrize(
    ("period", "now", "begins", "resets"),
    [
        ("day", "2026-11-28T21:00", "2026-11-28", "2026-11-29T00:00"),
        ("day", "2026-11-28T00:00", "2026-11-28", "2026-11-29T00:00"),
        ("week", "2026-11-28T21:00", "2026-11-23", "2026-11-30T00:00"),
        ("week", "2026-11-30T00:00", "2026-11-30", "2026-12-07T00:00"),
        ("month", "2026-11-28T21:00", "2026-11-01", "2026-12-01T00:00"),
        ("month", "2026-12-31T23:59", "2026-12-01", "2027-01-01T00:00"),
        ("month", "2028-02-29T12:00", "2028-02-01", "2028-03-01T00:00"),
    ],
)
def test_a_time_belongs_to_one_period_that_ends_at_midnight(period: Period, now: str, begins: str, resets: str) -> None:
    assert begins_on(period, at(now), BERLIN).isoformat() == begins
    assert resets_at(period, at(now), BERLIN) == at(resets)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_on_which_the_clocks_change_is_longer_or_shorter(day: str, hours: int) -> None:
    midnight = at(f"{day}T00:00")
    assert resets_at("day", midnight, BERLIN) - midnight == hours * 3600


def test_the_day_is_the_local_one() -> None:
    late = at("2026-11-28T00:30")
    assert local_day(late, BERLIN) == "2026-11-28"
    assert local_day(late, ZoneInfo("UTC")) == "2026-11-27"
