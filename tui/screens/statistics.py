"""What was used: over time as bars, by model, token, project and more as a table; into any group with Enter."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from router_core.store.usage_columns import PATHS
from router_core.text import printable
from tui.page import Context, Page
from tui.statistics_file import write
from tui.statistics_view import (
    DIMENSIONS,
    MEASURES,
    RANGES,
    Shown,
    Wanted,
    look,
    step_label,
    summary,
)
from tui.widgets.bar_chart import BarChart
from tui.widgets.choice_line import ChoiceLine
from tui.widgets.fact_line import FactLine
from tui.widgets.hot_line import HotLine
from tui.widgets.line_list import LineList
from tui.widgets.statistics_table import StatisticsTable

LOW = 32
"""Lines of a terminal where the table needs those that would be left free."""
AGAIN_AFTER_S = 2.0
"""While requests come in, the sums are asked for no more often than this."""

LONGEST_NAME = 60
"""In the line that says which requests are counted."""


class StatisticsPage(Page):
    """Three choices (time, group, measure), a chart, a table."""

    NAME = "Statistics"
    KEYS = (
        ("left_square_bracket", "[", "/"),
        ("right_square_bracket", "]", "time"),
        ("b", "b", "by"),
        ("m", "m", "measure"),
        ("enter", "⏎", "into it"),
        ("escape", "Esc", "out"),
        ("x", "x", "export"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket,left", "time(-1)", "shorter time"),
        Binding("right_square_bracket,right", "time(1)", "longer time"),
        Binding("b", "by(1)", "group by the next"),
        Binding("B", "by(-1)", "group by the one before"),
        Binding("m", "measure(1)", "next measure"),
        Binding("M", "measure(-1)", "measure before"),
        Binding("x", "export", "export as CSV or JSON"),
        Binding("escape,backspace", "out", "out of the group"),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._wanted = Wanted()
        self._shown: Shown | None = None
        self._before: list[Wanted] = []
        """What Esc goes back to."""
        self._stale = True
        self._asked_at = 0.0

    def body(self) -> ComposeResult:
        yield ChoiceLine("time", [each.name for each in RANGES], id="times")
        yield ChoiceLine("by", [each.name for each in DIMENSIONS], id="dimensions")
        yield ChoiceLine("show", [each.name for each in MEASURES], id="measures")
        yield FactLine(id="sums")
        yield BarChart(id="chart")
        yield StatisticsTable(self.context.sanitizer, id="groups")
        yield Static(id="within", markup=False)
        yield Input(id="file", compact=True)

    def on_mount(self) -> None:
        self._table = self.query_one(StatisticsTable)
        self._file = self.query_one("#file", Input)
        self._table.focus()
        self._table.show(None, "Adding up …")
        self._want(self._wanted)

    def on_resize(self) -> None:
        self.set_class(self.size.height < LOW, "low")

    # News.

    def requests_committed(self) -> None:
        self._stale = True

    def second_passed(self) -> None:
        if self._stale and self.context.clock.now() - self._asked_at >= AGAIN_AFTER_S:
            self._ask()

    def _ask(self) -> None:
        self._stale, self._asked_at = False, self.context.clock.now()
        wanted, now = self._wanted, self._asked_at
        self.ask(lambda databases: look(databases.traces, wanted, now), self._show, about="sums")

    def unanswered(self, why: str) -> None:
        self._table.show(None, why)

    def _show(self, shown: Shown) -> None:
        self._shown = shown
        self._table.show(shown, self._empty())
        bars = [(step_label(start, shown.step_ms), values) for start, values in shown.bars]
        self.query_one(BarChart).show(bars, shown.wanted.measure.text)
        self.query_one(FactLine).show(summary(shown.totals))

    def _empty(self) -> str:
        if self._wanted.where:
            return "Nothing in this time. Esc goes back, ] takes a longer time."
        if self._wanted.range is not RANGES[-1]:
            return "No requests in this time. Press ] for a longer one."
        return f"No requests yet. Lead a client here: {self.context.program} code"

    # What people do.

    def _want(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self.query_one("#times", ChoiceLine).choose(RANGES.index(wanted.range))
        self.query_one("#dimensions", ChoiceLine).choose(DIMENSIONS.index(wanted.by))
        self.query_one("#measures", ChoiceLine).choose(MEASURES.index(wanted.measure))
        within = self.query_one("#within", Static)
        names = {by.dimension: by.name for by in DIMENSIONS}
        parts = [f"{names[dimension]} {self._seen(dimension, value)}" for dimension, value in wanted.where.items()]
        within.update(f"only {', '.join(parts)}   Esc: all again" if parts else "")
        within.set_class(bool(parts), "shown")
        self._ask()

    def _seen(self, dimension: str, value: str) -> str:
        if not value:
            return "(none)"
        sanitizer = self.context.sanitizer
        if dimension == "session":
            return printable(sanitizer.id(value), LONGEST_NAME)
        named = sanitizer.name(value) if dimension in ("token", "project", "client_key") else value
        return printable(named, LONGEST_NAME)

    def action_time(self, by: int) -> None:
        place = RANGES.index(self._wanted.range) + by
        self._want(replace(self._wanted, range=RANGES[max(0, min(place, len(RANGES) - 1))]))

    def action_by(self, by: int) -> None:
        place = DIMENSIONS.index(self._wanted.by) + by
        if not self._wanted.fits(DIMENSIONS[place % len(DIMENSIONS)]):
            place += by
        self._want(replace(self._wanted, by=DIMENSIONS[place % len(DIMENSIONS)]))

    def action_measure(self, by: int) -> None:
        place = MEASURES.index(self._wanted.measure) + by
        self._want(replace(self._wanted, measure=MEASURES[place % len(MEASURES)]))

    def on_hot_line_clicked(self, event: HotLine.Clicked) -> None:
        if not isinstance(event.sender, ChoiceLine):
            return
        event.stop()
        place = int(event.name)
        match event.sender.id:
            case "times":
                self._want(replace(self._wanted, range=RANGES[place]))
            case "dimensions" if not self._wanted.fits(DIMENSIONS[place]):
                self.say(f"Sessions of an address or a status take seconds: {self.context.program} {self._stats()}")
            case "dimensions":
                self._want(replace(self._wanted, by=DIMENSIONS[place]))
            case _:
                self._want(replace(self._wanted, measure=MEASURES[place]))

    def _stats(self) -> str:
        """The command that tells them."""
        named = [f"--{name} {shlex.quote(value)}" for name, value in self._wanted.where.items() if name in PATHS]
        return " ".join(["stats --by session", *named])

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Into a group: only its requests, by something else."""
        event.stop()
        value = self._table.selected
        if value is None:
            return
        where = {**self._wanted.where, self._wanted.by.dimension: value}
        inside = replace(self._wanted, where=where)
        following = next((by for by in DIMENSIONS if by.dimension not in where and inside.fits(by)), None)
        if following is None:
            return
        self._before.append(self._wanted)
        self._want(replace(inside, by=following))

    def action_out(self) -> None:
        if self._file.has_class("shown"):
            self._close_file()
        elif self._before:
            last = self._before.pop()
            self._want(replace(self._wanted, where=last.where, by=last.by))

    # Export.

    def action_export(self) -> None:
        if self.context.sanitizer.on:
            self.say("A file would hold the names as they are: start without --sanitized to export.", wrong=True)
        elif self._shown is None or not self._shown.groups:
            self.say("There is nothing to export yet.", wrong=True)
        else:
            day = step_label(self._shown.span.until_ms, 24 * 3_600_000).replace(" ", "-").lower()
            self._file.value = f"mitmrouter-{self._wanted.by.dimension}-{day}.csv"
            self._file.placeholder = "file to write: .csv or .json"
            self._file.add_class("shown")
            self._file.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        shown, name = self._shown, event.value.strip()
        if shown is None or not name:
            self._close_file()
            return
        file = Path(name).expanduser().absolute()
        try:
            write(shown, file)
        except FileExistsError:
            self.say(f"{file} is there already: choose another name.", wrong=True)
        except OSError as error:
            self.say(f"{file} cannot be written: {error.strerror}.", wrong=True)
        else:
            self.say(f"Written: {file}")
            self._close_file()

    def _close_file(self) -> None:
        self._file.remove_class("shown")
        self._table.focus()
