"""Lines of which one is taken: typed words narrow them while the arrows move."""

from tui.lock_choices import Choice
from tui.widgets.cells import Piece, fitted
from tui.widgets.line_list import LineList

LET_GO = "Let go"


class ChoiceList(LineList, can_focus=False):
    """Beside an input that keeps the focus: the cursor looks as if this had it."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._choices: list[Choice] = []
        self._more = ""

    @property
    def selected(self) -> Choice | None:
        return self._choices[self.cursor] if self._choices else None

    def show(self, choices: list[Choice], more: str) -> None:
        """Replace the lines; the cursor stays on its line if that is still there, else it goes to the first.

        Args:
            more: what to say beside their number.
        """
        before = self.selected
        self._choices, self._more = choices, more
        self.resize_lines()
        self.set_reactive(LineList.cursor, choices.index(before) if before in choices else 0)
        self.show_cursor()
        self.refresh()

    @property
    def is_active(self) -> bool:
        return True

    def item_count(self) -> int:
        return len(self._choices)

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        choice = self._choices[item]
        mark = Piece("▸ " if item == self.cursor else "  ", "hint")
        name, style = choice.target or LET_GO, "strong" if choice.target is None else ""
        note = f"  {choice.note}" if choice.note else ""
        room = max(10, width - 3 - len(note))
        return [mark, Piece(fitted(name, room) if len(name) > room else name, style), Piece(note, "dim")]

    def draw_header(self, width: int) -> list[Piece]:
        return [Piece(f"  {len(self._choices):,} to choose from{self._more}")]

    def draw_empty(self, width: int) -> list[list[Piece]]:
        return [
            [Piece("" if self._more else "  Nothing is called like that. A target is written provider/model.", "dim")]
        ]
