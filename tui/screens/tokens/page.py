"""The Tokens page: what needs a look, all tokens, and the chosen one in full; all that can be done with them."""

from dataclasses import replace
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from router_core.errors import RouterError
from router_core.tokens.history import History, history_of
from router_core.tokens.token import Token
from tui import messages
from tui.admin import AdminError
from tui.asking import Databases
from tui.page import Context
from tui.screens.tokens.actions import TokenActions
from tui.token_detail import NO_HISTORY, Shown, detail_lines
from tui.token_notices import notices
from tui.widgets.cells import Piece
from tui.widgets.first_steps import first_steps
from tui.widgets.line_list import LineList
from tui.widgets.notice_lines import NoticeLines
from tui.widgets.text_pane import Line, TextPane
from tui.widgets.token_table import Busy, TokenTable

COMMANDS = (
    ("token add NAME --provider claude", "a key or token of yours"),
    ("token import", "from Claude Code or Codex"),
    ("demo", "no account needed"),
)
WIDE = 150
"""From this width on the chosen token stands beside the table."""
ROOMY = 34
LOOK_EVERY_S = 2.0


class TokensPage(TokenActions):
    """Every change is made by the running router."""

    NAME = "Tokens"
    KEYS = (
        ("a", "a", "add"), ("l", "l", "log in"), ("i", "i", "import"), ("enter", "⏎", "edit"), ("t", "t", "test"),
        ("e", "e", "on/off"), ("K", "K", "/"), ("J", "J", "move"), ("w", "w", "wake"), ("r", "r", "renew"),
        ("x", "x", "remove"), ("u", "u", "usage"), ("T", "T", "test all"),
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "add a key or token"),
        Binding("l", "log_in", "log in to an account"),
        Binding("i", "import_", "import what other programs have"),
        Binding("E", "edit", "edit"),
        Binding("e", "toggle_enabled", "on/off"),
        Binding("K,shift+up", "move(-1)", "move up: it is taken earlier", priority=True),
        Binding("J,shift+down", "move(1)", "move down: it is taken later", priority=True),
        Binding("plus,equals_sign", "change_priority(1)", "priority + 1"),
        Binding("minus", "change_priority(-1)", "priority - 1"),
        Binding("t", "test", "test"),
        Binding("T", "test_all", "test all"),
        Binding("w", "wake", "end its rests"),
        Binding("r", "renew", "renew the login"),
        Binding("x,delete", "remove", "remove"),
        Binding("u", "ask_usage", "ask the providers for the usage"),
        Binding("tab,shift+tab", "switch_pane", "pane", priority=True, show=False),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._seen: messages.TokensChanged | None = None
        self._busy: Busy | None = None
        self._config_tokens: list[Token] = []
        self._history: tuple[str, History] = ("", NO_HISTORY)
        self._stale = False

    def body(self) -> ComposeResult:
        yield NoticeLines(self.context.sanitizer, id="notices")
        with Container(id="token-panes"):
            yield TokenTable(self.context.clock, self.context.sanitizer, id="token-table")
            yield TextPane(id="token-detail")

    def on_mount(self) -> None:
        self._table = self.query_one(TokenTable)
        self._detail = self.query_one("#token-detail", TextPane)
        self._notices = self.query_one(NoticeLines)
        self._table.focus()
        self.watch(self._table, "cursor", self._chosen, init=False)
        self._lay_out()
        self.set_interval(LOOK_EVERY_S, self._look)

    def on_resize(self, event: events.Resize) -> None:
        if self.is_composed:
            self._lay_out()
            self._show()

    def _lay_out(self) -> None:
        wide = self.size.width >= WIDE
        self.query_one("#token-panes").set_class(wide, "wide")

    # What is told.

    def tokens_changed(self, seen: messages.TokensChanged) -> None:
        self._seen = seen
        stored = {token.id: token.priority for token in seen.tokens}
        if not self._moves:
            self._wanted = {key: wanted for key, wanted in self._wanted.items() if stored.get(key) != wanted}
        self._show()
        self._ask_history()

    def requests_committed(self) -> None:
        """Sums of 30 days do not change faster than anyone reads."""
        self._stale = True

    def router_changed(self, seen: messages.RouterSeen) -> None:
        self._look()

    def second_passed(self) -> None:
        if self._stale:
            self._ask_history()
        if self._seen is not None:
            self._table.tick_clock()
            self._show_notices()
            self._show_detail(from_top=False)

    def arrive(self, at: str) -> None:
        self._table.choose(at)

    @work(exclusive=True, group="busy")
    async def _look(self) -> None:
        """What is under way with each: only the router knows."""
        if self.app.screen is not self and self._busy is not None:
            return
        try:
            busy, of_config = await self._api.busy()
        except AdminError:
            busy, of_config = None, []
        if (busy, of_config) != (self._busy, self._config_tokens):
            self._busy, self._config_tokens = busy, of_config
            self._show()

    def _show(self) -> None:
        if (seen := self._seen) is None:
            return
        tokens = [replace(token, priority=self._wanted.get(token.id, token.priority)) for token in seen.tokens]
        self._table.show([*tokens, *self._config_tokens], seen.problem, seen.known, self._busy)
        if self._looked_for and self._table.choose(self._looked_for):
            self._looked_for = ""
        self._show_notices()
        self._show_detail(from_top=False)

    def _show_notices(self) -> None:
        if (seen := self._seen) is None:
            return
        used = [token for token in seen.tokens if self._table.is_used(token)]
        most = 5 if self.size.height >= ROOMY else 2
        self._notices.show(notices(used, seen.known, self.context.clock.now()), most, has_tokens=bool(used))

    def _chosen(self) -> None:
        self._show_detail(from_top=True)
        self._ask_history()

    def _show_detail(self, *, from_top: bool) -> None:
        token = self._table.selected
        if token is None or self._seen is None:
            self._detail.show(lambda width: _without_any(self.context.program, width), from_top=from_top)
            return
        history = self._history[1] if self._history[0] == token.id else NO_HISTORY
        known = self._seen.known.get(token.id)
        shown = Shown(
            token, self.context.clock.now(), in_flight=self._table.in_flight(token), history=history,
            is_used=self._table.is_used(token), sanitizer=self.context.sanitizer, **({"known": known} if known else {}),
        )  # fmt: skip
        self._detail.show(lambda width: detail_lines(shown, width), from_top=from_top)

    def _ask_history(self) -> None:
        self._stale = False
        token, now = self._table.selected, self.context.clock.now()
        if token is None:
            return

        def question(databases: Databases) -> History:
            try:
                traces = databases.traces
            except RouterError:
                traces = None
            return history_of(databases.tokens.database, traces, token.id, token.name, now)

        def then(history: History) -> None:
            self._history = (token.id, history)
            if (selected := self._table.selected) is not None and selected.id == token.id:
                self._show_detail(from_top=False)

        self.ask(question, then, about="history")

    # What people do.

    def on_notice_lines_chosen(self, event: NoticeLines.Chosen) -> None:
        self._table.choose(event.token_id)
        self._table.focus()

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        event.stop()
        self.action_edit()

    def action_switch_pane(self) -> None:
        (self._detail if self._table.has_focus else self._table).focus()


def _without_any(program: str, width: int) -> list[Line]:
    """The same in a terminal, and what needs no account."""
    return [[Piece("Or in a terminal", "strong")], *first_steps(program, COMMANDS, width)]
