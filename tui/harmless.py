"""The last look at what goes to the terminal: no text acts on it, wherever it came from.

Texts from outside are made harmless where they are read (`records.py`); this is for one that was forgotten there, for
what people paste, and for the toasts, titles and inputs that Textual draws itself.
"""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from router_core.text import plain


class Harmless(LineFilter):
    """Takes escape sequences, control and invisible characters out of every line; a space stands in for one cell."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The very same list where there is nothing to take out: nearly always."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [_harmless(segment) for segment in segments]


def _harmless(segment: Segment) -> Segment:
    if segment.control or segment.text.isprintable():
        return segment
    text = plain(segment.text)
    missing = segment.cell_length - Segment(text).cell_length
    return Segment(text + " " * max(0, missing), segment.style)
