"""`label  text` lines, headings, and prose that is broken at blanks: what all tabs of a request are made of."""

from dataclasses import dataclass

from rich.cells import cell_len

from router_core.clock import Clock
from router_core.home import Home
from router_core.text import plain_lines
from router_core.trace.words import target_text
from tui.records import Trace
from tui.sanitize import Sanitizer
from tui.widgets.breaking import broken, wrapped
from tui.widgets.cells import Piece, fitted
from tui.widgets.text_pane import Line

LABEL = 12
PROSE = 100
"""Longer lines are hard to read."""


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at, and how."""

    trace: Trace
    clock: Clock
    home: Home
    sanitizer: Sanitizer

    def __post_init__(self) -> None:
        """Names and ids are met here first, so that they are recognised within sentences."""
        row, names = self.trace.request, self.sanitizer
        if names.on:
            for name in (row.token, row.project, row.client_key, *(each.token for each in self.trace.attempts)):
                names.name(name)
            for whole in (row.id, row.session, row.agent):
                for part in (whole, whole[:8], whole[-12:]):
                    names.id(part)

    @property
    def now_ms(self) -> float:
        return self.clock.now() * 1000

    @property
    def target(self) -> str:
        """`provider/model`."""
        request = self.trace.request
        return target_text(request.provider, request.model)


def fact(
    label: str, text: str, width: int, label_width: int = LABEL, look: str = "", label_look: str = "dim"
) -> list[Line]:
    """`label  text`, the text wrapped beside the label."""
    parts = wrapped(text, min(width, PROSE + label_width) - label_width - 1)
    if cell_len(label) >= label_width:  # too long to stand beside: above
        return [[Piece(label, label_look)], *([Piece(" " * label_width), Piece(part, look)] for part in parts)]
    names = [label] + [""] * (len(parts) - 1)
    return [
        [Piece(fitted(name, label_width), label_look), Piece(part, look)]
        for name, part in zip(names, parts, strict=True)
    ]


def heading(title: str, beside: str = "") -> Line:
    return [Piece(title, "strong"), Piece(f"  {beside}" if beside else "", "dim")]


def indented(lines: list[Line], by: str = "  ") -> list[Line]:
    return [[Piece(by), *([Piece(line)] if isinstance(line, str) else line)] for line in lines]


def prose(text: str, width: int, look: str = "", margin: Piece | None = None) -> list[Line]:
    """Somebody's words, harmless, broken at blanks."""
    room = min(width, PROSE) - (cell_len(margin.text) if margin else 0)
    before = [margin] if margin else []
    return [[*before, Piece(part, look)] for line in plain_lines(text) for part in broken(line, room)]
