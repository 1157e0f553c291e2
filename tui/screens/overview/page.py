"""Puts the parts of the overview together, and has them told what is new."""

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.containers import Container

from router_core.store import traces
from router_core.store.live import Minute, running
from tui import messages
from tui.admin import AdminError
from tui.advice import Situation, advise
from tui.asking import Databases
from tui.budgets import BudgetStand, budgets
from tui.config_watch import ConfigWatch
from tui.last_hour import LastHour
from tui.lock_choices import chosen_of
from tui.page import Context, Key, Page
from tui.records import RequestRow
from tui.screens.detail import DetailScreen
from tui.screens.overview.advice_list import AdviceList
from tui.screens.overview.live_list import LiveList
from tui.screens.overview.pace import Pace
from tui.screens.overview.token_glance import TokenGlance
from tui.widgets.line_list import LineList

LIVE = 80
"""Requests shown."""
SPIN_EVERY_S = 0.2
SPEND_EVERY_S = 5
HOUR_EVERY_S = 1.0


class OverviewPage(Page):
    """Only looks; Enter leads to where one can act."""

    NAME = "Overview"
    BREAKERS_IN_BANNER = False
    KEYS: ClassVar[tuple[Key, ...]] = (("enter", "⏎", "open"), ("tab", "⇥", "next part"))
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (170, "-wide")]  # noqa: RUF012 - Textual declares it so
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-high")]  # noqa: RUF012 - as above

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._hour = LastHour(context.clock)
        self._config = ConfigWatch(context.home)
        self._config_problems: tuple[str, ...] = ()
        self._budgets: Sequence[BudgetStand] = ()
        self._reading = False
        self._hour_at = 0.0
        self._seconds = 0

    def body(self) -> ComposeResult:
        clock, sanitizer, program = self.context.clock, self.context.sanitizer, self.context.program
        yield Pace(clock, sanitizer, id="pace")
        with Container(id="halves"):
            with Container(id="state"):
                yield AdviceList(id="advice")
                yield TokenGlance(clock, sanitizer, program, id="glance")
            yield LiveList(clock, sanitizer, program, id="live")

    def on_mount(self) -> None:
        self._pace = self.query_one(Pace)
        self._advice = self.query_one(AdviceList)
        self._tokens = self.query_one(TokenGlance)
        self._live = self.query_one(LiveList)
        self._live.focus()
        self.set_interval(SPIN_EVERY_S, self._live.tick)

    @property
    def chosen_target(self) -> str:
        row = self._live.selected
        return chosen_of(row.provider, row.model) if row else ""

    # What is new.

    def frame_changed(self) -> None:
        super().frame_changed()
        self._pace.today = self.context.news.today
        self._pace.changed()

    def tokens_changed(self, seen: messages.TokensChanged) -> None:
        self._tokens.show(seen)
        self._show_advice()

    def router_changed(self, seen: messages.RouterSeen) -> None:
        self._live.set_router_up(seen.up)
        self._seconds = 0  # ask for the budgets at once
        self._show_advice()

    def second_passed(self) -> None:
        self._tokens.tick_clock()
        self.ask(lambda databases: self._config.look(), self._show_problems, about="config")
        self._show_advice()
        router = self.context.news.router
        if router is not None and router.up and self._seconds % SPEND_EVERY_S == 0:
            self._ask_for_budgets()
        self._seconds += 1
        if self.context.clock.now() - self._hour_at >= HOUR_EVERY_S:
            self.requests_committed()

    def requests_committed(self) -> None:
        """One question at a time: what is committed meanwhile is in the next."""
        if self._reading:
            return
        self._reading = True
        now = self.context.clock.now()
        hour = now - self._hour_at >= HOUR_EVERY_S or now < self._hour_at
        if hour:
            self._hour_at = now

        def read(databases: Databases) -> tuple[list[RequestRow], Sequence[Minute] | None]:
            rows = _newest(databases)
            return rows, self._hour.read(databases.traces) if hour else None

        self.ask(read, self._show_requests)

    def unanswered(self, why: str) -> None:
        self._reading = False
        self._live.show([])
        self._pace.minutes = ()
        self._pace.changed()

    def _show_requests(self, found: tuple[list[RequestRow], Sequence[Minute] | None]) -> None:
        self._reading = False
        rows, hour = found
        self._live.show(rows)
        if hour is not None:
            self._pace.minutes = hour
        self._pace.changed()

    def _show_problems(self, problems: tuple[str, ...]) -> None:
        if problems != self._config_problems:
            self._config_problems = problems
            self._show_advice()

    @work(exclusive=True, group="budgets")
    async def _ask_for_budgets(self) -> None:
        try:
            self._budgets = await budgets(self.context.api)
        except AdminError:
            return  # the banner says that the router is down; what was known stays
        self._pace.budgets = self._budgets
        self._pace.changed()
        self._show_advice()

    def _show_advice(self) -> None:
        context = self.context
        situation = Situation(
            context.news, context.clock.now(), context.program, context.sanitizer, self._budgets, self._config_problems
        )
        self._advice.show(advise(situation))

    # What people do.

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        if event.sender is self._live and (row := self._live.selected):
            self.app.push_screen(DetailScreen(self.context, row.id))
        elif event.sender is self._tokens and (token := self._tokens.selected):
            self.go("Tokens", token.name)
        elif event.sender is self._advice and (advice := self._advice.selected) and advice.page:
            self.go(advice.page, advice.at)


def _newest(databases: Databases) -> list[RequestRow]:
    """Running ones first, then those that began last."""
    runs = [RequestRow.of(row) for row in running(databases.traces, LIVE)]
    ids = {row.id for row in runs}
    last = [RequestRow.of(row) for row in traces.newest(databases.traces, limit=LIVE)]
    return [*runs, *(row for row in last if row.id not in ids)][:LIVE]
