"""A window as a bar."""

import pytest

from router_core.tokens.token import Window
from tui.widgets import quota_bar
from tui.widgets.quota_bar import bar, draw, pressing

NOW = 1_000_000.0


@pytest.mark.parametrize(
    ("fraction", "blocks"),
    [(0.0, "▱▱▱▱▱"), (0.01, "▰▱▱▱▱"), (0.5, "▰▰▰▱▱"), (0.99, "▰▰▰▰▱"), (1.0, "▰▰▰▰▰"), (1.7, "▰▰▰▰▰")],
)
def test_bar_is_full_only_when_the_window_is(fraction: float, blocks: str) -> None:
    assert bar(fraction, 5) == blocks


@pytest.mark.parametrize(
    ("window", "written"),
    [
        (Window("5h", 0.62, NOW + 7980), "5h  ▰▰▰▱▱  62% 2h 13m "),
        (Window("5h", 1.0, NOW + 5), "5h  ▰▰▰▰▰ 100% 5s     "),
        (Window("5h", 1.0, NOW - 5), "5h  ▱▱▱▱▱   0% reset  "),
        (Window("7d", None, None), "7d  ▱▱▱▱▱   ?         "),
        (Window("7d_opus", 0.3, None), "7d_opus ▰▰▱▱▱  30%        "),
    ],
    ids=["used", "full", "reset has passed", "unknown", "no reset"],
)
def test_window(window: Window, written: str) -> None:
    line = "".join(piece.text for piece in draw(window, 5, NOW))
    assert line == written
    assert len(line) == quota_bar.name_width(window) + 1 + 5 + quota_bar.FIGURES_WIDTH


def test_fullest_windows_stay_when_room_is_short() -> None:
    windows = (Window("5h", 0.2, None), Window("7d", 0.9, None), Window("7d_opus", 0.5, None))
    assert [window.name for window in pressing(windows, 2, NOW)] == ["7d", "7d_opus"]


def test_rejected_window_is_bad_before_it_is_full() -> None:
    assert "bad" in {piece.style for piece in draw(Window("5h", 0.4, NOW + 9, status="rejected"), 5, NOW)}
