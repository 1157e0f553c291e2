"""Rows of which one is taken, beside an input that keeps the focus: typing narrows them, the arrows move the cursor."""

from collections.abc import Callable, Sequence

from tui.widgets.line_list import LineList


class NarrowedList[Row](LineList, can_focus=False):
    """Base; a subclass draws the rows."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.rows: Sequence[Row] = ()

    @property
    def selected(self) -> Row | None:
        return self.rows[self.cursor] if self.rows else None

    @property
    def is_active(self) -> bool:
        """The cursor looks as if this had the focus."""
        return True

    def replace(self, rows: Sequence[Row], wanted: Callable[[Row], bool] | None = None) -> None:
        """Show these; the cursor stays on its row if that is still there, else it goes to the first that is wanted."""
        before = self.selected
        place = next((at for at, row in enumerate(rows) if row == before), None)
        if place is None:
            place = next((at for at, row in enumerate(rows) if wanted is not None and wanted(row)), 0)
        self.rows = rows
        self.resize_lines()
        self.set_reactive(LineList.cursor, place)
        self.show_cursor()
        self.refresh()

    def item_count(self) -> int:
        return len(self.rows)
