"""Which value of the chosen request the list is filtered by: a letter, or the arrows and Enter."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui.records import RequestRow
from tui.sanitize import Sanitizer
from tui.widgets.cells import Piece, fitted
from tui.widgets.line_list import LineList

LETTERS = {
    "m": "model", "t": "token", "s": "session", "o": "project", "p": "provider", "c": "client", "y": "key",
    "u": "status", "a": "state",
}  # fmt: skip


def values_of(row: RequestRow) -> list[tuple[str, str, str]]:
    """(letter, name in a filter, value) of what this request can be filtered by."""
    found = {
        "model": row.model, "token": row.token, "session": row.session, "project": row.project,
        "provider": row.provider, "client": row.client, "key": row.client_key,
        "status": "" if row.status is None else str(row.status), "state": row.state,
    }  # fmt: skip
    return [(letter, name, found[name]) for letter, name in LETTERS.items() if found[name]]


class ValueList(LineList):
    """A value per line."""

    def __init__(self, values: Sequence[tuple[str, str, str]], sanitizer: Sanitizer, *, id: str) -> None:
        super().__init__(id=id)
        self.values = values
        self._sanitizer = sanitizer

    def on_mount(self) -> None:
        self.resize_lines()

    def item_count(self) -> int:
        return len(self.values)

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        letter, name, value = self.values[item]
        if name in ("token", "project", "key"):
            value = self._sanitizer.name(value)
        elif name == "session":
            value = self._sanitizer.id(value)
        room = max(8, width - 14)
        return [Piece(f" {letter}  ", "hint"), Piece(fitted(name, 9), "dim"), Piece(fitted(value, room))]

    def draw_header(self, width: int) -> list[Piece]:
        return [Piece(" Enter, or the letter; the same again takes it out")]

    def draw_empty(self, width: int) -> list[list[Piece]]:
        return [[Piece(" It has nothing to filter by.", "dim")]]


class FilterByScreen(ModalScreen[tuple[str, str] | None]):
    """Gives (name, value), or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,equals_sign,q", "close", "close")]

    def __init__(self, row: RequestRow, sanitizer: Sanitizer) -> None:
        super().__init__()
        self._values = values_of(row)
        self._sanitizer = sanitizer

    def compose(self) -> ComposeResult:
        with Vertical(id="filter-by") as box:
            box.border_title = "Only requests with the same …"
            yield ValueList(self._values, self._sanitizer, id="values")

    def on_mount(self) -> None:
        self.query_one("#filter-by").styles.height = len(self._values) + 3

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        self._take(event.item)

    def on_key(self, event: events.Key) -> None:
        for place, (letter, _, _) in enumerate(self._values):
            if event.key == letter:
                event.stop()
                self._take(place)

    def _take(self, place: int) -> None:
        _, name, value = self._values[place]
        self.dismiss((name, value))

    def action_close(self) -> None:
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)
