"""The client's own trace, which ours goes on (W3C Trace Context, 3.2; read in 2026-11)."""

import re
from typing import NamedTuple

_HEADER = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class Parent(NamedTuple):
    """The client's span."""

    trace_id: int
    span_id: int
    sampled: bool


def parse_traceparent(header: str) -> Parent | None:
    """None: it is none, and ours begins a trace."""
    found = _HEADER.fullmatch(header.strip())
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
        return None
    trace_id, span_id = int(found[2], 16), int(found[3], 16)
    if not trace_id or not span_id:
        return None
    return Parent(trace_id, span_id, bool(int(found[4], 16) & 1))
