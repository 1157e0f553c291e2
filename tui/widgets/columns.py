"""Which columns fit a width: the least important go first, one takes the room that is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

GAP = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table, widths in cells."""

    name: str
    title: str
    width: int
    rank: int
    """Lower is more important."""
    align: Literal["left", "right"] = "left"
    good: int = 0
    """It grows to this width before any column of luxury is shown; 0: it keeps its width."""
    most: int = 0
    """It grows to this width when room is left at the end."""
    luxury: bool = False


def fit(columns: Sequence[Column], width: int) -> list[tuple[Column, int]]:
    """The columns to show, in their given order, each with its width; gaps of one cell lie between."""
    ranked = sorted(columns, key=lambda column: column.rank)
    widths: dict[str, int] = {}

    def room() -> int:
        return width - sum(widths.values()) - GAP * max(0, len(widths) - 1)

    def add(luxury: bool) -> None:
        for column in ranked:
            if column.luxury == luxury:
                if widths and room() < GAP + column.width:
                    return
                widths[column.name] = column.width

    def grow(column: Column, to: int) -> None:
        if column.name in widths and to > widths[column.name]:
            widths[column.name] += max(0, min(room(), to - widths[column.name]))

    add(luxury=False)
    for column in ranked:
        grow(column, column.good)
    add(luxury=True)
    for column in ranked:
        grow(column, column.most)
    return [(column, widths[column.name]) for column in columns if column.name in widths]
