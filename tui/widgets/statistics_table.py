"""The table below the chart: what each group has used."""

from router_core.money import usd_text
from router_core.store.statistics import Sums
from router_core.text import plain
from tui.figures import count, elapsed
from tui.sanitize import Sanitizer
from tui.statistics_view import SERIES, Shown, prompt_tokens
from tui.widgets.bar_chart import series_style
from tui.widgets.cells import Piece, fitted
from tui.widgets.columns import Column, fit
from tui.widgets.line_list import LineList

COLUMNS = (
    Column("mark", "", 1, 0),
    Column("name", "", 16, 0, good=30, most=60),
    Column("requests", "REQ", 6, 1, "right"),
    Column("failures", "FAIL", 6, 5, "right"),
    Column("sent", "IN", 6, 3, "right"),
    Column("cached", "CACHED", 6, 6, "right"),
    Column("output", "OUT", 6, 3, "right"),
    Column("cost", "LIST PRICE", 11, 1, "right"),
    Column("spent", "SPENT", 10, 4, "right"),
    Column("ttft", "1ST BYTE", 8, 7, "right"),
    Column("share", "SHARE", 5, 2, "right"),
    Column("bar", "", 8, 8, most=24, luxury=True),
)
BLOCKS = " ▏▎▍▌▋▊▉█"


class StatisticsTable(LineList):
    """One line for each group."""

    def __init__(self, sanitizer: Sanitizer, *, id: str) -> None:
        super().__init__(id=id)
        self._sanitizer = sanitizer
        self._shown: Shown | None = None
        self._empty = ""

    def show(self, shown: Shown | None, empty: str) -> None:
        """
        Args:
            empty: what to say where there is no group.
        """
        before = self.selected
        self._shown, self._empty = shown, empty
        self.border_title = f"By {shown.wanted.by.name} · {len(shown.groups)}" if shown else ""
        values = [value for value, _ in shown.groups] if shown else []
        self.resize_lines()
        self.set_reactive(LineList.cursor, values.index(before) if before in values else 0)
        self.show_cursor()
        self.refresh()

    @property
    def selected(self) -> str | None:
        """The value of the group under the cursor."""
        groups = self._shown.groups if self._shown else []
        return groups[self.cursor][0] if self.cursor < len(groups) else None

    def item_count(self) -> int:
        return len(self._shown.groups) if self._shown else 0

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        if self._shown is None:
            return []
        value, sums = self._shown.groups[item]
        measure = self._shown.wanted.measure
        whole = sum(measure.value(each) for _, each in self._shown.groups)
        share = measure.value(sums) / whole if whole and measure.name != "first byte" else None
        style = series_style(item if item < SERIES else SERIES)
        cells = self._cells(value, sums, share)
        pieces = []
        for column, room in fit(COLUMNS, width - 1):
            if column.name == "mark":
                pieces.append(Piece("■ ", style))
            elif column.name == "bar":
                pieces.append(Piece(bar(share or 0.0, room), style))
            else:
                text, look = cells[column.name]
                pieces.append(Piece(f"{fitted(text, room, column.align)} ", look))
        return pieces

    def _cells(self, value: str, sums: Sums, share: float | None) -> dict[str, tuple[str, str]]:
        sent = prompt_tokens(sums)
        return {
            "name": (plain(self._shown_name(value)), "" if value else "dim"),
            "requests": (count(sums.requests), ""),
            "failures": (count(sums.failures) if sums.failures else "·", "bad" if sums.failures else "dim"),
            "sent": (count(sent), ""),
            "cached": (f"{sums.cache_read_tokens / sent:.0%}" if sent else "", "dim"),
            "output": (count(sums.output_tokens), ""),
            "cost": (usd_text(sums.cost_nano_usd), "strong"),
            "spent": (
                usd_text(sums.metered_nano_usd) if sums.metered_nano_usd else "·",
                "" if sums.metered_nano_usd else "dim",
            ),
            "ttft": (elapsed(sums.mean_ttft_ms), "dim"),
            "share": ("" if share is None else f"{share:.0%}", "dim"),
        }

    def _shown_name(self, value: str) -> str:
        if not value:
            return "(none)"
        match self._shown.wanted.by.dimension if self._shown else "":
            case "token" | "project" | "client_key":
                return self._sanitizer.name(value)
            case "session":
                return self._sanitizer.id(value)
            case _:
                return value

    def draw_header(self, width: int) -> list[Piece]:
        by = self._shown.wanted.by.name.upper() if self._shown else ""
        titles = {"name": by}
        return [
            Piece(f"{fitted(titles.get(column.name, column.title), room, column.align)} ")
            for column, room in fit(COLUMNS, width - 1)
        ]

    def draw_empty(self, width: int) -> list[list[Piece]]:
        return [[Piece(f"  {self._empty}", "dim")]]


def bar(share: float, width: int) -> str:
    """In eighths of a cell."""
    eighths = round(share * width * 8)
    whole, rest = divmod(max(1, eighths) if share > 0 else 0, 8)
    return ("█" * whole + (BLOCKS[rest] if rest else "")).ljust(width)
