"""Pins all routing to one target or provider, or lets it go: a list that typing narrows."""

from collections.abc import Callable

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from router_core.clock import Clock
from tui.admin import AdminApi, AdminError
from tui.figures import time_of_day
from tui.lock_choices import Targets, choices
from tui.messages import LockSeen
from tui.screens.narrowing import NarrowingScreen
from tui.widgets.choice_list import ChoiceList
from tui.widgets.hot_line import KeyBar

KEYS = (("enter", "⏎", "take it"), ("up", "↑", "/"), ("down", "↓", "move"), ("escape", "Esc", "back"))
LOOK_EVERY_S = 0.25


class LockScreen(NarrowingScreen[str]):
    """Ends with what to say of it: None when nothing was changed."""

    def __init__(self, api: AdminApi, clock: Clock, seen: Callable[[], LockSeen], chosen: str, program: str) -> None:
        """
        Args:
            seen: what is in force now.
            chosen: target of the chosen request; "" when there is none.
        """
        super().__init__()
        self._api, self._clock, self._seen, self._chosen, self._program = api, clock, seen, chosen, program
        self._targets: Targets | None = None
        self._problem = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="lock") as box:
            box.border_title = "Pin all routing"
            yield Static(id="locked")
            yield Input(placeholder="type a part of a provider's or model's name", id="wanted", compact=True)
            yield ChoiceList(id="choices")
            yield Static(id="problem")
            yield KeyBar(KEYS, id="keys")

    def on_mount(self) -> None:
        self._ask()
        self.set_interval(LOOK_EVERY_S, self.again)

    def take(self) -> None:
        if (choice := self.query_one(ChoiceList).selected) is not None:
            self._say("")
            self._change(choice.target)

    @work(exclusive=True, group="targets")
    async def _ask(self) -> None:
        try:
            self._targets = await self._api.targets()
        except AdminError as error:
            self._targets = Targets()
            self._say(f"{error}\nWithout it: {self._program} model lock, model unlock")
        self.again()

    @work(exclusive=True, group="change")
    async def _change(self, target: str | None) -> None:
        try:
            now = await self._api.lock_to(target)
        except AdminError as error:
            self._say(str(error))
        else:
            self.dismiss(f"All routing goes to {now}." if now else "The rules decide again.")

    def narrow(self, typed: str) -> None:
        """The lines for what is typed, and what is in force."""
        lock = self._seen()
        self.query_one("#locked", Static).update(self._in_force(lock))
        found = choices(
            self._targets or Targets(),
            locked=bool(lock.target or lock.problem),
            chosen=self._chosen,
            typed=typed,
        )
        self.query_one(ChoiceList).show(found, "; the router is asked for more …" if self._targets is None else "")

    def _in_force(self, lock: LockSeen) -> Text:
        warning = self.app.current_theme.warning or "yellow"
        if lock.problem:
            return Text(lock.problem, f"bold {warning}")
        if not lock.target:
            return Text("Not locked: the rules decide.")
        said = Text(f"locked to {lock.target}", f"bold {warning}")
        since = time_of_day(round(lock.since * 1000), self._clock.now())
        return said.append(f" since {since}; no rule and no fallback counts", "not bold")

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            shown = self.query_one("#problem", Static)
            shown.update(Text(problem, self.app.current_theme.error or "red"))
            shown.set_class(bool(problem), "shown")
