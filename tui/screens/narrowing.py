"""A dialogue of one input and one list: what is typed narrows the list, Enter or a double click takes its row."""

from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.widgets.line_list import LineList
from tui.widgets.narrowed_list import NarrowedList


class NarrowingScreen[Result](ModalScreen[Result]):
    """Base; a subclass composes an `Input` and a `NarrowedList`, and says what is shown and what taking a row does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("up", "list('move', -1)", "up", priority=True),
        Binding("down", "list('move', 1)", "down", priority=True),
        Binding("pageup", "list('page', -1)", "page up", priority=True),
        Binding("pagedown", "list('page', 1)", "page down", priority=True),
    ]

    def narrow(self, typed: str) -> None:
        """Show what fits."""
        raise NotImplementedError

    def take(self) -> None:
        """The selected row was taken."""
        raise NotImplementedError

    def action_leave(self) -> None:
        """Nothing was chosen."""
        self.dismiss(None)

    @property
    def narrowed(self) -> NarrowedList[Any]:
        return self.query_one(NarrowedList)

    def again(self) -> None:
        """Show what fits now, after something else than the input has changed."""
        self.narrow(self.query_one(Input).value.strip())

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self.again()

    def action_list(self, how: str, by: int) -> None:
        if how == "move":
            self.narrowed.action_move(by)
        else:
            self.narrowed.action_page(by)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()  # the page below has inputs of its own
        self.again()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.take()

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        event.stop()
        self.take()
