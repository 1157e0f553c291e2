"""Which service a new token is of: a list that typing narrows."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.admin import AdminError
from tui.token_api import ProviderRow, TokenApi
from tui.widgets.cells import Piece, fitted
from tui.widgets.hot_line import KeyBar
from tui.widgets.line_list import LineList

KEYS = (("enter", "⏎", "take it"), ("up", "↑", "/"), ("down", "↓", "move"), ("escape", "Esc", "leave"))


class ProviderList(LineList, can_focus=False):
    """Beside an input that keeps the focus."""

    def __init__(self, *, logins: bool, id: str) -> None:
        super().__init__(id=id)
        self._logins = logins
        self._rows: Sequence[ProviderRow] = ()
        self.asking = True

    @property
    def selected(self) -> ProviderRow | None:
        return self._rows[self.cursor] if self._rows else None

    def show(self, rows: Sequence[ProviderRow], first: str = "") -> None:
        before = self.selected
        wanted = before.name if before else first
        self._rows = rows
        self.resize_lines()
        place = next((at for at, row in enumerate(rows) if row.name == wanted), 0)
        self.set_reactive(LineList.cursor, place)
        self.show_cursor()
        self.refresh()

    @property
    def is_active(self) -> bool:
        return True

    def item_count(self) -> int:
        return len(self._rows)

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        row = self._rows[item]
        mark = Piece("▸ " if item == self.cursor else "  ", "hint")
        have = f"{row.tokens} here" if row.tokens else ""
        how = fitted(_ways(row) if self._logins else row.credential, max(0, width - 2 - 15 - 22 - 9))
        return [
            mark, Piece(fitted(row.name, 14)), Piece(" " + fitted(row.title, 21), "strong"),
            Piece(" " + fitted(have, 7), "good"), Piece(f" {how}", "dim"),
        ]  # fmt: skip

    def draw_header(self, width: int) -> list[Piece]:
        return [
            Piece("  " + fitted("PROVIDER", 14) + " " + fitted("SERVICE", 21) + " TOKENS  WHERE A CREDENTIAL IS FROM")
        ]

    def draw_empty(self, width: int) -> list[list[Piece]]:
        if self.asking:
            return [[Piece("  The router is asked …", "dim")]]
        lines = [[Piece("  No service is called like that.", "dim")]]
        if not self._logins:
            own = "token add NAME --provider P --base-url URL --access-token-stdin"
            lines += [[Piece("  For one of your own, in a terminal:", "dim")], [Piece(f"  {own}", "hint")]]
        return lines


class ChooseProvider(ModalScreen[ProviderRow | None]):
    """Ends with the service; None when nothing was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("up", "list('move', -1)", "up", priority=True),
        Binding("down", "list('move', 1)", "down", priority=True),
        Binding("pageup", "list('page', -1)", "page up", priority=True),
        Binding("pagedown", "list('page', 1)", "page down", priority=True),
    ]

    def __init__(self, api: TokenApi, title: str, *, logins: bool, first: str = "") -> None:
        """
        Args:
            logins: only those that one can log in to; else those that take keys.
            first: where the cursor is.
        """
        super().__init__()
        self._api, self._heading, self._logins, self._first = api, title, logins, first
        self._rows: list[ProviderRow] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="chooser") as box:
            box.border_title = self._heading
            yield Input(placeholder="type a part of a service's name", id="wanted-provider", compact=True)
            yield ProviderList(logins=self._logins, id="providers")
            yield Static(id="problem")
            yield KeyBar(KEYS, id="form-keys")

    def on_mount(self) -> None:
        self._list = self.query_one(ProviderList)
        self._input = self.query_one(Input)
        self._input.focus()
        self._ask()

    @work(exclusive=True, group="providers")
    async def _ask(self) -> None:
        try:
            rows = await self._api.providers()
        except AdminError as error:
            shown = self.query_one("#problem", Static)
            shown.update(Text(str(error), self.app.current_theme.error or "red"))
            shown.add_class("shown")
            rows = []
        self._list.asking = False
        self._rows = [row for row in rows if (row.login if self._logins else _takes_keys(row))]
        self._show()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._take()

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        event.stop()
        self._take()

    def action_list(self, how: str, by: int) -> None:
        if how == "move":
            self._list.action_move(by)
        else:
            self._list.action_page(by)

    def action_leave(self) -> None:
        self.dismiss(None)

    def _take(self) -> None:
        if (row := self._list.selected) is not None:
            self.dismiss(row)

    def _show(self) -> None:
        words = self._input.value.lower().split()
        fits = [row for row in self._rows if all(word in f"{row.name} {row.title}".lower() for word in words)]
        self._list.show(fits, self._first)


def _takes_keys(row: ProviderRow) -> bool:
    """Kinds whose accounts one logs in to have no keys at all."""
    return row.kind not in ("copilot", "code-assist", "antigravity")


def _ways(row: ProviderRow) -> str:
    """How one logs in, in a few words."""
    words = {"browser": "a browser here", "paste": "a browser anywhere", "device": "a code on any device"}
    return ", ".join(words.get(way, way) for way in row.ways) or "what this machine has"
