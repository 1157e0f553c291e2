"""Numbers as bars."""

from tui.widgets.sparkline import bars, squeezed


def test_bars_reach_from_the_lowest_to_the_top() -> None:
    assert bars([0, 0.001, 4, 8], 8) == [" ▁▄█"]
    assert bars([0, 1, 8, 16, 99], 16, lines=2) == ["   ██", " ▁███"]
    assert bars([0, 0], 0) == ["  "]


def test_numbers_are_added_up_until_they_fit() -> None:
    assert squeezed([1, 2, 3, 4], 4) == [1, 2, 3, 4]
    assert squeezed([1, 2, 3, 4], 2) == [3, 7]
    assert squeezed([1, 2, 3, 4, 5], 3) == [1, 5, 9]
    assert squeezed([1] * 60, 46) == [2] * 30
    assert squeezed([], 3) == []
