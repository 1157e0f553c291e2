"""Figures stay within their columns."""

import pytest

from tui.figures import count, countdown, elapsed


@pytest.mark.parametrize(
    ("ms", "written"),
    [
        (None, ""),
        (0, "0ms"),
        (-5, "0ms"),
        (999.4, "999ms"),
        (1000, "1.00s"),
        (9994, "9.99s"),
        (9996, "10.0s"),
        (59_949, "59.9s"),
        (59_960, "1m 00s"),
        (125_000, "2m 05s"),
        (4_320_000, "1h 12m"),
    ],
)
def test_elapsed(ms: float | None, written: str) -> None:
    assert elapsed(ms) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(-3, "0s"), (59.6, "1m 00s"), (724, "12m 04s"), (7980, "2h 13m"), (356_400, "4d 03h"), (12_000_000, "138d")],
)
def test_countdown(seconds: float, written: str) -> None:
    assert countdown(seconds) == written


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (None, ""),
        (0, "0"),
        (999, "999"),
        (1000, "1.0k"),
        (12_345, "12.3k"),
        (99_960, "100k"),
        (999_400, "999k"),
        (999_700, "1.0M"),
        (1_234_567, "1.2M"),
        (2_500_000_000, "2.5G"),
        (10**13, "many"),
    ],
)
def test_count(number: int | None, written: str) -> None:
    assert count(number) == written
    assert len(count(number)) <= 5
