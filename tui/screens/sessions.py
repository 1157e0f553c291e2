"""The sessions of clients: one opens with its turns."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from router_core.store.sessions import SessionRow
from tui.lock_choices import chosen_of
from tui.page import Context, Page
from tui.screens.session import SessionScreen
from tui.session_reading import PAGE, listed
from tui.widgets.line_list import LineList
from tui.widgets.session_table import SessionTable

READ_EVERY_S = 1.0
"""A list of sums does not change faster than anyone reads."""
FILTER_DELAY_S = 0.1


class SessionsPage(Page):
    """A list that is read again while requests come."""

    NAME = "Sessions"
    KEYS = (("enter", "⏎", "open"), ("slash", "/", "filter"), ("r", "r", "its requests"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter"),
        Binding("escape", "clear_filter", "clear the filter"),
        Binding("r", "requests", "go to the requests of the chosen session"),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._read_at = 0.0
        self._stale = False

    def body(self) -> ComposeResult:
        placeholder = "/ to filter: words of session, project, client, provider, model"
        yield Input(placeholder=placeholder, id="words", compact=True, password=self.context.sanitizer.on)
        yield SessionTable(self.context.clock, self.context.program, self.context.sanitizer, id="sessions")

    def on_mount(self) -> None:
        self._table = self.query_one(SessionTable)
        self._table.focus()
        self.set_interval(READ_EVERY_S, self._read_if_stale)
        self._read()

    @property
    def table(self) -> SessionTable:
        return self._table

    @property
    def chosen_target(self) -> str:
        row = self._table.selected
        return chosen_of(row.provider, row.model) if row else ""

    def arrive(self, at: str) -> None:
        self.app.push_screen(SessionScreen(self.context, at, self._step))

    # What is read.

    def requests_committed(self) -> None:
        self._stale = True

    def _read_if_stale(self) -> None:
        if self._stale and self.is_current:
            self._read()

    def _read(self) -> None:
        self._stale = False
        text = self._table.filter
        self.ask(
            lambda databases: listed(databases, text, None),
            lambda rows: self._show(rows, text),
            about="the list",
        )

    def _show(self, rows: list[SessionRow], text: str) -> None:
        if text == self._table.filter:
            self._table.show(rows, len(rows) < PAGE)

    def unanswered(self, why: str) -> None:
        self._table.show([], True, why)

    def on_session_table_older_wanted(self, event: SessionTable.OlderWanted) -> None:
        text = self._table.filter
        self.ask(
            lambda databases: listed(databases, text, event.before),
            lambda rows: self._table.append(rows, len(rows) < PAGE) if text == self._table.filter else None,
            about="older",
        )

    # What people do.

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        if row := self._table.selected:
            self.app.push_screen(SessionScreen(self.context, row.session, self._step))

    def _step(self, by: int) -> str | None:
        before = self._table.cursor
        self._table.go_to(before + by)
        row = self._table.selected
        return row.session if row and self._table.cursor != before else None

    def action_requests(self) -> None:
        if row := self._table.selected:
            self.go("Requests", f"session:{row.session}")

    def action_filter(self) -> None:
        self.query_one("#words", Input).focus()

    def action_clear_filter(self) -> None:
        self.query_one("#words", Input).value = ""
        self._table.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        text = event.value.strip()
        if text != self._table.filter:
            self._table.filter = text
            self._table.clear()
            self.set_timer(FILTER_DELAY_S, lambda: self._read() if text == self._table.filter else None)

    def on_input_submitted(self) -> None:
        self._table.focus()
