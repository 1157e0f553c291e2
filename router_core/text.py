"""Text from outside, made safe to show: no control characters, bounded length."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str, limit: int = 300) -> str:
    """`text` without control characters (a terminal would obey them), on one line, at most `limit` characters."""
    one_line = _CONTROL.sub("", text.replace("\n", " ").replace("\t", " "))
    return one_line if len(one_line) <= limit else one_line[: limit - 1] + "…"


def duration(seconds: float) -> str:
    """`42s`, `3m`, `2h10m`, `5d3h`: as people write it."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if minutes < 60:
        return f"{minutes}m"
    if hours < 48:
        return f"{hours}h{minutes % 60:02}m"
    return f"{days}d{hours % 24}h"
