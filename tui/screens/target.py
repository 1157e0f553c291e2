"""Chooses a target: a list of what the tokens reach, which typing narrows; any model's name can be typed whole."""

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from tui.admin import AdminApi, AdminError
from tui.lock_choices import Choice, Targets, choices
from tui.screens.narrowing import NarrowingScreen
from tui.widgets.choice_list import ChoiceList
from tui.widgets.hot_line import KeyBar

KEYS = (("enter", "⏎", "take it"), ("up", "↑", "/"), ("down", "↓", "move"), ("escape", "Esc", "back"))


class TargetScreen(NarrowingScreen[str]):
    """Ends with `provider/model` or a model's name; None when nothing was chosen."""

    def __init__(self, api: AdminApi, title: str) -> None:
        super().__init__()
        self._api, self._title = api, title
        self._targets: Targets | None = None
        self._problem = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="chooser") as box:
            box.border_title = self._title
            yield Input(placeholder="type a part of a provider's or model's name", id="wanted", compact=True)
            yield ChoiceList(id="choices")
            yield KeyBar(KEYS, id="keys")

    def on_mount(self) -> None:
        self._ask()

    @work(exclusive=True)
    async def _ask(self) -> None:
        try:
            self._targets = await self._api.targets()
        except AdminError as error:
            self._targets, self._problem = Targets(), f"; {error}"
        self.again()

    def narrow(self, typed: str) -> None:
        targets = self._targets or Targets()
        found = choices(Targets((), targets.models), locked=False, chosen="", typed=typed)
        if typed and " " not in typed and typed not in (choice.target for choice in found):
            found.append(Choice(typed, "as typed: the rules place it"))
        more = "; the router is asked for more …" if self._targets is None else self._problem
        self.query_one(ChoiceList).show(found, more)

    def take(self) -> None:
        if (choice := self.query_one(ChoiceList).selected) is not None and choice.target:
            self.dismiss(choice.target)
