"""A request asked again: whom to ask, then the old and the new one side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from router_core.money import usd_text
from router_core.text import plain
from router_core.trace.words import target_text
from tui.admin import AdminError
from tui.figures import count, elapsed
from tui.lock_choices import Targets
from tui.page import Context
from tui.records import RequestRow
from tui.replay_choices import Again, again_choices
from tui.screens.narrowing import NarrowingScreen
from tui.widgets.breaking import broken, wrapped
from tui.widgets.cells import Piece, fitted
from tui.widgets.hot_line import KeyBar
from tui.widgets.narrowed_list import NarrowedList
from tui.widgets.text_pane import Line, TextPane

HINT = "Where, or by which token? Parts of both narrow it to both. It is a real request: it costs what it costs."
CHOOSING = (("enter", "⏎", "ask again"), ("up", "↑", "/"), ("down", "↓", "move"), ("escape", "Esc", "back"))
LONGEST_S = 600.0
SIDE_BY_SIDE = 90
"""So many cells it takes to read two texts beside each other."""
LABEL = 15

type Written = Callable[[str], str]


class AgainList(NarrowedList[Again]):
    """Whom to ask: tokens and targets."""

    def __init__(self, context: Context, *, id: str) -> None:
        super().__init__(id=id)
        self._names = context.sanitizer

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        choice = self.rows[item]
        label = choice.label(self._names.name)
        mark = Piece("▸ " if item == self.cursor else "  ", "hint")
        return [mark, Piece(label, "strong" if not choice.target else ""), Piece(f"  {choice.note}", "dim")]

    def draw_header(self, width: int) -> list[Piece]:
        return [Piece(f"  {len(self.rows):,} to choose from")]

    def draw_empty(self, width: int) -> list[list[Piece]]:
        return [[Piece("  Nothing is called like that. A target is written provider/model.", "dim")]]


class ReplayScreen(NarrowingScreen[str | None]):
    """Ends with the id of the new request, if it shall be opened."""

    def __init__(self, context: Context, row: RequestRow) -> None:
        super().__init__()
        self.context, self._row = context, row
        self._targets: Targets | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="replay") as box:
            box.border_title = "Ask again"
            yield Static(HINT, id="replay-hint")
            yield Input(placeholder="type a part of a token's or model's name, or a target", id="again", compact=True)
            yield AgainList(self.context, id="agains")
            yield Static(id="replay-problem")
            yield KeyBar(CHOOSING, id="keys")

    def on_mount(self) -> None:
        self._ask_targets()

    def narrow(self, typed: str) -> None:
        seen, row = self.context.news.tokens, self._row
        found = again_choices(
            row.provider, row.model, row.token, self._targets or Targets(), seen.tokens if seen else [], typed
        )
        if not found and "/" in typed.strip("/") and " " not in typed:
            found = [Again(typed, note="as it is typed")]
        self.query_one(AgainList).replace(found)

    @work(exclusive=True, group="targets")
    async def _ask_targets(self) -> None:
        try:
            self._targets = await self.context.api.targets()
        except AdminError as error:
            self._targets = Targets()
            self._say(str(error))
        self.again()

    def take(self) -> None:
        if choice := self.query_one(AgainList).selected:
            self.app.push_screen(ReplayedScreen(self.context, self._row, choice), self._ended)

    def _ended(self, request_id: str | None) -> None:
        if request_id:
            self.dismiss(request_id)

    def _say(self, problem: str) -> None:
        self.query_one("#replay-problem", Static).update(Text(problem, self.app.current_theme.error or "red"))


@dataclass(frozen=True, slots=True)
class Side:
    """How one of the two went, as the router tells it."""

    told: Mapping[str, Any]

    def text(self, name: str) -> str:
        return plain(str(self.told.get(name) or ""))

    def number(self, name: str) -> int | None:
        value = self.told.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def tokens(self, *names: str) -> int | None:
        usage = self.told.get("usage")
        found = [value for name in names if isinstance(usage, dict) and isinstance(value := usage.get(name), int)]
        return sum(found) if found else None

    @property
    def answer(self) -> str:
        return str(self.told.get("text") or "")


class ReplayedScreen(ModalScreen[str | None]):
    """Waits for the answer; `o` opens the new request."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "back"),
        Binding("o,enter", "open", "open the new request"),
        Binding("v", "turn", "side by side, or what differs"),
    ]

    def __init__(self, context: Context, row: RequestRow, choice: Again) -> None:
        super().__init__()
        self.context, self._row, self._choice = context, row, choice
        self._answer: dict[str, Any] | None = None
        self._differing = False
        self._began = context.clock.now()

    def compose(self) -> ComposeResult:
        with Vertical(id="replayed") as box:
            asked = self._choice.label(self.context.sanitizer.name)
            box.border_title = Content(f"Asked again: {asked}")  # not read as markup
            yield TextPane(id="comparison")
            keys = (("o", "o", "open the new one"), ("v", "v", "what differs"), ("escape", "Esc", "back"))
            yield KeyBar(keys, id="keys")

    def on_mount(self) -> None:
        self.query_one(TextPane).focus()
        self.set_interval(0.2, self._tick)
        self._tick()
        self._ask()

    def _tick(self) -> None:
        if self._answer is None:
            took = elapsed((self.context.clock.now() - self._began) * 1000)
            self._told(f"⠿ waiting for the answer … {took}", "busy")

    @work(exclusive=True)
    async def _ask(self) -> None:
        body = {"target": self._choice.target, "token": self._choice.token}
        path = f"/api/traces/{quote(self._row.id, safe='')}/replay"
        try:
            self._answer = await self.context.api.call("POST", path, body, in_turn=False, timeout_s=LONGEST_S)
        except AdminError as error:
            self._answer = {}
            self._told(str(error), "bad")
        else:
            self._show()

    def _show(self) -> None:
        answer, differing, text = self._answer or {}, self._differing, self.context.sanitizer
        if answer:
            self.query_one(TextPane).show(
                lambda width: comparison(answer, width, differing, text.text, text.name), from_top=True
            )

    def _told(self, text: str, style: str) -> None:
        self.query_one(TextPane).show(
            lambda width: [[Piece(part, style)] for part in wrapped(text, width)], from_top=True
        )

    def action_turn(self) -> None:
        self._differing = not self._differing
        self._show()

    def action_open(self) -> None:
        if self._answer and (request_id := Side(self._answer.get("after") or {}).text("id")):
            self.dismiss(request_id)

    def action_close(self) -> None:
        self.dismiss(None)


