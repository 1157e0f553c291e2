"""Lines of which one is taken: typed words narrow them while the arrows move."""

from tui.lock_choices import Choice
from tui.widgets.cells import Piece, fitted
from tui.widgets.narrowed_list import NarrowedList

LET_GO = "Let go"


class ChoiceList(NarrowedList[Choice]):
    """Targets to choose from."""

    _more = ""

    def show(self, choices: list[Choice], more: str) -> None:
        """
        Args:
            more: what to say beside their number.
        """
        self._more = more
        self.replace(choices)

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        choice = self.rows[item]
        mark = Piece("▸ " if item == self.cursor else "  ", "hint")
        name, style = choice.target or LET_GO, "strong" if choice.target is None else ""
        note = f"  {choice.note}" if choice.note else ""
        room = max(10, width - 3 - len(note))
        return [mark, Piece(fitted(name, room) if len(name) > room else name, style), Piece(note, "dim")]

    def draw_header(self, width: int) -> list[Piece]:
        return [Piece(f"  {len(self.rows):,} to choose from{self._more}")]

    def draw_empty(self, width: int) -> list[list[Piece]]:
        return [
            [Piece("" if self._more else "  Nothing is called like that. A target is written provider/model.", "dim")]
        ]
