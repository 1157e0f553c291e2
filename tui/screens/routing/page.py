"""The routing page: every rule in its order above, a prompt to try them with below."""

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from router_core.clock import to_ms
from router_core.config.load import load_config
from router_core.errors import ConfigError
from router_core.store.statistics import Span, grouped
from tui.admin import AdminError
from tui.asking import Databases
from tui.page import Context, Page
from tui.screens.routing.rule_list import RuleList
from tui.screens.routing.rules import rules_of
from tui.screens.routing.trial import USER_AGENTS, Trial, lines_of
from tui.screens.target import TargetScreen
from tui.widgets.breaking import wrapped
from tui.widgets.cells import Piece
from tui.widgets.fact_line import FactLine
from tui.widgets.text_pane import TextPane

WEEK_S = 7 * 86400.0


class RoutingPage(Page):
    """What is tried is asked again whenever something of it changes."""

    NAME = "Routing"
    KEYS = (
        ("i", "i", "try a prompt"),
        ("t", "t", "model"),
        ("a", "a", "as"),
        ("h", "h", "think"),
        ("w", "w", "web"),
        ("m", "m", "image"),
        ("tab", "⇥", "pane"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i,slash", "write", "try a prompt"),
        Binding("t", "choose", "model that is asked for"),
        Binding("a", "client", "as which client"),
        Binding("h", "turn('think')", "with thinking"),
        Binding("w", "turn('web_search')", "with web search"),
        Binding("m", "turn('image')", "with an image"),
        Binding("tab", "switch_pane", "pane", priority=True),
        Binding("escape", "leave", "leave the prompt", show=False),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._trial = Trial()
        self._config_seen = (-1, "")
        self._placed: dict[str, int] = {}
        self._stale = False

    def body(self) -> ComposeResult:
        yield RuleList(id="rules")
        yield Input(placeholder="try a prompt: what would the rules say?", id="trial", compact=True)
        yield FactLine(id="trying")
        yield TextPane(id="decision")

    def on_mount(self) -> None:
        self._rules = self.query_one(RuleList)
        self._input = self.query_one("#trial", Input)
        self._decision = self.query_one("#decision", TextPane)
        self._rules.focus()
        self._show_trial()
        empty = "Press i and write a prompt: every rule that is asked, the target, the token, the price are shown."
        self._decision.show(lambda width: [[Piece(part, "dim")] for part in wrapped(empty, width)], from_top=True)

    def requests_committed(self) -> None:
        """The sums of a week do not change faster than anyone reads."""
        self._stale = True

    def second_passed(self) -> None:
        self._show_rules()
        if self._stale:
            self._stale = False
            now = to_ms(self.context.clock.now())
            span = Span(now - round(WEEK_S * 1000), now + 1)
            self.ask(partial(_placed, span=span), self._count, about="placed")

    def _count(self, placed: dict[str, int]) -> None:
        if placed != self._placed:
            self._placed = placed
            self._show_rules(again=True)

    def _show_rules(self, *, again: bool = False) -> None:
        """When the file or the lock has changed."""
        file, lock = self.context.home.config, self.context.news.lock
        try:
            changed_at = file.stat().st_mtime_ns if file.exists() else 0
        except OSError:
            changed_at = -2
        if (changed_at, lock.target) == self._config_seen and not again:
            return
        self._config_seen = changed_at, lock.target
        try:
            self._rules.show(rules_of(load_config(file), lock), self._placed)
        except ConfigError as error:
            self._rules.show([], {}, error.message.splitlines()[0].replace(str(file), file.name))

    # Trying.

    def _show_trial(self) -> None:
        trial = self._trial
        flags = [
            name
            for name, on in (("thinking", trial.think), ("web search", trial.web_search), ("an image", trial.image))
            if on
        ]
        facts = [("asking for", trial.model), ("as", trial.client), ("with", ", ".join(flags) or "nothing special")]
        self.query_one("#trying", FactLine).show(facts)

    def _try(self, trial: Trial) -> None:
        self._trial = trial
        self._show_trial()
        if trial.text:
            self._explain(trial)

    @work(exclusive=True, group="explain")
    async def _explain(self, trial: Trial) -> None:
        try:
            answer = await self.context.api.call("POST", "/api/route/explain", trial.request(), in_turn=False)
        except AdminError as error:
            why = str(error)
            self._decision.show(lambda width: [[Piece(part, "bad")] for part in wrapped(why, width)], from_top=True)
            return
        sanitizer = self.context.sanitizer
        self._decision.show(lambda width: lines_of(answer, sanitizer, width), from_top=True)

    def action_write(self) -> None:
        self._input.focus()

    def action_leave(self) -> None:
        self._rules.focus()

    def action_switch_pane(self) -> None:
        (self._decision if self._rules.has_focus else self._rules).focus()

    def action_turn(self, name: str) -> None:
        turned: dict[str, Any] = {name: not getattr(self._trial, name)}
        self._try(replace(self._trial, **turned))

    def action_client(self) -> None:
        names = list(USER_AGENTS)
        following = names[(names.index(self._trial.client) + 1) % len(names)]
        self._try(replace(self._trial, client=following))

    def action_choose(self) -> None:
        def chosen(model: str | None) -> None:
            if model:
                self._try(replace(self._trial, model=model))

        self.app.push_screen(TargetScreen(self.context.api, "Which model is asked for?"), chosen)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._try(replace(self._trial, text=event.value.strip()))
        self._decision.focus()


def _placed(databases: Databases, span: Span) -> dict[str, int]:
    return {name: sums.requests for name, sums in grouped(databases.traces, "scenario", span)}
