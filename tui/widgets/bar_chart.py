"""Stacked bars over time, drawn in eighths of a cell, so that a small difference is seen and neighbours stay apart.

Libraries for this (plotext) draw them in whole cells, of uneven widths and without a gap.
"""

from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import fitted, line_style

EIGHTHS = " ▁▂▃▄▅▆▇█"
AXIS = 8
"""Cells for the figures at the left."""
LABEL = 8
"""Cells between two labels below, at least."""


class BarChart(Widget):
    """`show` gives it bars; each is a list of values, one for each series, drawn from below."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._bars: Sequence[tuple[str, Sequence[float]]] = ()
        self._text: Callable[[float], str] = str

    def show(self, bars: Sequence[tuple[str, Sequence[float]]], text: Callable[[float], str]) -> None:
        """
        Args:
            bars: (label, value of each series), in order.
            text: how a value is written at the axis.
        """
        self._bars, self._text = bars, text
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, height = self.size.width, self.size.height
        base, dim = self.rich_style, self.rich_style + line_style(self, "dim")
        rows = height - 1
        top = max((sum(values) for _, values in self._bars), default=0.0)
        if rows < 1 or not self._bars:
            return Strip.blank(width, base)
        bars, bar_width, gap = placed(self._bars, width - AXIS)
        if y == rows:
            return Strip([Segment(" " * AXIS + labels(bars, bar_width + gap, width - AXIS), dim)], width)
        row = rows - 1 - y  # from below
        axis = self._text(top) if y == 0 and top else self._text(top / 2) if rows > 4 and y == rows // 2 else ""
        segments = [Segment(f"{fitted(axis, AXIS - 1, 'right')} ", dim)]
        for _, values in bars:
            segments.append(self._cell(values, top, row, rows, bar_width, base))
            if gap:
                segments.append(Segment(" " * gap, base))
        return Strip(segments).adjust_cell_length(width, base)

    def _cell(self, values: Sequence[float], top: float, row: int, rows: int, width: int, base: Style) -> Segment:
        low, eighths, high = cell(values, top, row, rows)
        if low is None:
            return Segment(" " * width, base)
        style = base + self._series(low)
        if high is not None:
            style += Style(bgcolor=self._series(high).color)
        return Segment(EIGHTHS[eighths] * width, style)

    def _series(self, place: int) -> Style:
        return line_style(self, series_style(place))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()


def series_style(place: int) -> str:
    """The name of a series' colour; the seventh is that of all others."""
    return f"series-{place + 1}" if place < 6 else "dim"


def placed(
    bars: Sequence[tuple[str, Sequence[float]]], width: int
) -> tuple[Sequence[tuple[str, Sequence[float]]], int, int]:
    """(the bars that fit, the newest of them if not all do; the width of one; the gap behind it)."""
    each = max(1, min(12, width // max(1, len(bars))))
    fit = bars[-(width // each) :] if width >= each else bars[:0]
    gap = 1 if each > 1 else 0
    return fit, each - gap, gap


def labels(bars: Sequence[tuple[str, Sequence[float]]], each: int, width: int) -> str:
    """As many as have room, each at the beginning of its bar."""
    line = ""
    for place, (label, _) in enumerate(bars):
        if label and place * each >= len(line) + (LABEL - 6 if line else 0) and place * each + len(label) <= width:
            line = line.ljust(place * each) + label
    return line.ljust(width)


def cell(values: Sequence[float], top: float, row: int, rows: int) -> tuple[int | None, int, int | None]:
    """What is to be seen in one cell of a bar: (series below, its eighths, series above it in the same cell).

    Args:
        row: from below.
        top: value of a bar that fills all rows.
    """
    if top <= 0:
        return None, 0, None
    floor, ceiling = row * 8, row * 8 + 8
    total = sum(values)
    filled = max(1, round(total / top * rows * 8)) if total > 0 else 0
    parts: list[tuple[int, int]] = []  # (eighths in this cell, series), from below
    below, reached = 0, 0.0
    for place, value in enumerate(values):
        reached += value
        above = round(reached / total * filled) if total > 0 else 0
        inside = min(above, ceiling) - max(below, floor)
        if inside > 0:
            parts.append((inside, place))
        below = above
    if not parts:
        return None, 0, None
    if filled < ceiling:  # the top of the bar: what is above it is empty
        return max(parts)[1], sum(inside for inside, _ in parts), None
    if len(parts) == 1:
        return parts[0][1], 8, None
    largest = sorted(sorted(parts, reverse=True)[:2], key=lambda part: part[1])
    (low, first), (high, second) = largest
    return first, max(1, min(7, round(8 * low / (low + high)))), second
