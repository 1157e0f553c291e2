"""A line of words of which one is chosen, `by  model  provider  token …`; each can be clicked."""

from collections.abc import Sequence

from tui.widgets.cells import Piece
from tui.widgets.hot_line import HotLine, Spot


class ChoiceLine(HotLine):
    """A click is told as `HotLine.Clicked` with the word's place as its name."""

    def __init__(self, title: str, words: Sequence[str], *, id: str) -> None:
        super().__init__(id=id)
        self._title, self._words = title, words
        self.chosen = 0

    def choose(self, place: int) -> None:
        self.chosen = place
        title = Spot(str(place), [Piece(f"{self._title:<5} ", "dim")])
        words = [
            Spot(str(number), [Piece(f" {word} ", "cursor" if number == place else "dim")])
            for number, word in enumerate(self._words)
        ]
        self.spots = [title, *words]
        self.refresh()
