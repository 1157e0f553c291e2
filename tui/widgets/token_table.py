"""The tokens as a table, those of one provider together in the order in which they are taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from router_core.clock import Clock
from router_core.quota.view import NOTHING_KNOWN, Known
from router_core.quota.words import clock_time
from router_core.tokens.order import listed
from router_core.tokens.token import Token
from tui.sanitize import Sanitizer
from tui.token_words import LOOKS, kind_of, shared_program, state_of
from tui.widgets import quota_bar
from tui.widgets.cells import Piece, fitted
from tui.widgets.columns import Column, fit
from tui.widgets.line_list import LineList

COLUMNS = (
    Column("name", "TOKEN", 11, 0, good=16, most=30),
    Column("provider", "PROVIDER", 10, 4, good=12),
    Column("kind", "KIND", 7, 6),
    Column("state", "STATE", 13, 1),
    Column("priority", "PRIO", 4, 5, "right"),
    Column("weight", "WT", 4, 9, "right", luxury=True),
    Column("flight", "BUSY", 5, 7, "right"),
    Column("shared", "SHARED WITH", 11, 8, luxury=True),
    Column("ends", "USED UP", 9, 3),
    Column("windows", "WINDOWS, TIME TO RESET", 22, 2, good=48, most=200),
)
STEPS = (("a", "add a key or token"), ("l", "log in to an account"), ("i", "take over what Claude Code, Codex … have"))
BAR_LEAST, BAR_MOST = 4, 16


@dataclass(frozen=True, slots=True)
class Busy:
    """What the running router says."""

    in_flight: Mapping[str, int]
    """By token id; those that it pays with."""


class TokenTable(LineList):
    """One line of each token."""

    def __init__(self, clock: Clock, sanitizer: Sanitizer, *, id: str) -> None:
        super().__init__(id=id)
        self._clock, self._sanitizer = clock, sanitizer
        self._tokens: list[Token] = []
        self._known: Mapping[str, Known] = {}
        self._busy: Busy | None = None
        self._testing: set[str] = set()
        self._problem = ""
        self._loaded = False

    @property
    def tokens(self) -> Sequence[Token]:
        return self._tokens

    @property
    def selected(self) -> Token | None:
        """The token that the keys act on."""
        return self._tokens[self.cursor] if self._tokens else None

    def show(self, tokens: Sequence[Token], problem: str, known: Mapping[str, Known], busy: Busy | None) -> None:
        """Replace what is shown; the cursor stays on its token."""
        before = self.selected
        self._tokens, self._problem, self._known, self._busy = listed(tokens), problem, known, busy
        self._loaded = True
        ids = [token.id for token in self._tokens]
        self.resize_lines()
        self.set_reactive(LineList.cursor, ids.index(before.id) if before and before.id in ids else 0)
        self.show_cursor()
        self.border_title = f"Tokens · {len(ids)}" if ids else "Tokens"
        self.refresh()

    def choose(self, token_id: str) -> bool:
        """Put the cursor on a token, by id or name; False: it is not there."""
        for place, token in enumerate(self._tokens):
            if token_id in (token.id, token.name):
                self.go_to(place)
                return True
        return False

    def is_used(self, token: Token) -> bool:
        """False: a demo runs, and pays with others."""
        return self._busy is None or token.id in self._busy.in_flight

    def in_flight(self, token: Token) -> int | None:
        return None if self._busy is None else self._busy.in_flight.get(token.id)

    def set_testing(self, name: str, testing: bool) -> None:
        (self._testing.add if testing else self._testing.discard)(name)
        self.refresh()

    def tick_clock(self) -> None:
        """A second has passed."""
        self.refresh(self._body)

    # LineList

    def item_count(self) -> int:
        return len(self._tokens)

    def draw_header(self, width: int) -> list[Piece]:
        cells = [fitted(column.title, room, column.align) for column, room in fit(COLUMNS, width - 3)]
        return [Piece("   " + " ".join(cells))]

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        token, now = self._tokens[item], self._clock.now()
        status = "testing" if token.name in self._testing else token.status(now)
        if not self.is_used(token):
            status = "unused"
        sign, style = LOOKS[status]
        first = item == 0 or self._tokens[item - 1].provider != token.provider
        pieces = [Piece("▏" if not first else "▎", "dim"), Piece(f"{sign} ", style)]
        for column, room in fit(COLUMNS, width - 3):
            pieces += [*self._cell(column, room, token, status, style, now), Piece(" ")]
        return pieces

    def draw_empty(self, width: int) -> list[list[Piece]]:
        if not self._loaded:
            return [[Piece("  Reading …", "dim")]]
        lines = [[Piece("  No token yet: nothing can be answered. Press", "strong")]]
        lines += [[Piece(f"    {key}  ", "hint"), Piece(what)] for key, what in STEPS]
        if self._problem:
            lines.append([Piece("  " + self._problem, "dim")])
        return lines

    # Cells.

    def _cell(self, column: Column, room: int, token: Token, status: str, style: str, now: float) -> list[Piece]:
        quiet = "" if status not in ("disabled", "unused") else "dim"
        match column.name:
            case "name":
                return [Piece(fitted(self._sanitizer.name(token.name), room), quiet or "strong")]
            case "state":
                word = state_of(token, now) if status not in ("testing", "unused") else status
                return [Piece(fitted(word, room), style)]
            case "ends":
                return [self._ends(token, room, now)]
            case "windows":
                return self._windows(token, room, now)
        text = {
            "provider": token.provider,
            "kind": kind_of(token),
            "priority": str(token.priority),
            "weight": f"{token.weight:g}" if token.weight != 1 else "",
            "flight": self._flight(token),
            "shared": shared_program(token),
        }[column.name]
        return [Piece(fitted(text, room, column.align), "busy" if column.name == "flight" else quiet or "dim")]

    def _flight(self, token: Token) -> str:
        number = self.in_flight(token)
        if number is None or (not number and token.max_concurrent is None):
            return ""
        return f"{number}" if token.max_concurrent is None else f"{number}/{token.max_concurrent}"

    def _ends(self, token: Token, room: int, now: float) -> Piece:
        """When the first of its windows is used up, if that is before it resets."""
        known = self._known.get(token.id, NOTHING_KNOWN)
        ends = [
            outlook.forecast.used_up_at
            for window in token.windows
            if (outlook := known.outlooks.get(window.name)) and outlook.forecast and (window.reset_at or 0) > now
        ]
        full = any((quota_bar.used_now(window, now) or 0) >= 1 for window in token.windows)
        return Piece(fitted("now" if full else f"~{clock_time(min(ends), now)}" if ends else "", room), "warn")

    def _windows(self, token: Token, width: int, now: float) -> list[Piece]:
        shown = list(token.windows)
        fixed = quota_bar.FIGURES_WIDTH + 2  # a space after the name, one before the next window
        room = width
        for most in range(len(shown), 0, -1):
            shown = quota_bar.pressing(token.windows, most, now)
            room = width - sum(quota_bar.name_width(window) + fixed for window in shown) + 1
            if room >= BAR_LEAST * most or most == 1:
                break
        if not shown:
            return [Piece(fitted("none reported yet" if token.enabled else "", width), "dim")]
        bars = max(BAR_LEAST, min(BAR_MOST, room // len(shown)))
        pieces: list[Piece] = []
        for window in shown:
            pieces += [*quota_bar.draw(window, bars, now), Piece(" ")]
        return pieces
