"""The main screen: tokens above, live requests below."""

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input, Static

from router_core.clock import Clock
from tui import messages
from tui.admin import AdminApi, AdminError
from tui.figures import countdown
from tui.lock_choices import chosen_of
from tui.screens.detail import DetailScreen
from tui.source import Source
from tui.widgets.hot_line import KeyBar
from tui.widgets.line_list import LineList
from tui.widgets.request_table import RequestTable
from tui.widgets.token_list import TokenList
from tui.widgets.top_line import TopLine

KEYS = (
    ("e", "e", "on/off"),
    ("plus", "+", "/"),
    ("minus", "-", "prio"),
    ("t", "t", "test"),
    ("f", "f", "follow"),
    ("slash", "/", "filter"),
    ("enter", "⏎", "open"),
    ("tab", "⇥", "pane"),
    ("L", "L", "lock"),
    ("question_mark", "?", "help"),
    ("q", "q", "quit"),
    ("d", "d", "dark"),
)
SPIN_EVERY_S = 0.2
ASK_ROUTER_EVERY_S = 2.0
FILTER_DELAY_S = 0.1


class MainScreen(Screen[None]):
    """Passes what the source tells to the panes, and what people do to the router."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "toggle_enabled", "on/off"),
        Binding("plus,equals_sign", "change_priority(1)", "priority + 1"),
        Binding("minus", "change_priority(-1)", "priority - 1"),
        Binding("t", "test_token", "test"),
        Binding("u", "ask_usage", "usage"),
        Binding("f", "follow", "follow"),
        Binding("slash", "filter", "filter"),
        Binding("escape", "clear_filter", "clear the filter"),
        Binding("tab,shift+tab", "switch_pane", "pane", priority=True),
    ]

    def __init__(self, source: Source, api: AdminApi, clock: Clock, program: str) -> None:
        super().__init__()
        self._program = program
        self._source = source
        self._api = api
        self._clock = clock
        self._priorities: dict[str, int] = {}
        self._breakers: list[tuple[str, int, float, str]] = []
        self._down = ""
        self._banner = Text()
        self.routing_lock = messages.LockSeen()
        """As it was seen last."""

    def compose(self) -> ComposeResult:
        yield TopLine(self._clock, id="top")
        yield Static(id="banner")
        yield TokenList(self._clock, self._program, id="tokens")
        yield RequestTable(self._clock, self._program, id="requests")
        yield Input(placeholder="filter: model, provider, token, session, client, state", id="filter", compact=True)
        yield KeyBar(KEYS, id="keys")

    def on_mount(self) -> None:
        self._top = self.query_one(TopLine)
        self._tokens = self.query_one(TokenList)
        self._requests = self.query_one(RequestTable)
        self._filter = self.query_one("#filter", Input)
        self._requests.focus()
        self._source.start()
        self._source.show("")
        self._ask_router()
        self.set_interval(SPIN_EVERY_S, self._requests.tick)
        self.set_interval(1.0, self._tick)
        self.set_interval(ASK_ROUTER_EVERY_S, self._ask_router)

    # What the source tells.

    def on_tokens_changed(self, event: messages.TokensChanged) -> None:
        self._tokens.show(event.tokens, event.problem, event.known)
        stored = {token.name: token.priority for token in event.tokens}
        self._priorities = {name: wanted for name, wanted in self._priorities.items() if stored.get(name) != wanted}
        self._breakers = event.breakers
        self._show_banner()

    def on_requests_loaded(self, event: messages.RequestsLoaded) -> None:
        if event.filter == self._requests.filter:
            self._requests.load(event.rows, event.complete, event.total, event.problem)
            self._count_running()

    def on_requests_changed(self, event: messages.RequestsChanged) -> None:
        if event.filter == self._requests.filter:
            self._requests.update(event.rows, event.matching, event.total)
            self._count_running()

    def on_older_loaded(self, event: messages.OlderLoaded) -> None:
        if event.filter == self._requests.filter:
            self._requests.append_older(event.rows, event.complete)

    def on_request_table_older_wanted(self, event: RequestTable.OlderWanted) -> None:
        self._source.older(self._requests.filter, event.before)

    def on_today_changed(self, event: messages.TodayChanged) -> None:
        self._top.today = event.usage
        self._top.refresh()

    def on_lock_seen(self, event: messages.LockSeen) -> None:
        self.routing_lock = event
        self._top.locked = "lock unreadable" if event.problem else f"locked to {event.target}" if event.target else ""
        self._top.refresh()

    @property
    def chosen_target(self) -> str:
        """Where the chosen request went; "" when there is none."""
        rows = self._requests.rows
        return chosen_of(rows[self._requests.cursor].provider, rows[self._requests.cursor].model) if rows else ""

    def _count_running(self) -> None:
        self._top.running = self._requests.running
        self._top.refresh()

    # Time, and the router.

    def _tick(self) -> None:
        self._top.refresh()
        self._tokens.tick_clock()
        if self._breakers:
            self._show_banner()

    @work(exclusive=True, group="router")
    async def _ask_router(self) -> None:
        state = await self._api.state()
        self._top.up, self._top.address = state.up, state.address
        self._down = "" if state.up else state.detail
        self._requests.set_router_up(state.up)
        self._count_running()
        self._show_banner()

    def _show_banner(self) -> None:
        """The one thing to know now, if there is one."""
        now = self._clock.now()
        text = Text()
        if self._down:
            text.append(f"{self._down[0].upper()}{self._down[1:]}. ", "bold")
            text.append(f"Start it: {self._program} start (without an account: {self._program} demo). ")
            text.append("Below is what it left.")
        for host, failures, until, because in self._breakers:
            if until > now:
                text.append("\n" if text else "")
                text.append(f"{host} is left alone for {countdown(until - now)}", "bold")
                text.append(f" after {failures} failures: {because}")
        if text == self._banner:  # showing it lays the screen out again
            return
        self._banner = text
        banner = self.query_one("#banner", Static)
        banner.set_class(bool(text), "shown")
        banner.set_class(bool(self._down), "down")
        banner.update(text)

    # What people do to tokens.

    def action_toggle_enabled(self) -> None:
        if token := self._tokens.selected:
            self._set_enabled(token.name, not token.enabled)

    def action_change_priority(self, by: int) -> None:
        if token := self._tokens.selected:
            # several presses may come before the first is stored
            priority = max(0, self._priorities.get(token.name, token.priority) + by)
            self._priorities[token.name] = priority
            self._set_priority(token.name, priority)

    def action_test_token(self) -> None:
        if token := self._tokens.selected:
            self._test(token.name)

    def action_ask_usage(self) -> None:
        self._ask_usage()

    @work(group="usage", exclusive=True)
    async def _ask_usage(self) -> None:
        """The panes show the answers when they are stored."""
        try:
            told, of = await self._api.ask_usage()
        except AdminError as error:
            self._say(str(error), "error")
        else:
            self._say(f"Usage of {told} of {of} tokens was asked for; the others were known or cannot be asked.")

    @work(group="acts")
    async def _set_enabled(self, name: str, enabled: bool) -> None:
        try:
            await self._api.set_enabled(name, enabled)
        except AdminError as error:
            self._say(str(error), "error")
        else:
            self._say(f"{name} is {'enabled' if enabled else 'disabled'}.")

    @work(group="acts")
    async def _set_priority(self, name: str, priority: int) -> None:
        try:
            await self._api.set_priority(name, priority)
        except AdminError as error:
            self._priorities.pop(name, None)
            self._say(str(error), "error")
        else:
            # should the router have stored another number, the next press starts from that
            self.set_timer(1.0, lambda: self._forget_priority(name, priority))

    def _forget_priority(self, name: str, priority: int) -> None:
        if self._priorities.get(name) == priority:
            del self._priorities[name]

    @work(group="tests")
    async def _test(self, name: str) -> None:
        self._tokens.set_testing(name, True)
        try:
            ok, detail = await self._api.test(name)
        except AdminError as error:
            self._say(str(error), "error")
        else:
            self._say(f"{name}: {detail or ('works' if ok else 'does not work')}", "information" if ok else "error")
        finally:
            self._tokens.set_testing(name, False)

    def _say(self, text: str, severity: str = "information") -> None:
        self.notify(text, severity="error" if severity == "error" else "information", markup=False, timeout=6)

    # What people do to the view.

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        if event.sender is self._requests:
            self.app.push_screen(DetailScreen(self._source, self._clock, self._requests.rows[event.item].id))

    def action_follow(self) -> None:
        self._requests.follow(not self._requests.following)

    def action_switch_pane(self) -> None:
        (self._tokens if self._requests.has_focus else self._requests).focus()

    def action_filter(self) -> None:
        self._filter.add_class("shown")
        self._filter.focus()

    def action_clear_filter(self) -> None:
        self._filter.value = ""
        self._filter.remove_class("shown")
        self._requests.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        text = event.value.strip()
        if text != self._requests.filter:
            self._requests.filter = text
            self.set_timer(FILTER_DELAY_S, lambda: self._source.show(text) if text == self._requests.filter else None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.action_clear_filter()
        self._requests.focus()
