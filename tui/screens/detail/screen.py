"""The screen around the tabs: it goes on moving while the request runs, and leads to the next one."""

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from router_core.store.trace_search import neighbour
from tui.figures import elapsed, time_of_day
from tui.lock_choices import chosen_of
from tui.messages import TraceChanged
from tui.page import Context, Goes
from tui.records import BodyRow, Trace
from tui.screens.detail.bodies import READINGS, Reading, answer_lines, answered, asked, heading_of, request_lines
from tui.screens.detail.changes import changes
from tui.screens.detail.cost import cost
from tui.screens.detail.curl_screen import CurlScreen
from tui.screens.detail.facts import View, prose
from tui.screens.detail.headers import headers
from tui.screens.detail.replay_screen import ReplayScreen
from tui.screens.detail.summary import summary
from tui.screens.detail.why import why
from tui.widgets.cells import Piece, fitted
from tui.widgets.hot_line import HotLine, KeyBar, Spot, TabLine
from tui.widgets.request_cells import LOOKS
from tui.widgets.text_pane import Line, TextPane

KEYS = (
    ("escape", "Esc", "back"),
    ("tab", "⇥", "next part"),
    ("n", "n", "/"),
    ("p", "p", "next, previous"),
    ("R", "R", "replay"),
    ("c", "c", "curl"),
    ("o", "o", "session"),
    ("L", "L", "lock"),
    ("question_mark", "?", "help"),
    ("q", "q", "quit"),
)
TABS = (
    ("summary", "Summary"),
    ("why", "Why"),
    ("changes", "Changes"),
    ("answer", "Answer"),
    ("request", "Request"),
    ("cost", "Cost"),
    ("headers", "Headers"),
)
ROOMY = 45
"""Lines of a terminal that has room for more than the summary and the attempts."""

type Step = Callable[[int], str | None]
"""The id of the next (1) or previous (-1) request of the list that this one was opened from; None at its end."""


