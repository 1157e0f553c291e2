"""Chooses a target: a list of what the tokens reach, which typing narrows; any model's name can be typed whole."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.admin import AdminApi, AdminError
from tui.lock_choices import Choice, Targets, choices
from tui.widgets.choice_list import ChoiceList
from tui.widgets.hot_line import KeyBar
from tui.widgets.line_list import LineList

KEYS = (("enter", "⏎", "take it"), ("up", "↑", "/"), ("down", "↓", "move"), ("escape", "Esc", "back"))


class TargetScreen(ModalScreen[str]):
    """Ends with `provider/model` or a model's name; "" when nothing was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss('')", "back"),
        Binding("up", "move(-1)", "up", priority=True),
        Binding("down", "move(1)", "down", priority=True),
        Binding("pageup", "page(-1)", "page up", priority=True),
        Binding("pagedown", "page(1)", "page down", priority=True),
    ]

    def __init__(self, api: AdminApi, title: str) -> None:
        super().__init__()
        self._api, self._title = api, title
        self._targets: Targets | None = None
        self._problem = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="choose") as box:
            box.border_title = self._title
            yield Input(placeholder="type a part of a provider's or model's name", id="wanted", compact=True)
            yield ChoiceList(id="choices")
            yield KeyBar(KEYS, id="keys")

    def on_mount(self) -> None:
        self._input = self.query_one(Input)
        self._list = self.query_one(ChoiceList)
        self._input.focus()
        self._show()
        self._ask()

    @work(exclusive=True)
    async def _ask(self) -> None:
        try:
            self._targets = await self._api.targets()
        except AdminError as error:
            self._targets, self._problem = Targets(), f"; {error}"
        self._show()

    def _show(self) -> None:
        typed = self._input.value.strip()
        targets = self._targets or Targets()
        found = choices(Targets((), targets.models), locked=False, chosen="", typed=typed)
        if typed and " " not in typed and typed not in (choice.target for choice in found):
            found.append(Choice(typed, "as typed: the rules place it"))
        self._list.show(found, "; the router is asked for more …" if self._targets is None else self._problem)

    def action_move(self, by: int) -> None:
        self._list.action_move(by)

    def action_page(self, by: int) -> None:
        self._list.action_page(by)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._take()

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        event.stop()
        self._take()

    def _take(self) -> None:
        if (choice := self._list.selected) is not None and choice.target:
            self.dismiss(choice.target)
