"""A text area for TOML: coloured, lines with a problem underlined. Textual's own highlighting needs a parser that is no
part of this program."""

from collections.abc import Collection

from rich.style import Style
from rich.text import Text
from textual.widgets import TextArea

from tui.toml_colours import Spans, spans
from tui.widgets.cells import line_style

MOST_COLOURED = 300_000
"""Characters; longer texts are shown plain."""


class TomlArea(TextArea):
    """Read-only until `read_only` is False."""

    def __init__(self, *, id: str) -> None:
        super().__init__("", id=id, show_line_numbers=True, soft_wrap=False, read_only=True, tab_behavior="indent")
        self.indent_width = 2
        self._spans: Spans = {}
        self._coloured = ""
        self._wrong: frozenset[int] = frozenset()

    def mark(self, lines: Collection[int]) -> None:
        """Underline these, from 1."""
        wrong = frozenset(line - 1 for line in lines)
        if wrong != self._wrong:
            self._wrong = wrong
            self._line_cache.clear()
            self.refresh()

    def show_line(self, line: int) -> None:
        """Put the cursor there, from 1."""
        self.move_cursor((max(0, min(line - 1, self.document.line_count - 1)), 0), center=True)

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        text = self.text
        if text is not self._coloured and text != self._coloured:
            self._coloured = text
            self._spans = spans(text) if len(text) <= MOST_COLOURED else {}
        for start, end, name in self._spans.get(line_index, ()):
            line.stylize(line_style(self, name), start, end)
        if line_index in self._wrong:
            line.stylize(Style(underline=True) + line_style(self, "bad"))
        return line

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._line_cache.clear()
