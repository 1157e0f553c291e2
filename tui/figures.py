"""How times, durations and counts are written: short, aligned, never wider than their column."""

import datetime

LAST_MOMENT = 253_000_000_000.0
"""In the year 9987: a local time of any place."""


def elapsed(ms: float | None) -> str:
    """A duration in at most 7 characters: `850ms`, `1.24s`, `12.4s`, `2m 05s`, `1h 12m`."""
    if ms is None:
        return ""
    if ms < 1000:
        return f"{max(0, round(ms))}ms"
    seconds = ms / 1000
    if seconds < 9.995:
        return f"{seconds:.2f}s"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    return countdown(seconds)


def countdown(seconds: float) -> str:
    """Time left in at most 7 characters: `45s`, `12m 04s`, `2h 13m`, `4d 03h`, `120d`."""
    left = max(0, round(seconds))
    if left < 60:
        return f"{left}s"
    if left < 3600:
        return f"{left // 60}m {left % 60:02}s"
    if left < 86400:
        return f"{left // 3600}h {left % 3600 // 60:02}m"
    if left < 100 * 86400:
        return f"{left // 86400}d {left % 86400 // 3600:02}h"
    return f"{left // 86400}d"


def count(number: int | None) -> str:
    """A count in at most 5 characters: `999`, `1.2k`, `12.3k`, `123k`, `1.2M`."""
    if number is None:
        return ""
    if number < 1000:
        return str(number)
    for limit, unit in ((1e6, "k"), (1e9, "M"), (1e12, "G")):
        if number < limit * 0.9995:
            value = number / limit * 1000
            return f"{value:.1f}{unit}" if value < 99.95 else f"{value:.0f}{unit}"
    return "many"


def local(epoch_s: float) -> datetime.datetime:
    """The local time; of a moment that no calendar has (a clock that went wrong wrote it) the nearest one."""
    return datetime.datetime.fromtimestamp(min(max(epoch_s, 0.0), LAST_MOMENT))


def time_of_day(epoch_ms: int, now: float) -> str:
    """Local `HH:MM:SS` if that was today, else the day as `19 Nov`."""
    then = local(epoch_ms / 1000)
    if then.date() == local(now).date():
        return f"{then.hour:02}:{then.minute:02}:{then.second:02}"  # a quarter of what strftime takes
    return then.strftime("%d %b")


def moment(epoch_ms: int) -> str:
    """Local date and time to the millisecond."""
    return local(epoch_ms / 1000).astimezone().isoformat(" ", "milliseconds")


def day_of(now: float) -> str:
    """The local day, as `usage_daily` names it."""
    return local(now).date().isoformat()
