"""What is wrong, one thing a line, with what to do about it beside or below it."""

from collections.abc import Sequence

from tui.advice import Advice
from tui.widgets.cells import Piece, fitted
from tui.widgets.line_list import LineList

SIGNS = {"bad": "✗", "warn": "!"}
BESIDE = 150
"""From this width on the remedy stands on the same line."""
ROOMY = 32
"""Lines of a terminal that has room for the remedy of each."""
MOST_LINES, MOST_LINES_SHORT = 10, 4


class AdviceList(LineList):
    """Enter goes where it can be seen to. Where there is little room, only the chosen one shows its remedy."""

    HEADER_LINES = 0

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._advice: Sequence[Advice] = ()

    @property
    def selected(self) -> Advice | None:
        return self._advice[self.cursor] if self._advice else None

    def show(self, advice: Sequence[Advice]) -> None:
        """Replace what is shown; the cursor stays on its line."""
        if advice == self._advice:
            return
        self._advice = advice
        self.set_reactive(LineList.cursor, min(self.cursor, max(0, len(advice) - 1)))
        self.border_title = f"Attention · {len(advice)}"
        self.set_class(bool(advice), "shown")
        self._lay_out()
        self.refresh()

    def _lay_out(self) -> None:
        most = MOST_LINES_SHORT if not self._roomy else max(MOST_LINES, self.screen.size.height // 3)
        height = min(self.line_total(), most) + 1
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
        self.resize_lines()

    # LineList

    @property
    def is_active(self) -> bool:
        return self.has_focus

    def item_count(self) -> int:
        return len(self._advice)

    @property
    def _roomy(self) -> bool:
        return self.screen.size.height >= ROOMY

    def height_of(self, item: int) -> int:
        if self.size.width >= BESIDE:
            return 1
        return 2 if self._roomy or item == self.cursor else 1

    def first_line(self, item: int) -> int:
        return sum(self.height_of(before) for before in range(item))

    def item_at(self, line: int) -> int:
        item = 0
        while item + 1 < len(self._advice) and self.first_line(item + 1) <= line:
            item += 1
        return item

    def line_total(self) -> int:
        return self.first_line(len(self._advice))

    def watch_cursor(self, old: int, new: int) -> None:
        self.refresh()  # another one shows its remedy

    def on_resize(self) -> None:  # Textual calls that of LineList, too
        self._lay_out()

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        advice = self._advice[item]
        width -= 1  # of the scrollbar
        sign = Piece(f"{SIGNS[advice.level]} ", advice.level)
        if line:
            return [Piece("  → ", "dim"), Piece(fitted(advice.remedy, width - 5).rstrip(), "hint")]
        if self.height_of(item) == 1 and width >= BESIDE:
            most = min(len(advice.said), width * 3 // 5)
            remedy = Piece(fitted(advice.remedy, width - most - 7).rstrip(), "hint")
            return [sign, Piece(fitted(advice.said, most)), Piece("  → ", "dim"), remedy]
        return [sign, Piece(fitted(advice.said, width - 2).rstrip())]

    def draw_header(self, width: int) -> list[Piece]:
        return []

    def draw_empty(self, width: int) -> list[list[Piece]]:
        return []
