"""One session: what it used, turn by turn what was said and answered, its subagents below."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from router_core.money import usd_text
from router_core.store.sessions import AgentRow
from tui.figures import count, elapsed, moment
from tui.lock_choices import chosen_of
from tui.page import Context
from tui.screens.detail import DetailScreen
from tui.session_reading import SessionTurns, TurnText, kept_share, prompt_tokens, read_session, texts
from tui.widgets.cells import Piece
from tui.widgets.hot_line import HotLine, KeyBar, Spot
from tui.widgets.line_list import LineList
from tui.widgets.turn_list import Turn, TurnList, items_of

KEYS = (
    ("escape", "Esc", "back"),
    ("enter", "⏎", "open the request"),
    ("n", "n", "/"),
    ("p", "p", "next, previous session"),
    ("L", "L", "lock"),
    ("question_mark", "?", "help"),
    ("q", "q", "quit"),
)
type Step = Callable[[int], str | None]
"""The next (1) or previous (-1) session of the list that this one was opened from; None at its end."""
LOOK_EVERY_S = 0.25
TEXTS_AT_ONCE = 12


class SessionScreen(Screen[None]):
    """Reads it again when something was written, and what was said as far as it is seen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "back"),
        Binding("n,J", "step(1)", "next session"),
        Binding("p,K", "step(-1)", "previous session"),
    ]

    def __init__(self, context: Context, session: str, step: Step | None = None) -> None:
        super().__init__()
        self.context = context
        self._session = session
        self._step = step
        self._seen = -1
        """`committed` of the news when it was read last."""
        self._asking = False
        self._rows: dict[str, object] = {}

    def compose(self) -> ComposeResult:
        yield HotLine(id="heading")
        yield Static(id="sums")
        yield TurnList(self.context.clock, self.context.sanitizer, id="turns")
        yield KeyBar(KEYS, id="keys")

    def on_mount(self) -> None:
        self.query_one(TurnList).focus()
        self._look()
        self.set_interval(LOOK_EVERY_S, self._look)

    @property
    def session(self) -> str:
        return self._session

    @property
    def chosen_target(self) -> str:
        row = self.query_one(TurnList).selected
        return chosen_of(row.provider, row.model) if row else ""

    # What is read.

    def _look(self) -> None:
        committed = self.context.news.committed
        if committed != self._seen:
            self._seen = committed
            session = self._session
            self.context.source.ask(
                lambda databases: read_session(databases, session), self._show, about=f"session {id(self)}"
            )
        else:
            self._read_texts()

    def _show(self, found: SessionTurns) -> None:
        if found.session != self._session or not self.is_running:
            return
        turns = self.query_one(TurnList)
        for row in found.turns:
            if self._rows.get(row.id, row) != row:
                turns.forget(row.id)
        self._rows = {row.id: row for row in found.turns}
        self._show_sums(found)
        turns.show(items_of(found.turns, found.agents))
        turns.border_title = _kept(found)
        self._read_texts()

    def _read_texts(self) -> None:
        rows = [] if self._asking else self.query_one(TurnList).unread_in_sight(TEXTS_AT_ONCE)
        if rows:
            self._asking = True
            self.context.source.ask(
                lambda databases: texts(databases, rows), self._tell, failed=lambda why: self._tell({})
            )

    def _tell(self, found: dict[str, TurnText]) -> None:
        self._asking = False
        if found and self.is_running:
            self.query_one(TurnList).tell(found)
            self._read_texts()

    def _show_sums(self, found: SessionTurns) -> None:
        names = self.context.sanitizer
        agents = found.agents
        main = agents[0] if agents else None
        last = found.turns[-1] if found.turns else None
        project = main.project if main else last.project if last else ""
        client = main.client if main else last.client if last else ""
        title = names.name(project) or names.id(self._session)
        line = self.query_one("#heading", HotLine)
        line.spots = [Spot("", [Piece(title, "strong"), Piece(f"  {client}  {names.id(self._session)}", "dim")])]
        line.refresh()
        self.query_one("#sums", Static).update(_sums(agents) if agents else "Its first request is under way.")

    # What people do.

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        if row := self.query_one(TurnList).selected:
            self.app.push_screen(DetailScreen(self.context, row.id, self._step_turn))

    def _step_turn(self, by: int) -> str | None:
        """The next turn; headings between are passed over."""
        turns = self.query_one(TurnList)
        place = turns.cursor + by
        while 0 <= place < len(turns.items):
            item = turns.items[place]
            if isinstance(item, Turn):
                turns.go_to(place)
                return item.row.id
            place += by
        return None

    def action_back(self) -> None:
        self.dismiss()

    def action_step(self, by: int) -> None:
        session = self._step(by) if self._step else None
        if session is None:
            self.notify("There is no other one." if by > 0 else "That is the first one.", markup=False, timeout=4)
            return
        self._session, self._seen, self._rows = session, -1, {}
        self.query_one(TurnList).show([])
        self._look()


def _sums(agents: list[AgentRow]) -> str:
    """Two lines: when and how much; cache and money."""
    total = {
        name: sum(getattr(agent, name) for agent in agents)
        for name in ("requests", "failures", "output_tokens", "cost_nano_usd", "metered_nano_usd", "cache_lost_tokens")
    }
    sent, read = sum(map(prompt_tokens, agents)), sum(agent.cache_read_tokens for agent in agents)
    first, last = min(agent.first_at for agent in agents), max(agent.last_at for agent in agents)
    subagents = sum(1 for agent in agents if agent.agent)
    turns = f"{total['requests']:,} turn{'s' if total['requests'] != 1 else ''}"
    turns += f" ({subagents} subagent{'s' if subagents > 1 else ''})" if subagents else ""
    failures = f", {total['failures']} not ok" if total["failures"] else ""
    kept = f"{read / sent:.0%} of {count(sent)} in cached" if sent else "no tokens were counted"
    lost = f", {count(total['cache_lost_tokens'])} lost" if total["cache_lost_tokens"] else ""
    cost = f"{usd_text(total['cost_nano_usd'])} at list prices, {usd_text(total['metered_nano_usd'])} real money"
    began = moment(first)[:16]
    return (
        f"{began} for {elapsed(last - first)} · {turns}{failures} · {count(total['output_tokens'])} out\n"
        f"{cost} · {kept}{lost}"
    )


def _kept(found: SessionTurns) -> str:
    requests = sum(agent.requests for agent in found.agents)
    finished = sum(1 for row in found.turns if not row.running)
    gone = f", {requests - finished:,} more are not kept" if requests > finished else ""
    share = [kept for row in found.turns if (kept := kept_share(row)) is not None]
    mean = f" · cache kept by turn {min(share):.0%} to {max(share):.0%}" if len(share) > 1 and max(share) else ""
    return f"Turns · {len(found.turns):,}{gone}{mean}"