def comparison(answer: Mapping[str, Any], width: int, differing: bool, hidden: Written, name: Written) -> list[Line]:
    """Old and new: facts, then what was said.

    Args:
        differing: only the lines that differ, below each other.
        hidden, name: what the sanitizer makes of words and names.
    """
    old, new = Side(answer.get("before") or {}), Side(answer.get("after") or {})
    compared: Mapping[str, Any] = answer.get("compared") or {}
    column = max(18, min(60, (width - LABEL - 14) // 2))
    lines: list[Line] = [
        [Piece(f"{'':{LABEL}}"), Piece(fitted("BEFORE", column), "header"), Piece(fitted("NOW", column), "header")]
    ]
    for label, before, now, more in _facts(old, new, name):
        look = "" if before == now else "strong"
        lines.append([
            Piece(fitted(label, LABEL), "dim"), Piece(fitted(before, column)), Piece(fitted(now, column), look),
            Piece(more, "warn" if more.startswith("+") else "good"),
        ])  # fmt: skip
    lines.append("")
    same = bool(compared.get("same_text"))
    lines.append([Piece("The answers are the same." if same else "The answers differ.", "good" if same else "strong")])
    lines += [[Piece(plain(str(why)), "warn")] for why in compared.get("reasons") or ()]
    lines.append("")
    before, now = hidden(old.answer), hidden(new.answer)
    if differing and not same:
        changed = compared.get("changed") or ()
        return lines + _differences([(str(sign), hidden(str(line))) for sign, line in changed], width)
    if width >= SIDE_BY_SIDE:
        return lines + _beside(before, now, width)
    return [
        *lines, [Piece("Before", "strong")], *_text(before, width), "", [Piece("Now", "strong")], *_text(now, width)
    ]  # fmt: skip


def _facts(old: Side, new: Side, name: Written) -> list[tuple[str, str, str, str]]:
    """(label, before, now, how much more)."""
    prompt = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
    rows: list[tuple[str, str, str, str]] = []

    def add(label: str, before: str, now: str, more: str = "") -> None:
        rows.append((label, before or "–", now or "–", more))

    add("Went to", *(target_text(side.text("provider"), side.text("model")) for side in (old, new)))
    add("Token", name(old.text("token")), name(new.text("token")))
    add(
        "Outcome",
        *(f"{side.text('state')} {side.number('status') or ''} {side.text('stop_reason')}" for side in (old, new)),
    )
    for label, key in (("First content", "ttft_ms"), ("Took", "total_ms")):
        before, now = old.number(key), new.number(key)
        add(label, elapsed(before), elapsed(now), _more(before, now, elapsed))
    for label, keys in (("Input tokens", prompt), ("Output tokens", ("output_tokens",))):
        before, now = old.tokens(*keys), new.tokens(*keys)
        add(label, _counted(before), _counted(now), _more(before, now, count))
    before, now = old.number("cost_nano_usd"), new.number("cost_nano_usd")
    add("Cost", _usd(before), _usd(now), _more(before, now, usd_text))
    return rows


def _usd(nano: int | None) -> str:
    return "" if nano is None else usd_text(nano)


def _counted(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _more(before: int | None, now: int | None, written: Callable[[int], str]) -> str:
    if before is None or now is None or before == now:
        return ""
    return f"{'+' if now > before else '-'}{written(abs(now - before))}"


def _text(text: str, width: int) -> list[Line]:
    return [[Piece(part)] for part in _column(text, width)]


def _beside(before: str, now: str, width: int) -> list[Line]:
    """Two texts in columns."""
    column = (width - 3) // 2
    left, right = _column(before, column), _column(now, column)
    longest = max(len(left), len(right))
    left, right = left + [""] * (longest - len(left)), right + [""] * (longest - len(right))
    head: Line = [Piece(fitted("Before", column), "strong"), Piece(" │ ", "dim"), Piece("Now", "strong")]
    return [
        head,
        *(
            [Piece(fitted(one, column)), Piece(" │ ", "dim"), Piece(other)]
            for one, other in zip(left, right, strict=True)
        ),
    ]


def _column(text: str, width: int) -> list[str]:
    return [part for line in text.splitlines() or ["–"] for part in broken(plain(line), width)]


def _differences(changed: Sequence[tuple[str, str]], width: int) -> list[Line]:
    looks = {"-": "bad", "+": "good"}
    return [
        [Piece(f"{sign} ", looks.get(sign, "dim")), Piece(part, looks.get(sign, "dim"))]
        for sign, line in changed
        for part in broken(plain(line), width - 3)
    ]
