"""Sessions, the newest activity first: where, with what, how much, and how well the prompt cache was kept."""

from textual.message import Message

from router_core.clock import Clock
from router_core.money import usd_text
from router_core.store.sessions import SessionRow
from tui.figures import count, time_of_day
from tui.sanitize import Sanitizer
from tui.session_reading import kept_share, prompt_tokens
from tui.widgets.cells import Piece, fitted
from tui.widgets.columns import Column, fit
from tui.widgets.first_steps import first_steps
from tui.widgets.line_list import LineList
from tui.widgets.request_cells import STEPS

COLUMNS = (
    Column("when", "LAST", 8, 1),
    Column("project", "PROJECT", 14, 0, good=20, most=40),
    Column("client", "CLIENT", 11, 4, most=14),
    Column("model", "MODEL", 14, 8, good=20, most=28),
    Column("turns", "TURNS", 5, 2, "right"),
    Column("agents", "SUB", 3, 7, "right"),
    Column("failures", "ERR", 3, 9, "right"),
    Column("input", "IN", 5, 5, "right"),
    Column("output", "OUT", 5, 6, "right"),
    Column("cache", "CACHE", 5, 3, "right"),
    Column("lost", "LOST", 5, 10, "right"),
    Column("cost", "COST", 10, 1, "right"),
    Column("money", "MONEY", 10, 12, "right", luxury=True),
    Column("began", "BEGAN", 8, 11, luxury=True),
    Column("session", "SESSION", 8, 13, most=36, luxury=True),
)
LOAD_AHEAD = 20
LITTLE_KEPT = 0.5
"""Of a conversation with several turns, less than this means that the cache has been of little use."""


class SessionTable(LineList):
    """A session per line."""

    class OlderWanted(Message):
        """The end of what is loaded is near."""

        def __init__(self, before: int) -> None:
            super().__init__()
            self.before = before

    def __init__(self, clock: Clock, program: str, sanitizer: Sanitizer, *, id: str) -> None:
        super().__init__(id=id)
        self._clock, self._program, self._sanitizer = clock, program, sanitizer
        self._rows: list[SessionRow] = []
        self._columns: list[tuple[Column, int]] = []
        self._complete, self._asked, self._loaded = True, False, False
        self._problem = ""
        self.filter = ""

    @property
    def rows(self) -> list[SessionRow]:
        return self._rows

    @property
    def selected(self) -> SessionRow | None:
        return self._rows[self.cursor] if self._rows else None

    def show(self, rows: list[SessionRow], complete: bool, problem: str = "") -> None:
        """The beginning of the list as it is now; the cursor stays on its session, what was loaded below stays, too."""
        chosen = self.selected.session if self.selected and self.cursor else ""
        oldest = rows[-1].last_at if rows else 0
        names = {row.session for row in rows}
        below = [row for row in self._rows if row.last_at < oldest and row.session not in names] if rows else []
        self._complete = complete if not below else self._complete
        self._asked = self._asked and not problem
        self._rows, self._problem, self._loaded = [*rows, *below], problem, True
        self._laid_out(chosen)

    def clear(self) -> None:
        """For another filter."""
        self._rows, self._complete, self._asked, self._loaded = [], True, False, False
        self._laid_out("")

    def append(self, rows: list[SessionRow], complete: bool) -> None:
        """The next page."""
        self._asked, self._complete = False, complete
        names = {row.session for row in self._rows}
        self._rows = [*self._rows, *(row for row in rows if row.session not in names)]
        self._laid_out(self.selected.session if self.selected else "")

    def _laid_out(self, chosen: str) -> None:
        self.resize_lines()
        place = next((n for n, row in enumerate(self._rows) if row.session == chosen), 0)
        self.set_reactive(LineList.cursor, place)
        more = "" if self._complete else "+"
        self.border_title = f"Sessions · {len(self._rows):,}{more}" + (" matching" if self.filter else "")
        self.refresh()

    def go_to(self, item: int) -> None:
        super().go_to(item)
        self._ask_for_older()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._ask_for_older()

    def _ask_for_older(self) -> None:
        end = max(self.cursor, int(self.scroll_y) + self.size.height)
        if self._rows and not self._complete and not self._asked and end + LOAD_AHEAD > len(self._rows):
            self._asked = True
            self.post_message(self.OlderWanted(self._rows[-1].last_at))

    # LineList

    def resize_lines(self) -> None:
        self._columns = fit(COLUMNS, self.size.width - 1)
        super().resize_lines()

    def item_count(self) -> int:
        return len(self._rows)

    def draw_header(self, width: int) -> list[Piece]:
        return [Piece(" ".join(fitted(column.title, room, column.align) for column, room in self._columns))]

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        row, now, names = self._rows[item], self._clock.now(), self._sanitizer
        kept = kept_share(row)
        little = kept is not None and kept < LITTLE_KEPT and row.requests > 2
        texts = {
            "when": Piece(time_of_day(row.last_at, now), "dim"),
            "project": Piece(title_of(row, names), "strong"),
            "client": Piece(row.client or "–", "dim"),
            "model": Piece(row.model),
            "turns": Piece(count(row.requests)),
            "agents": Piece(str(row.agents or ""), "dim"),
            "failures": Piece(count(row.failures) if row.failures else "", "bad"),
            "input": Piece(count(prompt_tokens(row))),
            "output": Piece(count(row.output_tokens)),
            "cache": Piece("" if kept is None else f"{kept:.0%}", "warn" if little else "good" if kept else "dim"),
            "lost": Piece(count(row.cache_lost_tokens) if row.cache_lost_tokens else "", "warn"),
            "cost": Piece(cost_of(row), "dim" if not row.metered_nano_usd else ""),
            "money": Piece(usd_text(row.metered_nano_usd) if row.metered_nano_usd else "", ""),
            "began": Piece(time_of_day(row.first_at, now), "dim"),
            "session": Piece(names.id(row.session), "dim"),
        }
        return [
            Piece(fitted(texts[column.name].text, room, column.align) + " ", texts[column.name].style)
            for column, room in self._columns
        ]

    def draw_empty(self, width: int) -> list[list[Piece]]:
        if not self._loaded:
            return [[Piece("  Reading …", "dim")]]
        if self.filter:
            return [
                [
                    Piece("  No session matches ", "strong"),
                    Piece(self._sanitizer.text(self.filter), "hint"),
                    Piece("  Esc clears it", "dim"),
                ]
            ]
        lines = [[Piece("  No sessions yet. Clients that name theirs appear here:", "strong")]]
        lines += first_steps(self._program, STEPS, width)
        return lines + ([[Piece("  " + self._problem, "dim")]] if self._problem else [])


def title_of(row: SessionRow, names: Sanitizer) -> str:
    """The project's folder, else the beginning of the id."""
    if row.project:
        return names.name(row.project).rstrip("/").rpartition("/")[2] or "/"
    return names.id(row.session)[:8]


def cost_of(row: SessionRow) -> str:
    """`~` before what subscriptions have paid for."""
    if not row.cost_nano_usd:
        return ""
    return ("" if row.metered_nano_usd else "~") + usd_text(row.cost_nano_usd)
