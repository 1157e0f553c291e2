"""Long text to read: wrapped to the width, drawn line by line, JSON coloured only where it is seen."""

import re
from collections.abc import Callable, Iterator, Sequence

from rich.cells import chop_cells
from textual import work
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import get_current_worker

from tui.widgets.cells import Piece, strip_of

type Line = str | list[Piece]
"""A plain line is wrapped and coloured as JSON; pieces are drawn as they are."""

COLOUR_MOST = 8000
"""Longer lines (whole bodies on one line) are not coloured when they must be cut."""
_JSON = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<string>"(?:[^"\\]|\\.)*")|(?P<number>-?\b\d[\d.eE+-]*\b|\btrue\b|\bfalse\b|\bnull\b)'
)


class TextPane(ScrollView, can_focus=True):
    """Shows what `make(width)` returns, again when the width changes; made in a thread, for bodies can be long."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._make: Callable[[int], Sequence[Line]] | None = None
        self._made_for = 0
        self._lines: list[Line] = []
        self._sought = ""

    @property
    def text(self) -> str:
        """What is shown, wrapped as it is."""
        return "\n".join(map(_text_of, self._lines))

    def show(self, make: Callable[[int], Sequence[Line]], *, from_top: bool) -> None:
        """Show something else, or (`from_top=False`) the same thing as it is now."""
        self._make = make
        if from_top:
            self.scroll_to(y=0, animate=False)
        self._remake()

    def begin_at(self, line: str) -> None:
        """Scroll to the first line that begins so, as soon as there is one."""
        place = next((place for place, each in enumerate(self._lines) if _text_of(each).startswith(line)), None)
        self._sought = line if place is None else ""
        if place is not None:
            self.scroll_to(y=place, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        if self.size.width != self._made_for:
            self._remake()

    def _remake(self) -> None:
        if self._make and self.size.width:
            self._made_for = self.size.width
            self._make_lines(self._make, self.size.width)

    @work(thread=True, exclusive=True)
    def _make_lines(self, make: Callable[[int], Sequence[Line]], width: int) -> None:
        worker = get_current_worker()
        lines = [part for line in make(width) for part in wrap(line, width)]
        if not worker.is_cancelled:
            self.app.call_from_thread(self._set_lines, lines, width)

    def _set_lines(self, lines: list[Line], width: int) -> None:
        self._lines = lines
        self.virtual_size = Size(width, len(lines))
        if self._sought:
            self.begin_at(self._sought)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        place = self.scroll_offset.y + y
        if place >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        line = self._lines[place]
        pieces = list(coloured(line)) if isinstance(line, str) else line
        return strip_of(pieces, self.size.width, self, self.rich_style)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()


def _text_of(line: Line) -> str:
    return line if isinstance(line, str) else "".join(piece.text for piece in line)


def wrap(line: Line, width: int) -> list[Line]:
    """A plain line cut to the width, by cells."""
    if not isinstance(line, str) or len(line) * 2 <= width or (line.isascii() and len(line) <= width):
        return [line]
    if line.isascii():
        parts = [line[start : start + width] for start in range(0, len(line), width)]
    else:
        parts = list(chop_cells(line, width))
    if len(line) > COLOUR_MOST:
        return [[Piece(part)] for part in parts]
    return list(_cut_alike(list(coloured(line)), parts))


def _cut_alike(pieces: list[Piece], parts: list[str]) -> Iterator[list[Piece]]:
    """The pieces of a line, cut where its parts were: a string keeps its colour on its second line."""
    rest = [piece for piece in reversed(pieces) if piece.text]
    for part in parts:
        room, cut = len(part), []
        while room and rest:
            text, style = rest.pop()
            cut.append(Piece(text[:room], style))
            if len(text) > room:
                rest.append(Piece(text[room:], style))
            room -= len(cut[-1].text)
        yield cut


def coloured(line: str) -> Iterator[Piece]:
    """The line with its JSON strings, keys and numbers told apart."""
    end = 0
    for match in _JSON.finditer(line):
        yield Piece(line[end : match.start()])
        yield Piece(match.group(), match.lastgroup or "")
        end = match.end()
    yield Piece(line[end:])
