"""Live requests, newest first: a window of the newest ones, older pages as one scrolls; or the greatest of some kind.

While *following*, the cursor stays on the newest request. Moving away stops that: then new rows come in above and
neither cursor nor view moves.
"""

import bisect
from collections.abc import Hashable

from textual import events
from textual.message import Message

from router_core.clock import Clock
from router_core.store.trace_search import Sort
from tui.figures import count, elapsed, local, time_of_day
from tui.live_requests import order_of
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
    Column("client", "CLIENT", 11, 11, most=14),
    Column("target", "MODEL", 15, 2, good=26, most=40),
    Column("token", "TOKEN", 9, 3, good=13, most=20),
    Column("state", "STATE", 7, 10),
    Column("status", "HTTP", 4, 8, "right"),
    Column("attempts", "TRY", 3, 9, "right"),
    Column("ttft", "TTFT", 6, 12, "right"),
    Column("total", "TOTAL", 6, 4, "right"),
    Column("input", "IN", 5, 7, "right"),
    Column("output", "OUT", 5, 6, "right"),
    Column("cost", "COST", 11, 5, "right"),
    Column("scenario", "SCENARIO", 12, 12, luxury=True),
    Column("project", "PROJECT", 10, 13, most=20, luxury=True),
    Column("session", "SESSION", 8, 14, luxury=True),
    Column("why", "WHY", 12, 13, most=80, luxury=True),
)
"""The word of the state is the first to go of those that are told twice: its sign and the status stay."""
SORTED_BY: dict[str, Sort] = {
    "time": "time",
    "total": "duration",
    "input": "tokens",
    "output": "tokens",
    "cost": "cost",
}
"""By which column a click on its title sorts."""
ORDER_WORDS: dict[Sort, str] = {"time": "newest", "duration": "longest", "tokens": "most tokens", "cost": "dearest"}
LOAD_AHEAD = 100
"""Rows before the end at which the next page is asked for."""
KEEP_WHILE_FOLLOWING = 1500
MOST_SORTED = 500


