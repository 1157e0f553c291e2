"""The first page: tokens above, live requests below."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from tui import messages
from tui.admin import AdminError
from tui.lock_choices import chosen_of
from tui.page import Context, Page
from tui.screens.detail import DetailScreen
from tui.widgets.line_list import LineList
from tui.widgets.request_table import RequestTable
from tui.widgets.token_list import TokenList

KEYS = (
    ("e", "e", "on/off"),
    ("plus", "+", "/"),
    ("minus", "-", "prio"),
    ("t", "t", "test"),
    ("f", "f", "follow"),
    ("slash", "/", "filter"),
    ("enter", "⏎", "open"),
    ("tab", "⇥", "pane"),
)
SPIN_EVERY_S = 0.2
FILTER_DELAY_S = 0.1


class MainPage(Page):
    """Passes what the source tells to the panes, and what people do to the router."""

    NAME = "Tokens"
    KEYS = KEYS
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

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._source = context.source
        self._api = context.api
        self._clock = context.clock
        self._priorities: dict[str, int] = {}

    def body(self) -> ComposeResult:
        program = self.context.program
        yield TokenList(self._clock, program, id="tokens")
        yield RequestTable(self._clock, program, id="requests")
        yield Input(placeholder="filter: model, provider, token, session, client, state", id="filter", compact=True)

    def on_mount(self) -> None:
        self._tokens = self.query_one(TokenList)
        self._requests = self.query_one(RequestTable)
        self._filter = self.query_one("#filter", Input)
        self._requests.focus()
        self._source.show("", self.post_message)
        self.set_interval(SPIN_EVERY_S, self._requests.tick)

    # What the source tells.

    def tokens_changed(self, seen: messages.TokensChanged) -> None:
        self._tokens.show(seen.tokens, seen.problem, seen.known)
        stored = {token.name: token.priority for token in seen.tokens}
        self._priorities = {name: wanted for name, wanted in self._priorities.items() if stored.get(name) != wanted}

    def router_changed(self, seen: messages.RouterSeen) -> None:
        self._requests.set_router_up(seen.up)

    def second_passed(self) -> None:
        self._tokens.tick_clock()

    def on_requests_loaded(self, event: messages.RequestsLoaded) -> None:
        if event.filter == self._requests.filter:
            self._requests.load(event.rows, event.complete, event.total, event.problem)

    def on_requests_changed(self, event: messages.RequestsChanged) -> None:
        if event.filter == self._requests.filter:
            self._requests.update(event.rows, event.matching, event.total)

    def on_older_loaded(self, event: messages.OlderLoaded) -> None:
        if event.filter == self._requests.filter:
            self._requests.append_older(event.rows, event.complete)

    def on_request_table_older_wanted(self, event: RequestTable.OlderWanted) -> None:
        self._source.older(self._requests.filter, event.before)

    @property
    def chosen_target(self) -> str:
        rows = self._requests.rows
        return chosen_of(rows[self._requests.cursor].provider, rows[self._requests.cursor].model) if rows else ""

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
            self.say(str(error), wrong=True)
        else:
            self.say(f"Usage of {told} of {of} tokens was asked for; the others were known or cannot be asked.")

    @work(group="acts")
    async def _set_enabled(self, name: str, enabled: bool) -> None:
        try:
            await self._api.set_enabled(name, enabled)
        except AdminError as error:
            self.say(str(error), wrong=True)
        else:
            self.say(f"{name} is {'enabled' if enabled else 'disabled'}.")

    @work(group="acts")
    async def _set_priority(self, name: str, priority: int) -> None:
        try:
            await self._api.set_priority(name, priority)
        except AdminError as error:
            self._priorities.pop(name, None)
            self.say(str(error), wrong=True)
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
            self.say(str(error), wrong=True)
        else:
            self.say(f"{name}: {detail or ('works' if ok else 'does not work')}", wrong=not ok)
        finally:
            self._tokens.set_testing(name, False)

    # What people do to the view.

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        if event.sender is self._requests:
            self.app.push_screen(DetailScreen(self.context, self._requests.rows[event.item].id))

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
            self.set_timer(FILTER_DELAY_S, lambda: self._show(text))

    def _show(self, text: str) -> None:
        if text == self._requests.filter:  # nothing more was typed meanwhile
            self._source.show(text, self.post_message)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.action_clear_filter()
        self._requests.focus()
