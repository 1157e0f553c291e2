"""One request in detail: overview, headers, and each body that was kept; it goes on moving while the request runs."""

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from router_core.clock import Clock
from tui.figures import count
from tui.lock_choices import chosen_of
from tui.messages import TraceChanged
from tui.records import Trace
from tui.screens.detail_overview import DECISION, headers, overview
from tui.source import Source
from tui.widgets.body_view import lines_of
from tui.widgets.cells import Piece
from tui.widgets.hot_line import HotLine, KeyBar, TabLine
from tui.widgets.text_pane import Line, TextPane

KEYS = (
    ("escape", "Esc", "back"),
    ("tab", "Tab", "next part"),
    ("v", "v", "raw/pretty"),
    ("w", "w", "why"),
    ("d", "d", "dark/light"),
    ("L", "L", "lock"),
    ("question_mark", "?", "help"),
    ("q", "q", "quit"),
)


ROOMY = 45
"""Lines of a terminal that has room for more than the summary and the attempts."""


class DetailScreen(Screen[None]):
    """Looks at one request through the source until it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "back"),
        Binding("tab,right,l", "turn(1)", "next part", priority=True),
        Binding("shift+tab,left,h", "turn(-1)", "previous part", priority=True),
        Binding("v", "toggle_raw", "pretty or as it came"),
        Binding("w", "toggle_why", "what each rule said"),
        *(Binding(str(number), f"pick({number - 1})", show=False) for number in range(1, 10)),
    ]

    def __init__(self, source: Source, clock: Clock, request_id: str) -> None:
        super().__init__()
        self._source = source
        self._clock = clock
        self._request_id = request_id
        self._trace: Trace | None = None
        self._tab = "overview"
        self._raw = False
        self._why: bool | None = None
        """Whether to show what each rule said; None: when there is room for it."""

    def compose(self) -> ComposeResult:
        yield TabLine(id="tabs")
        yield TextPane(id="text")
        yield KeyBar(KEYS, id="keys")

    def on_mount(self) -> None:
        self.query_one(TextPane).focus()
        self._show([[Piece("Reading …", "dim")]])
        self._source.look_at(self._request_id, self.post_message)
        self.set_interval(0.5, self._tick)

    def on_unmount(self) -> None:
        self._source.look_at(None)

    def on_trace_changed(self, event: TraceChanged) -> None:
        if event.trace is None:
            self._show([[Piece("This request is not kept any more.", "warn")]])
            return
        first = self._trace is None
        if not first and self._trace and self._trace.bodies == event.trace.bodies and self._tab.startswith("body:"):
            self._trace = event.trace  # what is being read has not changed
            return
        self._trace = event.trace
        self._draw(from_top=first)

    @property
    def chosen_target(self) -> str:
        """Where this request went; "" before it is known."""
        return chosen_of(self._trace.request.provider, self._trace.request.model) if self._trace else ""

    def on_hot_line_clicked(self, event: HotLine.Clicked) -> None:
        self._turn_to(event.name)

    def action_back(self) -> None:
        self.dismiss()

    def action_turn(self, by: int) -> None:
        names = [name for name, _ in self._tabs()]
        self._turn_to(names[(names.index(self._tab) + by) % len(names)] if self._tab in names else names[0])

    def action_pick(self, place: int) -> None:
        names = [name for name, _ in self._tabs()]
        if place < len(names):
            self._turn_to(names[place])

    def action_toggle_raw(self) -> None:
        self._raw = not self._raw
        self._draw(from_top=True)

    def action_toggle_why(self) -> None:
        self._why = not self._shows_why
        self._tab = "overview"
        self._draw(from_top=True, begin_at=DECISION if self._why else "")

    @property
    def _shows_why(self) -> bool:
        return self.size.height >= ROOMY if self._why is None else self._why

    def _turn_to(self, name: str) -> None:
        self._tab = name
        self._draw(from_top=True)

    def _tick(self) -> None:
        if self._trace and self._trace.request.running and self._tab == "overview":
            self._draw(from_top=False)

    def _tabs(self) -> list[tuple[str, str]]:
        bodies = self._trace.bodies if self._trace else []
        tabs = [("overview", "Overview"), ("headers", "Headers")]
        return tabs + [(f"body:{body.kind}", f"{body.kind} {count(body.size)}") for body in bodies]

    def _draw(self, *, from_top: bool, begin_at: str = "") -> None:
        trace = self._trace
        if trace is None:
            return
        self.query_one(TabLine).show(self._tabs(), self._tab)
        pane = self.query_one(TextPane)
        body = next((body for body in trace.bodies if f"body:{body.kind}" == self._tab), None)
        if body:
            pane.show(lambda width: lines_of(body, raw=self._raw), from_top=from_top)
        elif self._tab == "headers":
            pane.show(partial(headers, trace), from_top=from_top)
        else:
            make = partial(overview, trace, self._clock, self._shows_why)
            pane.show(make, from_top=from_top, begin_at=begin_at)

    def _show(self, lines: list[Line]) -> None:
        self.query_one(TabLine).show(self._tabs(), self._tab)
        self.query_one(TextPane).show(lambda width: lines, from_top=True)
