"""The least important columns go first."""

import pytest

from tui.widgets.columns import Column, fit
from tui.widgets.request_table import COLUMNS


def test_fit_drops_by_rank_and_keeps_the_order() -> None:
    columns = [Column("a", "A", 5, 2), Column("b", "B", 5, 1), Column("c", "C", 5, 3)]
    assert [column.name for column, _ in fit(columns, 17)] == ["a", "b", "c"]
    assert [column.name for column, _ in fit(columns, 16)] == ["a", "b"]
    assert [column.name for column, _ in fit(columns, 4)] == ["b"]


def test_what_is_left_goes_to_good_widths_then_luxury_then_the_rest() -> None:
    columns = [Column("a", "A", 5, 1, good=8, most=20), Column("why", "W", 6, 2, luxury=True)]
    assert [(column.name, width) for column, width in fit(columns, 14)] == [("a", 14)]
    assert [(column.name, width) for column, width in fit(columns, 18)] == [("a", 11), ("why", 6)]


@pytest.mark.parametrize("width", range(20, 220, 7))
def test_requests_fit_every_width(width: int) -> None:
    chosen = fit(COLUMNS, width)
    assert sum(cells + 1 for _, cells in chosen) - 1 <= width


def test_requests_at_80_columns() -> None:
    assert [column.name for column, _ in fit(COLUMNS, 78)] == [
        *("sign", "time", "target", "token", "status", "attempts", "total", "input", "output", "cost")
    ]
