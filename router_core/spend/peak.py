"""At which hours a provider asks for more: `Mon-Fri 01:00-04:00 and 06:00-10:00`, in UTC."""

import functools
import re
from datetime import UTC, datetime

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_FROM_TO = re.compile(r"\b([a-z]{3})(?:-([a-z]{3}))?\b")


def is_peak(hours: str, at: float) -> bool:
    """Whether a time (epoch seconds) is within these hours. The end does not belong to them."""
    days, spans = _read(hours)
    when = datetime.fromtimestamp(at, UTC)
    minute = when.hour * 60 + when.minute
    return when.weekday() in days and any(begin <= minute < end for begin, end in spans)


@functools.cache
def _read(hours: str) -> tuple[frozenset[int], tuple[tuple[int, int], ...]]:
    """Weekdays (Monday is 0), and spans in minutes of the day; every day where none is named."""
    spans = tuple((int(a) * 60 + int(b), int(c) * 60 + int(d)) for a, b, c, d in _HOURS.findall(hours))
    days: set[int] = set()
    for first, last in _FROM_TO.findall(hours.lower()):
        if first in _DAYS:
            begin, end = _DAYS.index(first), _DAYS.index(last or first)
            days.update(range(begin, end + 1))
    return frozenset(days or range(7)), spans
