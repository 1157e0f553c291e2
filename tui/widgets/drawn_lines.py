"""Lines kept as they were drawn: what was seen a moment ago, and is the same now, is not put together again."""

from collections.abc import Callable, Hashable

from textual.strip import Strip

MOST = 400
"""Some screens full; a line takes a few kilobytes."""


class DrawnLines:
    """By what they look like (place of the line, width, cursor …) and by the very object that they show."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, tuple[object, Strip]] = {}

    def line(self, look: Hashable, shown: object, draw: Callable[[], Strip]) -> Strip:
        """The line as it was drawn, or is now. A row that has changed is another object: then it is drawn again."""
        kept = self._lines.get(look)
        if kept is not None and kept[0] is shown:
            return kept[1]
        if len(self._lines) >= MOST:
            self._lines.clear()  # simpler than to know the oldest, and a screen is drawn quickly
        strip = draw()
        self._lines[look] = shown, strip
        return strip

    def forget(self) -> None:
        """Colours, width or columns are other ones."""
        self._lines.clear()
