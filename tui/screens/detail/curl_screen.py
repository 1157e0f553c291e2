"""A request as a curl command: shown, and put into the clipboard of the terminal (OSC 52)."""

from dataclasses import asdict
from typing import ClassVar

from rich.cells import chop_cells
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from router_core.cli.trace_curl import curl_of
from router_core.text import plain_lines
from tui.page import Context
from tui.records import Trace
from tui.screens.detail.facts import prose
from tui.widgets.cells import Piece
from tui.widgets.text_pane import Line, TextPane

NOTE = (
    "In the clipboard, if your terminal allows that (OSC 52). The token is read from its file: it does not stand here."
)
COPY_MOST = 75_000
"""More does not pass through most terminals."""


class CurlScreen(ModalScreen[None]):
    """Esc closes it, `c` copies again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "close"),
        Binding("c", "copy", "copy"),
    ]

    def __init__(self, context: Context, trace: Trace) -> None:
        super().__init__()
        self.context, self._trace = context, trace
        self._command = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="curl") as box:
            box.border_title = "As curl"
            box.border_subtitle = "c copies · Esc closes"
            yield TextPane(id="command")

    def on_mount(self) -> None:
        self.query_one(TextPane).focus()
        self._make()

    @work(thread=True, exclusive=True)
    def _make(self) -> None:
        """In a thread: the configuration is read, and a body may be long."""
        trace = self._trace
        command = curl_of(
            self.context.home, asdict(trace.request), [asdict(each) for each in trace.attempts],
            [asdict(each) for each in trace.bodies],
        )  # fmt: skip
        self.app.call_from_thread(self._show, command)

    def _show(self, command: str) -> None:
        self._command = command
        shown = self.context.sanitizer.text(command) if self.context.sanitizer.on else command
        lines: list[Line] = [[Piece(line)] for line in plain_lines(shown)]
        note = NOTE if len(command) <= COPY_MOST else "Too long for a clipboard: `trace show ID --curl` prints it."
        if self.context.sanitizer.on:
            note = "Not copied: it would hold names and texts as they are. Start without --sanitized for that."
        pane = self.query_one(TextPane)
        pane.show(lambda width: [*prose(note, width, "dim"), "", *wrapped(lines, width)], from_top=True)
        self.action_copy()

    def action_copy(self) -> None:
        if self._command and len(self._command) <= COPY_MOST and not self.context.sanitizer.on:
            self.app.copy_to_clipboard(self._command)

    def action_close(self) -> None:
        self.dismiss()


def wrapped(lines: list[Line], width: int) -> list[Line]:
    """Lines of one piece cut to the width; where they continue is seen by the margin."""
    found: list[Line] = []
    for line in lines:
        text, style = (
            (line, "") if isinstance(line, str) else ("".join(p.text for p in line), line[0].style if line else "")
        )
        found += [[Piece(part, style)] for part in chop_cells(text, max(2, width)) or [""]]
    return found
