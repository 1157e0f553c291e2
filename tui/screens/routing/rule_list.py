"""The rules as a list: what each waits for, where it leads, how much went that way."""

from collections.abc import Mapping

from tui.figures import count
from tui.screens.routing.rules import RuleLine
from tui.widgets.breaking import wrapped
from tui.widgets.cells import Piece, fitted
from tui.widgets.columns import Column, fit
from tui.widgets.line_list import LineList

COLUMNS = (
    Column("rule", "RULE", 17, 0),
    Column("when", "WHEN", 24, 2, good=44, most=60),
    Column("target", "GOES TO", 20, 1, good=34, most=90),
    Column("week", "7 DAYS", 7, 3, "right"),
)


class RuleList(LineList):
    """In the order in which they are asked."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.border_title = "Rules, in the order in which they are asked"
        self._rules: list[RuleLine] = []
        self._placed: Mapping[str, int] = {}
        self._problem = ""

    def show(self, rules: list[RuleLine], placed: Mapping[str, int], problem: str = "") -> None:
        """
        Args:
            placed: scenario → requests of the last seven days.
        """
        self._rules, self._placed, self._problem = rules, placed, problem
        self.resize_lines()
        self.refresh()

    def item_count(self) -> int:
        return len(self._rules)

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        rule = self._rules[item]
        placed = self._placed.get(rule.scenario, 0) if rule.scenario else 0
        style = "" if rule.is_set else "dim"
        cells = {
            "rule": (rule.rule, "strong" if rule.is_set and rule.target else style),
            "when": (rule.when, "dim"),
            "target": (rule.target if rule.is_set else "not set", "hint" if rule.is_set else "dim"),
            "week": (count(placed) if placed else "", "dim"),
        }
        return [
            Piece(f"{fitted(cells[column.name][0], room, column.align)} ", cells[column.name][1])
            for column, room in fit(COLUMNS, width - 1)
        ]

    def draw_header(self, width: int) -> list[Piece]:
        return [Piece(f"{fitted(column.title, room, column.align)} ") for column, room in fit(COLUMNS, width - 1)]

    def draw_empty(self, width: int) -> list[list[Piece]]:
        lines = wrapped(self._problem or "Reading …", width - 4)
        return [[Piece(f"  {line}", "bad" if self._problem else "dim")] for line in lines]
