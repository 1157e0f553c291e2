"""What runs now, and what has ended last; newest first, running ones on top."""

from router_core.clock import Clock
from tui.figures import count, time_of_day
from tui.records import RequestRow
from tui.sanitize import Sanitizer
from tui.widgets.cells import Piece, fitted
from tui.widgets.columns import Column, fit
from tui.widgets.first_steps import first_steps
from tui.widgets.line_list import LineList
from tui.widgets.request_cells import STEPS, cost_of, look_of, target_of, took_of

COLUMNS = (
    Column("sign", "", 1, 0),
    Column("time", "TIME", 8, 1),
    Column("client", "CLIENT", 11, 8),
    Column("target", "MODEL", 18, 2, good=22, most=34),
    Column("token", "TOKEN", 9, 3, good=15, most=18),
    Column("total", "TOTAL", 6, 4, "right"),
    Column("input", "IN", 5, 7, "right"),
    Column("output", "OUT", 5, 6, "right"),
    Column("cost", "COST", 11, 5, "right"),
    Column("why", "WHY", 14, 9, most=80, luxury=True),
)


class LiveList(LineList):
    """Enter opens a request."""

    def __init__(self, clock: Clock, sanitizer: Sanitizer, program: str, *, id: str) -> None:
        super().__init__(id=id)
        self._clock, self._sanitizer, self._program = clock, sanitizer, program
        self._rows: list[RequestRow] = []
        self._columns: list[tuple[Column, int]] = []
        self._frame = 0
        self._loaded = False
        self.router_up = True

    @property
    def rows(self) -> list[RequestRow]:
        return self._rows

    @property
    def selected(self) -> RequestRow | None:
        return self._rows[self.cursor] if self._rows else None

    def show(self, rows: list[RequestRow]) -> None:
        """Replace what is shown; the cursor stays on its request, unless it is on the first line: there it stays."""
        if rows == self._rows and self._loaded:
            return
        before = self.selected.id if self.selected and self.cursor else ""
        ids = [row.id for row in rows]
        length, self._rows, self._loaded = len(self._rows), rows, True
        self.set_reactive(LineList.cursor, ids.index(before) if before in ids else 0)
        if length != len(rows):
            self.resize_lines()
        running = sum(1 for row in rows if row.running) if self.router_up else 0
        title = f"Live · {running} running" if running else "Live"
        if title != self.border_title:
            self.border_title = title
        self.refresh()

    def set_router_up(self, up: bool) -> None:
        if up != self.router_up:
            self.router_up = up
            self.refresh()

    def tick(self) -> None:
        """Draw the running requests again: their time goes on."""
        self._frame += 1
        if self.router_up:
            for item in self.items_in_sight:
                if self._rows[item].running:
                    self.redraw_item(item)

    # LineList

    def resize_lines(self) -> None:
        self._columns = fit(COLUMNS, self.size.width - 1)
        super().resize_lines()

    def item_count(self) -> int:
        return len(self._rows)

    def draw_header(self, width: int) -> list[Piece]:
        return [Piece(" ".join(fitted(column.title, wide, column.align) for column, wide in self._columns))]

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        row, now = self._rows[item], self._clock.now()
        sign, style, _ = look_of(row, router_up=self.router_up, frame=self._frame + item)
        trouble = style if style in ("bad", "warn") else ""
        name, sentence = self._sanitizer.name, self._sanitizer.sentence
        texts = {
            "sign": Piece(sign, style),
            "time": Piece(time_of_day(row.started_at, now), "dim"),
            "client": Piece(row.client or "–", "dim"),
            "token": Piece(name(row.token) or "–", "" if row.token else "dim"),
            "total": took_of(row, style, now),
            "input": Piece(count(row.prompt_tokens)),
            "output": Piece(count(row.output_tokens)),
            "cost": cost_of(row),
            "why": Piece(sentence(row.error or row.because), trouble if row.error else "dim"),
        }
        pieces = []
        for column, wide in self._columns:
            text, look = target_of(row, wide, trouble) if column.name == "target" else texts[column.name]
            pieces.append(Piece(fitted(text, wide, column.align) + " ", look))
        return pieces

    def draw_empty(self, width: int) -> list[list[Piece]]:
        if not self._loaded:
            return [[Piece("  Reading …", "dim")]]
        lines = [[Piece("  No request yet. Paste into another terminal:", "strong")]]
        return lines + first_steps(self._program, STEPS, width)
