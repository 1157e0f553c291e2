"""Where a filter is typed: it completes names and values, and says below what may come next."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from router_core.trace.filter_text import completions, hint

EXAMPLE = "model:opus status:429 token:work since:2h free words"
_MOST_SHOWN = 6


class FilterSuggester(Suggester):
    """The best way for what is typed to go on, in grey behind it."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.values: Mapping[str, Sequence[str]] = {}

    async def get_suggestion(self, value: str) -> str | None:
        found = [each for each in completions(value, self.values) if each.startswith(value)]
        return found[0] if found else None


class FilterInput(Input):
    """Tab takes what is suggested."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "complete", show=False, priority=True)]

    def __init__(self, suggester: FilterSuggester, *, hidden: bool) -> None:
        placeholder = f"/ to filter: {EXAMPLE}"
        super().__init__(
            placeholder=placeholder, suggester=suggester, compact=True, id="filter-input", password=hidden
        )  # fmt: skip
        self._completer = suggester

    def action_complete(self) -> None:
        if found := completions(self.value, self._completer.values, 1):
            self.value = found[0]
            self.cursor_position = len(self.value)


class FilterLine(Vertical):
    """The input, and while somebody types, a line of help."""

    class Changed(Message):
        """Something else is to be filtered by."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Enter or Esc: the list has the keys again."""

    def __init__(self, *, id: str, hidden: bool = False) -> None:
        """
        Args:
            hidden: what is typed may be somebody's name: dots stand for it.
        """
        super().__init__(id=id)
        self._hidden = hidden
        self._suggester = FilterSuggester()
        self._said = ""

    def compose(self) -> ComposeResult:
        yield FilterInput(self._suggester, hidden=self._hidden)
        yield Static(id="filter-hint")

    @property
    def text(self) -> str:
        return self.query_one(FilterInput).value.strip()

    @text.setter
    def text(self, text: str) -> None:
        entry = self.query_one(FilterInput)
        entry.value = text
        entry.cursor_position = len(text)

    def know(self, values: Mapping[str, Sequence[str]]) -> None:
        """What occurs, to complete."""
        self._suggester.values = values
        self._help()

    def say(self, problem: str) -> None:
        """What of the filter was not understood; "" when all was."""
        self._said = problem
        self._help()

    def begin(self) -> None:
        """The keys go to the input."""
        entry = self.query_one(FilterInput)
        entry.focus()
        entry.cursor_position = len(entry.value)
        self._help()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value.strip()))
        self._help()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Left())

    def on_descendant_blur(self) -> None:
        self._help()

    def on_descendant_focus(self) -> None:
        self._help()

    def _help(self) -> None:
        entry = self.query_one(FilterInput)
        line = self.query_one("#filter-hint", Static)
        typed = entry.value
        found = completions(typed, self._suggester.values, _MOST_SHOWN)
        begun = typed.rpartition(" ")[0]
        offered = "  ".join(each[len(begun) :].strip() if begun else each for each in found)
        text = Text(no_wrap=True, overflow="ellipsis")
        if self._said:
            text.append(f"{self._said}", "bold")
        elif offered:
            text.append("Tab ", "bold")
            text.append(offered)
        else:
            text.append(hint(typed), "dim")
        line.update(text)
        line.set_class(entry.has_focus or bool(self._said), "shown")
        line.set_class(bool(self._said), "problem")