class DetailScreen(Screen[None]):
    """Looks at one request through the source until it is left.

    Args:
        step: of the list; without one, requests follow each other in time.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "back"),
        Binding("tab,right,l", "turn(1)", "next part", priority=True),
        Binding("shift+tab,left,h", "turn(-1)", "previous part", priority=True),
        Binding("n,J", "step(1)", "next request"),
        Binding("p,K", "step(-1)", "previous request"),
        Binding("R", "replay", "replay: ask the same again, elsewhere"),
        Binding("c", "curl", "copy as curl"),
        Binding("v", "turn_reading", "as text, events, or as it came"),
        Binding("b", "turn_body", "another body"),
        Binding("w", "turn_to('why')", "why it went there"),
        Binding("o", "open_session", "go to its session"),
        *(
            Binding(str(number), f"turn_to({name!r})", title, show=False)
            for number, (name, title) in enumerate(TABS, 1)
        ),
    ]

    def __init__(self, context: Context, request_id: str, step: Step | None = None) -> None:
        super().__init__()
        self.context = context
        self._request_id = request_id
        self._step = step
        self._trace: Trace | None = None
        self._tab = "summary"
        self._reading: Reading = "text"
        self._body = {"answer": 0, "request": 0}

    def compose(self) -> ComposeResult:
        yield HotLine(id="heading")
        yield TabLine(id="tabs")
        yield TextPane(id="text")
        yield KeyBar(KEYS, id="keys")

    def on_mount(self) -> None:
        self.query_one(TextPane).focus()
        self._look()
        self.set_interval(0.5, self._tick)

    def on_unmount(self) -> None:
        self.context.source.look_away(self.post_message)

    def on_screen_resume(self) -> None:
        if self._trace is not None:
            self.context.source.look_at(self._request_id, self.post_message)

    def on_resize(self) -> None:
        if self._trace is not None:
            self._show_heading(self._trace)

    def _look(self) -> None:
        self._trace = None
        self._show("Reading …", "dim")
        self.context.source.look_at(self._request_id, self.post_message)

    # What the source tells.

    def on_trace_changed(self, event: TraceChanged) -> None:
        if event.trace is None:
            said = f"It cannot be read: {event.problem}" if event.problem else "This request is not kept any more."
            self._show(said, "warn")
            return
        if event.trace.request.id != self._request_id:  # told before another one was looked at
            return
        before, self._trace = self._trace, event.trace
        self._show_heading(event.trace)
        if before is not None and self._tab in ("answer", "request") and before.bodies == event.trace.bodies:
            return  # what is being read has not changed
        self._draw(from_top=before is None)

    @property
    def request_id(self) -> str:
        return self._request_id

    @property
    def chosen_target(self) -> str:
        """Where this request went; "" before it is known."""
        return chosen_of(self._trace.request.provider, self._trace.request.model) if self._trace else ""

    # What people do.

    def on_hot_line_clicked(self, event: HotLine.Clicked) -> None:
        if isinstance(event.sender, TabLine):
            self.action_turn_to(event.name)

    def action_back(self) -> None:
        self.dismiss()

    def action_turn(self, by: int) -> None:
        names = [name for name, _ in TABS]
        self.action_turn_to(names[(names.index(self._tab) + by) % len(names)])

    def action_turn_to(self, name: str) -> None:
        self._tab = name
        self._draw(from_top=True)

    def action_turn_reading(self) -> None:
        """`v`: text, events, raw; a request has no events."""
        readings = READINGS if self._tab == "answer" else ("text", "raw")
        place = readings.index(self._reading) if self._reading in readings else 0
        self._reading = readings[(place + 1) % len(readings)]
        if self._tab not in ("answer", "request"):
            self._tab = "answer"
        self._draw(from_top=True)

    def action_turn_body(self) -> None:
        if self._tab in self._body and (bodies := self._bodies()):
            self._body[self._tab] = (self._body[self._tab] + 1) % len(bodies)
            self._draw(from_top=True)

    def action_step(self, by: int) -> None:
        if self._step is not None:
            self._go_to(self._step(by), by)
            return
        request_id = self._request_id
        self.context.source.ask(
            lambda databases: neighbour(databases.traces, request_id, newer=by < 0),
            lambda found: self._go_to(found, by),
        )

    def _go_to(self, request_id: str | None, by: int) -> None:
        if request_id is None:
            self._say("That was the last one." if by > 0 else "That is the first one.")
            return
        self._request_id = request_id
        self._body = {"answer": 0, "request": 0}
        self._look()

    def action_replay(self) -> None:
        if self._trace is not None:
            self.app.push_screen(ReplayScreen(self.context, self._trace.request), self._replayed)

    def _replayed(self, request_id: str | None) -> None:
        """It shall be opened: it follows this one."""
        if request_id:
            self._go_to(request_id, 1)

    def action_curl(self) -> None:
        if self._trace is not None:
            self.app.push_screen(CurlScreen(self.context, self._trace))

    def action_open_session(self) -> None:
        session = self._trace.request.session if self._trace else ""
        if not session:
            self._say("It belongs to no session: its client named none.")
        elif isinstance(self.app, Goes):
            self.app.go("Sessions", session)

    def _say(self, text: str) -> None:
        self.notify(text, markup=False, timeout=4)

    # Drawing.

    def _tick(self) -> None:
        if self._trace and self._trace.request.running and self._tab == "summary":
            self._show_heading(self._trace)
            self._draw(from_top=False)

    def _bodies(self) -> list[BodyRow]:
        if self._trace is None:
            return []
        view = self._view(self._trace)
        return answered(view) if self._tab == "answer" else asked(view)

    def _view(self, trace: Trace) -> View:
        return View(trace, self.context.clock, self.context.home, self.context.sanitizer)

    def _tabs(self) -> list[tuple[str, str]]:
        return [(name, f"{number} {title}") for number, (name, title) in enumerate(TABS, 1)]

    def _draw(self, *, from_top: bool) -> None:
        trace = self._trace
        if trace is None:
            return
        self.query_one(TabLine).show(self._tabs(), self._tab)
        self.query_one(TextPane).show(lambda width: self._lines(trace, width), from_top=from_top)

    def _lines(self, trace: Trace, width: int) -> list[Line]:
        """Made in a thread."""
        view = self._view(trace)
        match self._tab:
            case "why":
                return why(view, width)
            case "changes":
                return changes(view, width)
            case "cost":
                return cost(view, width)
            case "headers":
                return headers(view, width)
            case "answer" | "request":
                return self._body_lines(view, width)
            case _:
                return summary(view, self.size.height >= ROOMY, width)

    def _body_lines(self, view: View, width: int) -> list[Line]:
        is_answer = self._tab == "answer"
        bodies = answered(view) if is_answer else asked(view)
        if not bodies:
            return [[Piece(_no_body(view), "dim")]]
        body = bodies[self._body[self._tab] % len(bodies)]
        if is_answer:
            head = heading_of(bodies, body, READINGS, self._reading)
            return [head, *answer_lines(view, body, self._reading, width)]
        raw = self._reading == "raw"
        return [
            heading_of(bodies, body, ("text", "raw"), "raw" if raw else "text"),
            *request_lines(view, body, raw, width),
        ]

    def _show_heading(self, trace: Trace) -> None:
        """One line: what, when, how it went."""
        row = trace.request
        sign, style, word = LOOKS.get(row.state, ("·", "", row.state))
        now = self.context.clock.now()
        took = row.total_ms if row.finished_at else now * 1000 - row.started_at
        when = f"{time_of_day(row.started_at, now)}  {elapsed(took)}"
        state = f"{sign} {word}{f' {row.status}' if row.status else ''}"
        room = self.size.width - cell_len(when) - cell_len(state) - 6
        target = "/".join(part for part in (row.provider, row.model) if part) or row.path
        pieces = [
            Piece(state, style),
            Piece("  "),
            Piece(fitted(target, max(8, room)), "strong"),
            Piece("  "),
            Piece(when, "dim"),
        ]
        line = self.query_one("#heading", HotLine)
        line.spots = [Spot("heading", pieces)]
        line.refresh()

    def _show(self, text: str, look: str) -> None:
        self.query_one(TabLine).show(self._tabs(), self._tab)
        self.query_one(TextPane).show(lambda width: prose(text, width, look), from_top=True)


def _no_body(view: View) -> str:
    if view.trace.request.running:
        return "Nothing is kept of it yet."
    return "No body is kept of it: see bodies, keep and bodies_quota in [trace] of config.toml."
