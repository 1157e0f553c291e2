"""Stacked bars in eighths of a cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.bar_chart import cell, labels, placed

VALUES = st.lists(st.floats(0, 1e9), min_size=1, max_size=7)


def column(values: list[float], top: float, rows: int) -> list[tuple[int | None, int, int | None]]:
    return [cell(values, top, row, rows) for row in range(rows)]


def eighths(drawn: list[tuple[int | None, int, int | None]]) -> int:
    return sum(8 if high is not None else part for low, part, high in drawn if low is not None)


def test_half_a_bar_fills_half_of_the_cells() -> None:
    assert column([5.0], 10.0, 4) == [(0, 8, None), (0, 8, None), (None, 0, None), (None, 0, None)]
    assert eighths(column([5.0], 16.0, 2)) == 5


def test_a_border_within_a_cell_shows_both_series() -> None:
    low, part, high = cell([5.0, 11.0], 16.0, 0, 2)
    assert (low, part, high) == (0, 5, 1)


def test_what_is_there_at_all_is_seen() -> None:
    assert eighths(column([0.0001], 1000.0, 5)) == 1
    assert eighths(column([0.0], 1000.0, 5)) == 0


@given(VALUES, st.integers(1, 20))
def test_a_bar_is_as_high_as_its_sum(values: list[float], rows: int) -> None:
    total = sum(values)
    drawn = eighths(column(values, max(total * 2, 1e-9), rows))
    assert drawn == (max(1, round(rows * 8 / 2)) if total > 0 and total * 2 >= 1e-9 else drawn)


@pytest.mark.parametrize(("number", "width", "seen", "each"), [(10, 100, 10, 10), (60, 70, 60, 1), (100, 70, 70, 1)])
def test_bars_share_the_width_and_the_oldest_go_first(number: int, width: int, seen: int, each: int) -> None:
    bars = [(str(place), [1.0]) for place in range(number)]
    fit, wide, gap = placed(bars, width)
    assert (len(fit), wide + gap) == (seen, each)
    assert fit[-1] == bars[-1]


def test_labels_never_run_into_each_other() -> None:
    bars = [(f"{day:02} Nov", [1.0]) for day in range(1, 30)]
    line = labels(bars, 3, 90)
    assert len(line) == 90
    assert line.split("  ")[0] == "01 Nov"
    assert "Nov0" not in line
