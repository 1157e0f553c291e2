"""Where the hours, days, weeks and months of a span of time begin, by the local clock and calendar."""

import datetime

HOUR_MS = 3_600_000


def calendar_steps(since_ms: int, until_ms: int, step: str) -> list[int]:
    """The beginnings of all steps that touch the span; the first one may be before it.

    Args:
        step: `hour`, `day`, `week` (from Monday on) or `month`.
    """
    if step == "hour":
        return list(range(since_ms // HOUR_MS * HOUR_MS, until_ms, HOUR_MS))
    date = datetime.datetime.fromtimestamp(since_ms / 1000).date()
    if step == "week":
        date -= datetime.timedelta(days=date.weekday())
    elif step == "month":
        date = date.replace(day=1)
    begins = []
    while (at := _midnight(date)) < until_ms:
        begins.append(at)
        date = _next_month(date) if step == "month" else date + datetime.timedelta(days=7 if step == "week" else 1)
    return begins


def _next_month(first: datetime.date) -> datetime.date:
    return (first + datetime.timedelta(days=32)).replace(day=1)


def _midnight(date: datetime.date) -> int:
    return round(datetime.datetime.combine(date, datetime.time()).timestamp() * 1000)