class RequestTable(LineList):
    """The requests of one filter."""

    class OlderWanted(Message):
        """The end of what is loaded is near.

        Args:
            after: the last one loaded, where those behind it were let go; None: go on where it was looked through last.
        """

        def __init__(self, after: RequestRow | None = None) -> None:
            super().__init__()
            self.after = after

    class SortWanted(Message):
        """The title of a column was clicked."""

        def __init__(self, sort: Sort) -> None:
            super().__init__()
            self.sort = sort

    def __init__(self, clock: Clock, program: str, *, id: str, sanitizer: Sanitizer | None = None) -> None:
        super().__init__(id=id)
        self._sanitizer = sanitizer or Sanitizer()
        self._program = program
        self._clock = clock
        self._rows: list[RequestRow] = []
        self._columns: list[tuple[Column, int]] = []
        self._complete = True
        self._cut = False
        """What was loaded at its end has been let go."""
        self._asked = False
        self._total = 0
        self._problem = ""
        self._loaded = False
        self._unseen = 0
        self._frame = 0
        self.filter = ""
        self.sort: Sort = "time"
        self.searching = ""
        """How far back has been looked by now; "" when all has been."""
        self.following = True
        self.router_up = True

    @property
    def rows(self) -> list[RequestRow]:
        """What is loaded, newest first."""
        return self._rows

    @property
    def selected(self) -> RequestRow | None:
        return self._rows[self.cursor] if self._rows else None

    @property
    def running(self) -> int:
        """How many of the loaded requests are running."""
        return sum(1 for row in self._rows if row.running) if self.router_up else 0

    # What comes from the source.

    def load(self, rows: list[RequestRow], complete: bool, total: int, problem: str) -> None:
        """Start afresh with the newest page; the cursor stays on its request if that is in it."""
        before = self._rows[self.cursor].id if self._rows and not self.following else ""
        self._rows, self._complete, self._total, self._problem = rows, complete, total, problem
        self._asked, self._cut, self._loaded, self._unseen = False, False, True, 0
        self.resize_lines()
        self.set_reactive(LineList.cursor, next((i for i, row in enumerate(rows) if row.id == before), 0))
        self.show_cursor()
        self._describe()
        self.refresh()

    @property
    def total(self) -> int:
        return self._total

    def set_total(self, total: int) -> None:
        """How many requests there are, whatever the filter."""
        self._total = total
        self._describe()

    def set_searching(self, how_far: str) -> None:
        """What to say while older requests are looked through; "" when that is over."""
        if how_far != self.searching:
            self.searching = how_far
            self._describe()
            if not self._rows:
                self.refresh()

    def grow(self, rows: list[RequestRow], complete: bool) -> None:
        """More has been looked through: the same list with what was found; the cursor stays on its request."""
        chosen = self.selected.id if self.selected and not self.following else ""
        self._rows, self._complete, self._cut = rows, complete, False
        self.resize_lines()
        self.set_reactive(LineList.cursor, next((i for i, row in enumerate(rows) if row.id == chosen), 0))
        self._describe()
        self.refresh()

    def append_older(self, rows: list[RequestRow], complete: bool) -> None:
        """The next page."""
        self._asked, self._complete, self._cut = False, complete, False
        oldest = self._rows[-1].id if self._rows else ""
        self._rows.extend(row for row in rows if not oldest or row.id < oldest)
        self.resize_lines()
        self._describe()

    def update(self, rows: list[RequestRow], matching: set[str], total: int) -> None:
        """New requests come in, running ones move on; cursor and view stay where they are."""
        self._total = total
        places = {row.id: place for place, row in enumerate(self._rows)}
        for row in rows:
            if row.id in places:
                self._rows[places[row.id]] = row
                self.redraw_item(places[row.id])
        fresh = [row for row in rows if row.id not in places and row.id in matching]
        if not self._complete and self._rows and self.sort == "time":
            fresh = [row for row in fresh if row.id > self._rows[-1].id]  # else it comes with its page
        if fresh:
            self._insert(fresh)
        self._describe()

    def _insert(self, fresh: list[RequestRow]) -> None:
        top = self.scroll_offset.y
        first_seen = self._rows[top].id if top < len(self._rows) else ""
        at_cursor = self._rows[self.cursor].id if self._rows else ""
        if self.sort == "time":
            merged = self._with_newer(fresh)
        else:
            merged = sorted([*fresh, *self._rows], key=lambda row: order_of(row, self.sort), reverse=True)
            merged = merged[: max(len(self._rows), MOST_SORTED)]
        if self.following and len(merged) > KEEP_WHILE_FOLLOWING:
            merged, self._complete, self._cut = merged[:KEEP_WHILE_FOLLOWING], False, True
        self._rows = merged
        self.resize_lines()
        if self.following or not at_cursor:
            self.set_reactive(LineList.cursor, 0)
            self.scroll_to(y=0, animate=False)
        else:
            self._unseen += len(fresh)
            self.set_reactive(LineList.cursor, self._place(at_cursor))
            self.scroll_to(y=self._place(first_seen), animate=False)
        self.refresh()

    def _with_newer(self, fresh: list[RequestRow]) -> list[RequestRow]:
        """By id, the newest first. Nearly always all that is new is newer than all that is there."""
        fresh = sorted(fresh, key=lambda row: row.id, reverse=True)
        if not self._rows or fresh[-1].id > self._rows[0].id:
            return [*fresh, *self._rows]
        return sorted([*fresh, *self._rows], key=lambda row: row.id, reverse=True)

    def _place(self, request_id: str) -> int:
        """Where this request stands among the loaded ones (ids sort by time, newest first)."""
        if self.sort != "time":
            return next((place for place, row in enumerate(self._rows) if row.id == request_id), 0)
        ids = [row.id for row in reversed(self._rows)]
        return len(self._rows) - 1 - min(bisect.bisect_left(ids, request_id), len(ids) - 1)

    # Time passes, people act.

    def tick(self) -> None:
        """Draw the running requests again: their time goes on."""
        self._frame += 1
        if self.router_up:
            for item in self.items_in_sight:
                if self._rows[item].running:
                    self.redraw_item(item)

    def set_router_up(self, up: bool) -> None:
        if up != self.router_up:
            self.router_up = up
            self.refresh()

    def follow(self, following: bool) -> None:
        """Stick to the newest request, or stop doing so."""
        if following:
            self._unseen = 0
            self.cursor = 0
            self.scroll_to(y=0, animate=False)
        self.following = following
        self._describe()

    def go_to(self, item: int) -> None:
        super().go_to(item)
        self.follow(self.cursor == 0 and self.sort == "time")
        self._ask_for_older()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value > 0 and self.following and self.cursor < int(new_value):
            self.following = False  # scrolled away with the wheel
        self._describe()
        self._ask_for_older()

    def _ask_for_older(self) -> None:
        end = max(self.cursor, int(self.scroll_y) + self.size.height)
        if (
            self._rows
            and not self._complete
            and not self._asked
            and self.sort == "time"
            and end + LOAD_AHEAD > len(self._rows)
        ):
            self._asked = True
            self.post_message(self.OlderWanted(self._rows[-1] if self._cut else None))

    def _describe(self) -> None:
        """Say at the border where in the list one is."""
        title = self._title()
        if title != self.border_title:  # setting it draws everything again
            self.border_title = title

    def _title(self) -> str:
        if not self._rows:
            return f"Requests · {self.searching}" if self.searching else "Requests"
        last = min(int(self.scroll_y) + max(0, self.size.height - 1), len(self._rows))
        if self.sort != "time":
            kind = "matching ones" if self.filter else "requests"
            how = self.searching or f"of all {kind}"
            return f"Requests · the {ORDER_WORDS[self.sort]} first, {int(self.scroll_y) + 1:,}–{last:,} · {how}"
        counted = self._total if not self.filter else len(self._rows)
        most = max(counted, len(self._rows))
        of = f"{most:,}" + ("" if not self.filter or self._complete else "+")
        matching = " matching" if self.filter else ""
        how = "following" if self.following else f"{self._unseen} new above" if self._unseen else "f follows"
        return f"Requests · {int(self.scroll_y) + 1:,}–{last:,} of {of}{matching} · {self.searching or how}"

    # LineList

    def on_resize(self) -> None:  # textual calls that of LineList, too
        self._describe()

    def resize_lines(self) -> None:
        self._columns = fit(COLUMNS, self.size.width - 1)
        super().resize_lines()

    def item_count(self) -> int:
        return len(self._rows)

    def draw_header(self, width: int) -> list[Piece]:
        pieces = []
        for column, width_here in self._columns:
            sorted_by = self.sort != "time" and SORTED_BY.get(column.name) == self.sort
            pieces.append(Piece(fitted(column.title, width_here, column.align) + " ", "hint" if sorted_by else ""))
        return pieces

    def on_click(self, event: events.Click) -> None:  # textual calls that of LineList, too
        place = event.get_content_offset(self)
        if place is not None and place.y == 0:
            end = 0
            for column, width_here in self._columns:
                end += width_here + 1
                if place.x < end:
                    if column.name in SORTED_BY:
                        self.post_message(self.SortWanted(SORTED_BY[column.name]))
                    return

    def shown_by(self, item: int) -> tuple[Hashable, object] | None:
        row = self._rows[item]  # not while its time goes on, nor where more names become known, and are hidden then
        changes = row.running or self._sanitizer.on
        return None if changes else ((row.id, local(self._clock.now()).date()), row)

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        row = self._rows[item]
        now = self._clock.now()
        sign, style, word = look_of(row, router_up=self.router_up, frame=self._frame + item)
        trouble = style if style in ("bad", "warn") else ""
        texts = {
            "sign": Piece(sign, style),
            "time": Piece(time_of_day(row.started_at, now), "dim"),
            "client": Piece(row.client or "–", "dim"),
            "token": Piece(self._sanitizer.name(row.token) or "–", "" if row.token else "dim"),
            "state": Piece(word, style),
            "status": Piece(str(row.status or ""), trouble),
            "attempts": Piece(str(row.attempts or ""), "warn" if row.attempts > 1 else "dim"),
            "ttft": Piece(elapsed(row.ttft_ms).replace(" ", "")),
            "total": took_of(row, style, now),
            "input": Piece(count(row.prompt_tokens)),
            "output": Piece(count(row.output_tokens)),
            "cost": cost_of(row),
            "scenario": Piece(row.tier or row.scenario, "dim"),
            "project": Piece(self._sanitizer.name(row.project).rstrip("/").rpartition("/")[2], "dim"),
            "session": Piece(self._sanitizer.id(row.session)[:8], "dim"),
            "why": Piece(self._sanitizer.sentence(row.error or row.because), trouble if row.error else "dim"),
        }
        pieces = []
        for column, width_here in self._columns:
            text, look = target_of(row, width_here, trouble) if column.name == "target" else texts[column.name]
            pieces.append(Piece(fitted(text, width_here, column.align) + " ", look))
        return pieces

    def draw_empty(self, width: int) -> list[list[Piece]]:
        if not self._loaded:
            return [[Piece("  Reading …", "dim")]]
        if self.searching:
            return [[Piece(f"  None so far: {self.searching}", "dim")]]
        if self.filter:
            return [
                [
                    Piece("  No request matches ", "strong"),
                    Piece(self._sanitizer.text(self.filter), "hint"),
                    Piece("  Esc clears it", "dim"),
                ]
            ]
        lines = [[Piece("  No requests yet. They appear here as they come in:", "strong")]]
        lines += first_steps(self._program, STEPS, width)
        if self._problem:
            lines.append([Piece("  " + self._problem, "dim")])
        return lines
