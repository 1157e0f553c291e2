"""A line is put together once for what it shows and what it looks like."""

from textual.strip import Strip

from tui.widgets.drawn_lines import MOST, DrawnLines


def test_the_same_object_in_the_same_look_is_drawn_once() -> None:
    lines, drawn = DrawnLines(), []

    def draw() -> Strip:
        drawn.append(1)
        return Strip.blank(3)

    row = object()
    first = lines.line(("a", 80), row, draw)
    assert lines.line(("a", 80), row, draw) is first
    assert len(drawn) == 1
    lines.line(("a", 81), row, draw)
    lines.line(("a", 80), object(), draw)
    assert len(drawn) == 3
    lines.forget()
    lines.line(("a", 81), row, draw)
    assert len(drawn) == 4


def test_no_more_than_some_screens_full_are_kept() -> None:
    lines, row = DrawnLines(), object()
    for number in range(3 * MOST):
        lines.line(number, row, lambda: Strip.blank(1))
        assert len(lines._lines) <= MOST
