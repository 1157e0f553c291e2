"""The attempts of a request on one time line: where each bar begins and ends, in cells. No colours, no widgets.

What an attempt did with its time is told by three parts: connecting, waiting for the first byte, receiving. A part that
is shorter than a cell is still seen, as long as there is room: a refused connection may be all that there is to see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tui.figures import elapsed
from tui.records import AttemptRow, RequestRow

Part = Literal["before", "connect", "wait", "stream", "after"]
REUSED_MS = 1
"""A connection that takes no longer was there already."""
_DRAWN: tuple[Part, ...] = ("connect", "wait", "stream")
_ROUND_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000,
             600_000, 1_800_000, 3_600_000)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lane:
    """One attempt.

    Args:
        cells: (part, how many cells), in order; they add up to the width.
    """

    attempt: AttemptRow
    cells: tuple[tuple[Part, int], ...]
    length_ms: float


def span_ms(request: RequestRow, attempts: Sequence[AttemptRow], now_ms: float) -> float:
    """The length of the time line: from the request's beginning to the last end there is."""
    ends = [attempt.finished_at or now_ms for attempt in attempts]
    return max(1.0, max([*ends, request.finished_at or (now_ms if request.running else 0)]) - request.started_at)


def lanes(request: RequestRow, attempts: Sequence[AttemptRow], now_ms: float, width: int) -> list[Lane]:
    """A lane per attempt, `width` cells wide."""
    span = span_ms(request, attempts, now_ms)
    return [_lane(attempt, request.started_at, span, now_ms, max(4, width)) for attempt in attempts]


def _lane(attempt: AttemptRow, start: int, span: float, now_ms: float, width: int) -> Lane:
    end = attempt.finished_at if attempt.finished_at is not None else now_ms
    length = max(0.0, end - attempt.started_at)
    first = length if attempt.first_byte_ms is None else min(length, attempt.first_byte_ms)
    connect = min(first, connecting) if (connecting := attempt.connect_ms or 0) > REUSED_MS else 0
    parts = {"connect": connect, "wait": first - connect, "stream": length - first}
    begin = min(width - 1, max(0, round((attempt.started_at - start) / span * width)))
    whole = max(1, min(width - begin, round(length / span * width)))
    cells = _shared(whole, [(name, parts[name]) for name in _DRAWN])
    laid: list[tuple[Part, int]] = [("before", begin), *cells, ("after", width - begin - whole)]
    return Lane(attempt, tuple((name, number) for name, number in laid if number), length)


def _shared(whole: int, parts: Sequence[tuple[Part, float]]) -> list[tuple[Part, int]]:
    """The cells of a bar among its parts: by their length, at least one for each that there is, the longest gives."""
    there = [(name, size) for name, size in parts if size > 0] or [(parts[1][0], 1.0)]
    total = sum(size for _, size in there)
    cells = {name: max(1, round(size / total * whole)) for name, size in there}
    while sum(cells.values()) > whole:
        name = max(cells, key=lambda each: cells[each])
        if cells[name] == 1:
            shortest = min(there, key=lambda each: each[1])[0]
            there = [each for each in there if each[0] != shortest]
            del cells[shortest]
        else:
            cells[name] -= 1
    while sum(cells.values()) < whole:
        cells[max(there, key=lambda each: each[1])[0]] += 1
    return [(name, cells[name]) for name, _ in there]


def axis(span: float, width: int) -> str:
    """`0      2s     4s    6.58s`: marks at round times where their cells are, and the end."""
    last = elapsed(span).replace(" ", "")
    step = next((each for each in _ROUND_MS if span / each <= max(1, width // 12)), _ROUND_MS[-1])
    line, at = "", 0.0
    while at < span:
        place, text = round(at / span * width), _mark(at, step)
        if (not line or place > len(line)) and place + len(text) + 1 <= width - len(last):
            line = line.ljust(place) + text
        at += step
    return (line.ljust(width - len(last)) + last)[-width:]


def _mark(at: float, step: float) -> str:
    if not at:
        return "0"
    if at < 1000:
        return f"{at:.0f}ms"
    if at < 60_000:
        return f"{at / 1000:.1f}s" if step % 1000 else f"{at / 1000:.0f}s"
    return elapsed(at).replace(" 00s", "").replace(" ", "")
