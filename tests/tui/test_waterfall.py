"""Where the bars are."""

import pytest

from tests.tui.seed import record_of
from tui.records import AttemptRow, RequestRow
from tui.waterfall import Lane, axis, lanes, span_ms

START = 1_000_000


def request(finished_at: int | None = START + 1000) -> RequestRow:
    record = record_of("r1", START / 1000)
    row = {name: getattr(record, name, None) for name in RequestRow.__match_args__}
    row |= {"row_number": 1, "started_at": START, "finished_at": finished_at, "losses": "[]", "decision": "[]"}
    row |= {"state": "running" if finished_at is None else "ok"}
    return RequestRow(**row)  # type: ignore[arg-type]


def attempt(begin: int, end: int | None, first: int | None = None, connect: int | None = None) -> AttemptRow:
    finished = None if end is None else START + end
    return AttemptRow(
        1, "p", "m", "t", "", "", START + begin, finished, 200, "answered", "", "", first, None, [], [],
        connect_ms=connect,
    )  # fmt: skip


def drawn(lane: Lane) -> str:
    signs = {"before": ".", "connect": "c", "wait": "w", "stream": "s", "after": "."}
    return "".join(signs[part] * cells for part, cells in lane.cells)


@pytest.mark.parametrize(
    ("one", "picture"),
    [
        (attempt(0, 1000, 500, 200), "ccccwwwwwwssssssssss"),
        (attempt(500, 1000, 250, 0), "..........wwwwwsssss"),
        (attempt(0, 100), "ww.................."),
        (attempt(0, 1000, 1000, 1000), "cccccccccccccccccccc"),
        (attempt(0, 1000, 5, 2), "cwssssssssssssssssss"),
        (attempt(999, 1000, 1, 0), "...................w"),
        (attempt(0, 0), "w..................."),
        (attempt(400, None), "........wwwwwwwwwwww"),
        (attempt(0, 100, 50, 10), "ws.................."),
        (attempt(0, 500, None, 500), "cccccccccc.........."),
    ],
    ids=[
        "all",
        "late",
        "no answer",
        "only connecting",
        "tiny parts",
        "tiny",
        "no time",
        "running",
        "no room",
        "refused",
    ],
)
def test_bars(one: AttemptRow, picture: str) -> None:
    (lane,) = lanes(request(), [one], START + 1000, 20)
    assert drawn(lane) == picture


@pytest.mark.parametrize("width", [1, 4, 7, 33, 200])
def test_a_lane_is_always_as_wide_as_asked(width: int) -> None:
    for begin in (0, 13, 500, 999):
        for length in (0, 1, 77, 1000 - begin):
            for first in (None, 0, 1, length):
                for connect in (None, 0, 1, length):
                    one = attempt(begin, begin + length, first, connect)
                    (lane,) = lanes(request(), [one], START + 1000, width)
                    assert sum(cells for _, cells in lane.cells) == max(4, width)
                    assert all(cells > 0 for _, cells in lane.cells)
                    assert set(drawn(lane)) != {"."}


def test_the_line_is_as_long_as_the_longest() -> None:
    assert span_ms(request(), [attempt(0, 400), attempt(400, 1300)], START) == 1300
    assert span_ms(request(None), [attempt(0, None)], START + 5000) == 5000
    assert span_ms(request(START), [], START) == 1


@pytest.mark.parametrize(
    ("span", "width", "line"),
    [
        (7310, 50, "0             2s           4s            6s  7.31s"),
        (412, 40, "0                  200ms           412ms"),
        (1, 30, "0                          1ms"),
        (125_000, 40, "0                  1m             2m 05s"),
        (3, 6, "0  3ms"),
        (3, 4, " 3ms"),
    ],
)
def test_marks_are_round_and_never_overlap(span: float, width: int, line: str) -> None:
    shown = axis(span, width)
    assert len(shown) == width
    assert shown.replace(" ", "") == line.replace(" ", "")
