"""The requests: live, filtered, sorted; any of them opens in detail."""

import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from router_core.store.trace_search import SORTS, Place, Sort
from router_core.trace.filter_text import with_value
from tui import live_requests, messages
from tui.figures import local
from tui.live_requests import Changes, Found, order_of
from tui.lock_choices import chosen_of
from tui.page import Context, Page
from tui.records import RequestRow
from tui.screens.detail import DetailScreen
from tui.screens.filter_by import FilterByScreen
from tui.widgets.filter_line import FilterLine
from tui.widgets.line_list import LineList
from tui.widgets.request_table import ORDER_WORDS, RequestTable

SPIN_EVERY_S = 0.2
FILTER_DELAY_S = 0.1
SHOW_EVERY_S = 0.25
"""While older requests are looked through, what was found is shown so often."""
REQUEST = "request:"
"""How `arrive` tells an id from a filter."""


class RequestsPage(Page):
    """Asks for stretch after stretch until the list is full, then only for what is new."""

    NAME = "Requests"
    KEYS = (
        ("enter", "⏎", "open"),
        ("slash", "/", "filter"),
        ("equals_sign", "=", "like this"),
        ("s", "s", "sort"),
        ("f", "f", "follow"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter"),
        Binding("escape", "clear_filter", "clear the filter"),
        Binding("equals_sign,v", "filter_by", "filter by a value of the chosen request"),
        Binding("s", "sort(1)", "sort by time, duration, tokens, cost"),
        Binding("S", "sort(-1)", "sort by the one before", show=False),
        Binding("f", "follow", "follow the newest"),
        Binding("o", "open_session", "go to the session of the chosen request"),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._found: Found | None = None
        self._live: dict[str, RequestRow] = {}
        self._last_row = 0
        self._generation = 0
        """Of the list: what was asked for another one is not shown."""
        self._newer: dict[str, RequestRow] = {}
        """What fits and came in, or changed, since the list was begun."""
        self._grown_at = 0.0
        self._asked = False
        """For the beginning of the list, and not answered yet."""

    def body(self) -> ComposeResult:
        yield FilterLine(id="filtering", hidden=self.context.sanitizer.on)
        yield RequestTable(
            self.context.clock, self.context.program, id="requests", sanitizer=self.context.sanitizer
        )  # fmt: skip

    def on_mount(self) -> None:
        self._table = self.query_one(RequestTable)
        self._filtering = self.query_one(FilterLine)
        self._table.focus()
        self.set_interval(SPIN_EVERY_S, self._table.tick)
        self._begin_anew()

    @property
    def table(self) -> RequestTable:
        return self._table

    @property
    def chosen_target(self) -> str:
        row = self._table.selected
        return chosen_of(row.provider, row.model) if row else ""

    def arrive(self, at: str) -> None:
        """`request:ID` opens that one; anything else is a filter."""
        if at.startswith(REQUEST):
            self.app.push_screen(DetailScreen(self.context, at.removeprefix(REQUEST)))
        else:
            self._filtering.text = at

    # What is asked of the database.

    def _begin(self) -> None:
        """Load the list from its beginning."""
        self._generation += 1
        self._asked, self._found, self._newer = True, None, {}
        text, sort, now = self._table.filter, self._table.sort, self.context.clock.now()
        self.ask(
            lambda databases: live_requests.first(databases, text, sort, now),
            self._of_now(self._began),
            about="the list",
        )

    def _begin_anew(self) -> None:
        """Maybe of another history than before."""
        self._begin()
        self.ask(live_requests.total, self._table.set_total)

    def _of_now[T](self, then: Callable[[T], None]) -> Callable[[T], None]:
        """`then`, unless another list has been asked for meanwhile."""
        generation = self._generation
        return lambda answer: then(answer) if generation == self._generation else None

    def _began(self, found: Found) -> None:
        self._found, self._asked = found, False
        self._last_row = found.last_row
        self._filtering.say("; ".join(found.problems))
        rows = found.rows
        self._live = {row.id: row for row in found.running}
        self._table.load(rows, self._is_complete(found), max(self._table.total, len(rows)), "")
        self._go_on(found)

    def _grew(self, found: Found) -> None:
        self._found = found
        self._live |= {row.id: row for row in found.rows if row.running}
        now = time.monotonic()
        if self._is_enough(found) or now - self._grown_at > SHOW_EVERY_S:
            self._grown_at = now
            self._table.grow(self._with_newer(found.rows), self._is_complete(found))
            self._table.set_searching(f"looked back to {self._when(found)} …")
        self._go_on(found)

    def _with_newer(self, rows: list[RequestRow]) -> list[RequestRow]:
        """What has been looked through, and what came in since that began."""
        if not self._newer:
            return rows
        sort = self._table.sort
        once = {row.id: row for row in rows} | self._newer
        ordered = sorted(once.values(), key=lambda row: order_of(row, sort), reverse=True)
        return ordered if sort == "time" else ordered[: live_requests.PAGE]

    def _go_on(self, found: Found) -> None:
        """Look further back, while there is more to look at and room for it."""
        if self._is_enough(found):
            self._table.set_searching("")
            return
        sort, limit = self._table.sort, live_requests.PAGE
        if not self._table.searching:
            self._table.set_searching(f"looked back to {self._when(found)} …")
        self.ask(
            lambda databases: live_requests.more(databases, found, sort, limit),
            self._of_now(self._grew),
            about="the list",
        )

    def _is_enough(self, found: Found) -> bool:
        by_time = self._table.sort == "time"
        return found.next is None or (by_time and len(found.rows) >= live_requests.PAGE)

    def _when(self, found: Found) -> str:
        return _when(found.next.at_ms, self.context.clock.now()) if found.next else "the first one"

    def _is_complete(self, found: Found) -> bool:
        return found.next is None

    def unanswered(self, why: str) -> None:
        self._asked, self._found = False, None
        self._table.load([], True, 0, why)

    def requests_committed(self) -> None:
        if not self.is_composed:
            return
        if self._found is None:  # there was no database to read, or it is being read
            if not self._asked:
                self._begin_anew()
            return
        search, last, running = self._found.search, self._last_row, dict(self._live)
        self.ask(
            lambda databases: live_requests.changes(databases, search, last, running),
            self._of_now(self._changed),
            about="changes",
        )

    def _changed(self, seen: Changes) -> None:
        if seen.afresh:
            self._begin_anew()
            return
        new = sum(1 for row in seen.rows if row.row_number > self._last_row)
        self._last_row = max(self._last_row, seen.last_row)
        for row in seen.rows:
            if row.running:
                self._live[row.id] = row
            else:
                self._live.pop(row.id, None)
        if self._table.searching:
            self._newer |= {row.id: row for row in seen.rows if row.id in seen.matching}
        if seen.rows:
            self._table.update(seen.rows, seen.matching, self._table.total + new)

    def on_request_table_older_wanted(self, event: RequestTable.OlderWanted) -> None:
        found = self._found
        if found is None:
            return
        place = Place(event.after.started_at, event.after.id) if event.after else found.next
        if place is None:
            return
        search = found.search
        self.ask(
            lambda databases: live_requests.older(databases, search, place),
            self._of_now(self._older_came),
            about="older",
        )

    def _older_came(self, found: Found) -> None:
        if self._found is None:
            return
        before = self._found
        self._found = Found(before.search, before.rows, found.next, before.last_row, before.problems)
        self._table.append_older(found.rows, found.next is None)
        if not found.rows and found.next is not None:
            self.on_request_table_older_wanted(RequestTable.OlderWanted())

    def router_changed(self, seen: messages.RouterSeen) -> None:
        self._table.set_router_up(seen.up)

    # What people do.

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        if row := self._table.selected:
            self.app.push_screen(DetailScreen(self.context, row.id, self._step))

    def _step(self, by: int) -> str | None:
        """The request beside the one that is looked at in detail, as the list has them; the cursor goes along."""
        before = self._table.cursor
        self._table.go_to(before + by)
        row = self._table.selected
        return row.id if row and self._table.cursor != before else None

    def action_filter(self) -> None:
        self._filtering.begin()
        if not self.context.sanitizer.on:  # names are completed: they would be seen
            self.ask(live_requests.values, self._filtering.know, about="values")

    def action_clear_filter(self) -> None:
        self._filtering.text = ""
        self._table.focus()

    def action_filter_by(self) -> None:
        if row := self._table.selected:
            self.app.push_screen(FilterByScreen(row, self.context.sanitizer), self._filter_by)

    def _filter_by(self, chosen: tuple[str, str] | None) -> None:
        if chosen:
            self._filtering.text = with_value(self._filtering.text, *chosen)

    def action_sort(self, by: int) -> None:
        self._sort(SORTS[(SORTS.index(self._table.sort) + by) % len(SORTS)])

    def on_request_table_sort_wanted(self, event: RequestTable.SortWanted) -> None:
        self._sort("time" if event.sort == self._table.sort else event.sort)

    def _sort(self, sort: Sort) -> None:
        self._table.sort = sort
        self._table.follow(sort == "time")
        self._table.go_to(0)
        self.say(f"The {ORDER_WORDS[sort]} first.")
        self._begin()

    def action_follow(self) -> None:
        if self._table.sort != "time":
            self._sort("time")
        else:
            self._table.follow(not self._table.following)

    def action_open_session(self) -> None:
        if (row := self._table.selected) and row.session:
            self.go("Sessions", row.session)

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        if event.text != self._table.filter:
            self._table.filter = event.text
            self.set_timer(FILTER_DELAY_S, lambda: self._begin() if event.text == self._table.filter else None)

    def on_filter_line_left(self) -> None:
        self._table.focus()


def _when(at_ms: int, now: float) -> str:
    then, today = local(at_ms / 1000), local(now).date()
    return f"{then:%H:%M}" if then.date() == today else f"{then:%d %b %H:%M}"
