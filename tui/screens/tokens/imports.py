"""The credentials that other programs of this machine have, to be ticked and taken over."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.admin import AdminError
from tui.sanitize import Sanitizer
from tui.token_api import FoundRow, TokenApi
from tui.widgets.cells import Piece, fitted
from tui.widgets.hot_line import KeyBar
from tui.widgets.line_list import LineList

KEYS = (("space", "␣", "tick"), ("a", "a", "all"), ("enter", "⏎", "import"), ("escape", "Esc", "leave"))
BOX = 5
"""Cells of a line that a click ticks."""
SHARING = (
    "Shared: what that program renews is adopted here, what is renewed here is written back there. Recommended is a "
    "login of the router's own (l)."
)


class FoundList(LineList):
    """Two lines of each find: what would become of it, and where it is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "tick", "tick"), Binding("a", "all", "all")]

    def __init__(self, sanitizer: Sanitizer, *, id: str) -> None:
        super().__init__(id=id)
        self._sanitizer = sanitizer
        self.rows: Sequence[FoundRow] = ()
        self.ticked: set[str] = set()
        self.asking = True

    def show(self, rows: Sequence[FoundRow]) -> None:
        """What can be taken comes first, and is ticked."""
        self.asking = False
        self.rows = sorted(rows, key=lambda row: not row.possible)
        self.ticked = {row.id for row in rows if row.possible}
        self.resize_lines()
        self.refresh()

    def item_count(self) -> int:
        return len(self.rows)

    def first_line(self, item: int) -> int:
        return 2 * item

    def height_of(self, item: int) -> int:
        return 2

    def item_at(self, line: int) -> int:
        return line // 2

    def line_total(self) -> int:
        return 2 * len(self.rows)

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        row = self.rows[item]
        if line:
            where = self._sanitizer.text(row.where) if self._sanitizer.on else row.where
            shared = f"  shared with {row.shared_with.partition(' (')[0]}" if row.shared_with and row.possible else ""
            return [Piece("      "), Piece(fitted(where, max(10, width - 8 - len(shared))).rstrip(), "dim"),
                    Piece(shared, "warn")]  # fmt: skip
        box = ("[x] " if row.id in self.ticked else "[ ] ") if row.possible else "    "
        account = self._sanitizer.name(row.account) if row.account else "–"
        name = self._sanitizer.name(row.name)
        does = {"add": f"new: {name}", "update": f"renews {name}"}.get(row.action, row.because)
        style = "good" if row.possible else "dim"
        kind, who = _widths(width)
        left = max(0, width - 16 - kind - who)
        return [
            Piece(f" {box}", "hint"), Piece(fitted(row.provider, 9), "strong" if row.possible else "dim"),
            Piece(f" {fitted(row.kind, kind)} {fitted(account, who)} ", "dim"), Piece(fitted(does, left), style),
        ]  # fmt: skip

    def draw_header(self, width: int) -> list[Piece]:
        kind, who = _widths(width)
        return [Piece(f"     {fitted('PROVIDER', 9)} {fitted('WHAT', kind)} {fitted('ACCOUNT', who)} IMPORT")]

    def draw_empty(self, width: int) -> list[list[Piece]]:
        if self.asking:
            return [[Piece("  Looking through this machine …", "dim")]]
        return [
            [Piece("  No other program of this machine has a credential that we know how to read.", "strong")],
            [Piece("  Esc, then l logs in to an account, a adds a key.", "dim")],
        ]

    def on_click(self, event: events.Click) -> None:
        """On a box: it is ticked."""
        super().on_click(event)
        event.prevent_default()  # Textual would call the base's handler once more
        place = event.get_content_offset(self)
        if place is not None and place.x < BOX and event.chain == 1:
            self.action_tick()

    def action_tick(self) -> None:
        if self.rows and (row := self.rows[self.cursor]).possible:
            self.ticked ^= {row.id}
            self.refresh()

    def action_all(self) -> None:
        possible = {row.id for row in self.rows if row.possible}
        self.ticked = set() if self.ticked == possible else possible
        self.refresh()


class ImportTokens(ModalScreen[list[tuple[str, str, list[str]]] | None]):
    """Ends with what was imported."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave")]

    def __init__(self, api: TokenApi, sanitizer: Sanitizer) -> None:
        super().__init__()
        self._api, self._sanitizer = api, sanitizer

    def compose(self) -> ComposeResult:
        with Vertical(classes="chooser") as box:
            box.border_title = "Take over what other programs have"
            yield FoundList(self._sanitizer, id="found")
            yield Static(SHARING, classes="note warned", id="sharing", markup=False)
            yield Static(id="problem")
            yield KeyBar(KEYS, id="form-keys")

    def on_mount(self) -> None:
        self._list = self.query_one(FoundList)
        self._list.focus()
        self._look()

    @work(exclusive=True, group="imports")
    async def _look(self) -> None:
        try:
            self._list.show(await self._api.found())
        except AdminError as error:
            self._list.show([])
            self._tell(str(error))
        self.query_one("#sharing").set_class(any(row.shared_with for row in self._list.rows if row.possible), "shown")

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        event.stop()
        self._take()

    def action_leave(self) -> None:
        self.dismiss(None)

    @work(exclusive=True, group="imports")
    async def _take(self) -> None:
        chosen = [row.id for row in self._list.rows if row.id in self._list.ticked]
        if not chosen:
            self._tell("Nothing is ticked: the space bar ticks.")
            return
        self._tell("")
        try:
            done = await self._api.take(chosen)
        except AdminError as error:
            self._tell(str(error))
        else:
            self.dismiss(done)

    def _tell(self, text: str) -> None:
        shown = self.query_one("#problem", Static)
        shown.update(Text(text, self.app.current_theme.error or "red"))
        shown.set_class(bool(text), "shown")


def _widths(width: int) -> tuple[int, int]:
    """Of what it is, and of the account."""
    return (17, 26) if width >= 90 else (8, 20)
