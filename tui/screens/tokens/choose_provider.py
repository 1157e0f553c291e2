"""Which service a new token is of: a list that typing narrows."""

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui.admin import AdminError
from tui.screens.narrowing import NarrowingScreen
from tui.token_api import ProviderRow, TokenApi
from tui.widgets.cells import Piece, fitted
from tui.widgets.hot_line import KeyBar
from tui.widgets.narrowed_list import NarrowedList

KEYS = (("enter", "⏎", "take it"), ("up", "↑", "/"), ("down", "↓", "move"), ("escape", "Esc", "leave"))
OWN = (
    ("One of your own is written into config.toml (Esc, then 9); it is in this list then:", "dim"),
    ('[providers.NAME]  kind = "openai-chat"  base_url = "URL"', "hint"),
    ("Or in a terminal, with its token:", "dim"),
    ("token add NAME --provider P --base-url URL --access-token-stdin", "hint"),
)


class ProviderList(NarrowedList[ProviderRow]):
    """Services."""

    def __init__(self, *, logins: bool, id: str) -> None:
        super().__init__(id=id)
        self._logins = logins
        self.asking = True

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        row = self.rows[item]
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
            lines += [[Piece(f"  {said}", style)] for said, style in OWN]
        return lines


class ChooseProvider(NarrowingScreen[ProviderRow | None]):
    """Ends with the service; None when nothing was chosen."""

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
        self.query_one(ProviderList).asking = False
        self._rows = [row for row in rows if (row.login if self._logins else _takes_keys(row))]
        self.again()

    def narrow(self, typed: str) -> None:
        words = typed.lower().split()
        fits = [row for row in self._rows if all(word in f"{row.name} {row.title}".lower() for word in words)]
        self.query_one(ProviderList).replace(fits, lambda row: row.name == self._first)

    def take(self) -> None:
        if (row := self.query_one(ProviderList).selected) is not None:
            self.dismiss(row)


def _takes_keys(row: ProviderRow) -> bool:
    """Kinds whose accounts one logs in to have no keys at all."""
    return row.kind not in ("copilot", "code-assist", "antigravity")


def _ways(row: ProviderRow) -> str:
    """How one logs in, in a few words."""
    words = {"browser": "a browser here", "paste": "a browser anywhere", "device": "a code on any device"}
    return ", ".join(words.get(way, way) for way in row.ways) or "what this machine has"
