"""A line of facts, `requests 1.2k · at list prices $12.34 · …`; those that do not fit are left out."""

from collections.abc import Sequence

from tui.widgets.cells import Piece
from tui.widgets.hot_line import HotLine, Spot


class FactLine(HotLine):
    """Nothing happens on a click."""

    def show(self, facts: Sequence[tuple[str, str]]) -> None:
        """(what it is, how much)."""
        self.spots = [
            Spot("", [Piece(f"{name} ", "dim"), Piece(value, "strong"), Piece("   ")]) for name, value in facts
        ]
        self.refresh()
