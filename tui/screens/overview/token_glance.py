"""Every token in one line: what is left of it, its fullest windows, and what is to come."""

from collections.abc import Mapping

from router_core.clock import Clock
from router_core.quota.view import NOTHING_KNOWN, Known
from router_core.quota.words import forecast_brief
from router_core.tokens.token import Token
from tui.advice import NEARLY, tightest
from tui.figures import countdown
from tui.messages import TokensChanged
from tui.sanitize import Sanitizer
from tui.token_words import LOOKS
from tui.widgets import quota_bar
from tui.widgets.cells import Piece, fitted
from tui.widgets.first_steps import first_steps
from tui.widgets.line_list import LineList

STEPS = (
    ("2, then a", "add a key or token of yours"),
    ("2, then l", "log in to an account"),
    ("2, then i", "import the logins of Claude Code, Codex and others"),
)
LEFT = 8
NOTE = 14
NAME_MOST = 22
NAME_SHORT = 19
BAR_LEAST, BAR_MOST = 8, 24
MOST = 22
"""Tokens in sight; further ones are scrolled to."""


class TokenGlance(LineList):
    """In the order the router takes them; Enter shows one on the page of tokens."""

    def __init__(self, clock: Clock, sanitizer: Sanitizer, program: str, *, id: str) -> None:
        super().__init__(id=id)
        self._clock, self._sanitizer, self._program = clock, sanitizer, program
        self._tokens: list[Token] = []
        self._known: Mapping[str, Known] = {}
        self._loaded = False

    @property
    def selected(self) -> Token | None:
        return self._tokens[self.cursor] if self._tokens else None

    def show(self, seen: TokensChanged) -> None:
        """Replace what is shown; the cursor stays on its token."""
        before = self.selected
        self._tokens, self._known, self._loaded = seen.tokens, seen.known, True
        ids = [token.id for token in seen.tokens]
        self.set_reactive(LineList.cursor, ids.index(before.id) if before and before.id in ids else 0)
        self.border_title = f"Tokens · {len(ids)}" if ids else "Tokens"
        self.styles.height = min(len(ids) or len(STEPS) + 3, MOST) + 2
        self.resize_lines()
        self.refresh()

    def tick_clock(self) -> None:
        """A second has passed: countdowns."""
        if self._tokens:
            self.refresh(self._body)

    # LineList

    def item_count(self) -> int:
        return len(self._tokens)

    def draw_header(self, width: int) -> list[Piece]:
        name, _ = self._widths(width)
        return [Piece("  " + fitted("TOKEN", name) + fitted("LEFT", LEFT, "right") + "  FULLEST WINDOW, TIME TO RESET")]

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        token, now = self._tokens[item], self._clock.now()
        width -= 1  # of the scrollbar
        status = token.status(now)
        sign, style = LOOKS[status]
        name, note = self._widths(width)
        left, level = _left(token, status, now)
        pieces = [
            Piece(f"{sign} ", style),
            Piece(fitted(self._sanitizer.name(token.name), name), "strong" if token.enabled else "dim"),
            Piece(fitted(left, LEFT, "right") + "  ", level),
        ]
        room = width - sum(len(piece.text) for piece in pieces)
        if status in ("unhealthy", "disabled"):
            said = self._sanitizer.sentence(token.health_because) if status == "unhealthy" else "disabled"
            return [*pieces, Piece(fitted(said, room).rstrip(), "bad" if status == "unhealthy" else "dim")]
        pieces += self._windows(token, room - note, now)
        said, look = self._note(token, status, now)
        return [*pieces, Piece(fitted(said, max(0, note - 1)).rstrip(), look)]

    def draw_empty(self, width: int) -> list[list[Piece]]:
        if not self._loaded:
            return [[Piece("  Reading …", "dim")]]
        lines = [[Piece("  No token yet. Press", "strong")]]
        lines += [[Piece(f"    {keys}  ", "hint"), Piece(f"to {what}", "dim")] for keys, what in STEPS]
        return lines + first_steps(self._program, (("demo", "shows all of it without an account"),), width)

    # Parts of a line.

    def _widths(self, width: int) -> tuple[int, int]:
        """Of the name and of the note behind the windows (0: no room for it)."""
        name = min(NAME_MOST, max([len(self._sanitizer.name(token.name)) for token in self._tokens] + [8]))
        return (name, NOTE + 12) if width >= 110 else (min(name, NAME_SHORT), NOTE if width >= 68 else 0)

    def _windows(self, token: Token, width: int, now: float) -> list[Piece]:
        """As many windows as fit, the fullest ones; their bars take the room there is."""
        fixed = quota_bar.FIGURES_WIDTH + 2
        for most in range(len(token.windows), 0, -1):
            shown = quota_bar.pressing(token.windows, most, now)
            room = width - sum(quota_bar.name_width(window) + fixed for window in shown) + 1
            if room >= BAR_LEAST * most or most == 1:
                break
        else:
            return [Piece(fitted("no window reported yet", width), "dim")]
        bar_width = max(BAR_LEAST, min(BAR_MOST, room // len(shown)))
        pieces: list[Piece] = []
        for window in shown:
            pieces += [*quota_bar.draw(window, bar_width, now), Piece(" ")]
        rest = width - sum(len(piece.text) for piece in pieces)
        return [*pieces, Piece(" " * max(0, rest))]

    def _note(self, token: Token, status: str, now: float) -> tuple[str, str]:
        if status == "resting" and (rest := token.cooling(now)):
            return f"rests {countdown(rest.until - now)}", "warn"
        outlooks = self._known.get(token.id, NOTHING_KNOWN).outlooks
        ends = [
            found.forecast
            for window in token.windows
            if (found := outlooks.get(window.name)) and found.forecast and (window.reset_at or 0) > now
        ]
        if ends:
            return forecast_brief(min(ends, key=lambda end: end.used_up_at), now), "warn"
        models = [rest.model for rest in token.cooldowns if rest.model and rest.until > now]
        return (f"rests for {models[0]}", "warn") if models else ("", "")


def _left(token: Token, status: str, now: float) -> tuple[str, str]:
    """What is left of the fullest window, and how bad that is."""
    if status in ("unhealthy", "disabled"):
        return "–", "dim"
    found = tightest(token, now)
    if found is None:
        return "?", "dim"
    used = found[1]
    if used >= 0.995:
        return "used up", "bad"
    return f"{1 - used:.0%}", "bad" if used >= NEARLY else "warn" if used >= quota_bar.WARN else "good"
