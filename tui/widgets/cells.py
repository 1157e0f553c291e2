"""Pieces of styled text that become one line of the terminal, counted in cells (a wide character is two)."""

from collections.abc import Iterable
from itertools import groupby
from typing import Literal, NamedTuple, Protocol, cast

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

STYLES = frozenset(
    f"line--{name}"
    for name in (
        *("header", "cursor", "cursor-idle", "dim", "strong", "hint", "good", "warn", "bad", "busy"),
        *("alert", "current", "line", "match", "key", "string", "number"),
        *(f"series-{place}" for place in range(1, 7)),
    )
)
"""Component classes of the app; what they look like is in `theme.tcss`."""


class StylesApp(Protocol):
    """The app, as far as widgets that draw pieces need it. It resolves the styles, once: Textual would do it for every
    such widget, which was most of the time that it took to open a page."""

    def line_style(self, name: str) -> Style: ...


def line_style(widget: Widget, name: str) -> Style:
    """One of the styles as it is now; "" is none."""
    return cast(StylesApp, widget.app).line_style(name)


class Piece(NamedTuple):
    """Some text and the name of its style (see `theme.tcss`, `.line--…`); no markup is read in it."""

    text: str
    style: str = ""


def fitted(text: str, width: int, align: Literal["left", "right"] = "left") -> str:
    """Exactly `width` cells: padded, or cut with an ellipsis."""
    simple = text.isascii()  # nearly always; and what comes from outside has no control characters by now
    length = len(text) if simple else cell_len(text)
    if length > width:
        if simple and width > 0:
            return text[: width - 1] + "…"
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    padding = " " * (width - length)
    return padding + text if align == "right" else text + padding


def strip_of(pieces: Iterable[Piece], width: int, widget: Widget, base: Style) -> Strip:
    """One line, `width` cells wide, on the base style. Neighbours of one style become one piece: fewer are faster."""
    styles = cast(StylesApp, widget.app).line_style
    segments = [
        Segment("".join(piece.text for piece in group), base + styles(style) if style else base)
        for style, group in groupby(pieces, key=_style)
    ]
    return Strip(segments).adjust_cell_length(width, base)


def _style(piece: Piece) -> str:
    return piece.style
