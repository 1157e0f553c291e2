"""Days, weeks and months of the local calendar: which one a time belongs to, and when it is over."""

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = ("day", "week", "month")


def local_day(at: float, zone: tzinfo | None = None) -> str:
    """`2026-11-28`; as `usage_daily` names days."""
    return _date(at, zone).isoformat()


def begins_on(period: Period, at: float, zone: tzinfo | None = None) -> date:
    """The first day of the period that a time belongs to. Weeks begin on Monday."""
    day = _date(at, zone)
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def began_at(period: Period, at: float, zone: tzinfo | None = None) -> float:
    """When the period of a time began, in epoch seconds: a local midnight."""
    return datetime.combine(begins_on(period, at, zone), time.min, zone).timestamp()


def resets_at(period: Period, at: float, zone: tzinfo | None = None) -> float:
    """When the period is over, in epoch seconds: a local midnight, also where the clocks change in between.

    Args:
        zone: None is the machine's own.
    """
    first = begins_on(period, at, zone)
    match period:
        case "day":
            after = first + timedelta(days=1)
        case "week":
            after = first + timedelta(days=7)
        case "month":
            after = (first + timedelta(days=32)).replace(day=1)
    return datetime.combine(after, time.min, zone).timestamp()


def _date(at: float, zone: tzinfo | None) -> date:
    return datetime.fromtimestamp(at, zone).date()
