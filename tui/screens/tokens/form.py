"""A dialogue of labelled fields: Tab moves, Enter does it, Esc leaves; what goes wrong is said below the fields."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from tui.page import Key
from tui.widgets.hot_line import KeyBar


class Secret(Input):
    """Typed unseen; but a variable's name is no secret, and a typing error in it should be seen."""

    def on_input_changed(self) -> None:
        self.password = not self.value.startswith("$")


class Field(Horizontal):
    """A label, and an input beside it."""

    def __init__(self, label: str, name: str, value: str = "", *, hint: str = "", secret: bool = False) -> None:
        super().__init__(classes="field")
        self._label, self._hint, self._value, self._secret, self._input_id = label, hint, value, secret, name

    def compose(self) -> ComposeResult:
        yield Label(self._label, markup=False)
        kind = Secret if self._secret else Input
        yield kind(
            self._value, placeholder=self._hint, password=self._secret, id=self._input_id, compact=True,
            select_on_focus=False,
        )  # fmt: skip


class Tick(Static, can_focus=True):
    """`[x] text`, switched by the space bar or a click: its sign says it, not its colour alone."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "switch", "tick", show=False)]

    class Changed(Message):
        """It was switched."""

        def __init__(self, sender: "Tick") -> None:
            super().__init__()
            self.sender = sender

    def __init__(self, text: str, ticked: bool = False, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._text, self.ticked = text, ticked

    def on_mount(self) -> None:
        self._show()

    def on_click(self) -> None:
        self.action_switch()

    def action_switch(self) -> None:
        self.ticked = not self.ticked
        self._show()
        self.post_message(self.Changed(self))

    def _show(self) -> None:
        self.update(f"[{'x' if self.ticked else ' '}] {self._text}")


class WarnedTick(Vertical):
    """A tick, and below it what to mind while it is set."""

    def __init__(self, text: str, ticked: bool = False, *, warning: str, id: str) -> None:
        super().__init__()
        self._text, self._ticked, self._warning, self._tick_id = text, ticked, warning, id

    def compose(self) -> ComposeResult:
        yield Tick(self._text, self._ticked, id=self._tick_id)
        classes = "note warned shown" if self._ticked else "note warned"
        yield Static(f"Mind: {self._warning}", classes=classes, markup=False)

    def on_tick_changed(self, event: Tick.Changed) -> None:
        event.stop()
        note = self.query_one(".warned")
        note.set_class(event.sender.ticked, "shown")
        self.call_after_refresh(note.scroll_visible, animate=False)


class Form[Result](ModalScreen[Result | None]):
    """Base: `fields()` between the title and the keys; `submit()` is called by Enter or ctrl+s."""

    TITLE_TEXT = ""
    KEYS: ClassVar[Sequence[Key]] = (
        ("enter", "⏎", "do it"),
        ("tab", "⇥", "next"),
        ("space", "␣", "tick"),
        ("escape", "Esc", "leave"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("ctrl+s", "submit", "do it"),
        Binding("enter", "submit", "do it", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._problem = ""
        self.under_way = False
        """The router is being asked: nothing else is done meanwhile."""

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialogue", can_focus=False) as box:
            box.border_title = Content(self.TITLE_TEXT)  # not read as markup
            yield from self.fields()
            yield Static(id="problem")
            yield KeyBar(self.KEYS, id="form-keys")

    def fields(self) -> ComposeResult:
        raise NotImplementedError

    def submit(self) -> None:
        raise NotImplementedError

    def value(self, name: str) -> str:
        """What is typed in a field, without blanks around it."""
        return self.query_one(f"#{name}", Input).value.strip()

    def is_ticked(self, name: str) -> bool:
        return self.query_one(f"#{name}", Tick).ticked

    def tell(self, text: str, *, wrong: bool = True) -> None:
        """Say something below the fields; "" takes it away."""
        theme = self.app.current_theme
        colour = (theme.error if wrong else theme.primary) or "red"
        shown = self.query_one("#problem", Static)
        shown.update(Text(text, colour))
        shown.set_class(bool(text), "shown")
        self.call_after_refresh(shown.scroll_visible, animate=False)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_submit(self) -> None:
        if not self.under_way:
            self.submit()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_submit()


def whole_number(text: str, what: str, least: int, most: int) -> int:
    """Raises ValueError, which says what is wrong."""
    try:
        number = int(text)
    except ValueError:
        raise ValueError(f"{what} is a whole number.") from None
    if not least <= number <= most:
        raise ValueError(f"{what} is from {least:,} to {most:,}.")
    return number
