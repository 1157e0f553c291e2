"""The tokens: how each is doing, what is left of its windows, and why it rests."""

from collections.abc import Mapping
from types import MappingProxyType

from router_core.clock import Clock
from router_core.quota.view import NOTHING_KNOWN, Known
from router_core.quota.words import forecast_words, named_balance
from router_core.text import plain
from router_core.tokens.remedy import remedy
from router_core.tokens.token import Token
from tui.figures import countdown
from tui.widgets import quota_bar
from tui.widgets.cells import Piece, fitted
from tui.widgets.first_steps import first_steps
from tui.widgets.line_list import LineList

LOOKS = {  # status: (sign, style); the word stands beside it, so colour is never the only difference
    "healthy": ("●", "good"),
    "resting": ("◐", "warn"),
    "unhealthy": ("✗", "bad"),
    "disabled": ("○", "dim"),
    "testing": ("◌", "busy"),
}
STEPS = (
    ("token add NAME --provider claude", "a key or token of yours"),
    ("token import", "from Claude Code or Codex"),
    ("demo", "no account needed"),
)
NOTHING: Mapping[str, Known] = MappingProxyType({})
NAME_MOST = 24
BAR_LEAST, BAR_MOST = 5, 20
ROOMY = 30
"""Lines of a terminal that has room for more than what is wrong."""


class TokenList(LineList):
    """One token per item, in the order the router takes them; a second line says what is wrong."""

    def __init__(self, clock: Clock, program: str, *, id: str) -> None:
        super().__init__(id=id)
        self._program = program
        self._clock = clock
        self._tokens: list[Token] = []
        self._starts: list[int] = []
        self._lines: list[tuple[int, int]] = []
        self._testing: set[str] = set()
        self._known: Mapping[str, Known] = NOTHING
        self._problem = ""
        self._loaded = False

    @property
    def tokens(self) -> list[Token]:
        return self._tokens

    @property
    def selected(self) -> Token | None:
        """The token the keys act on."""
        return self._tokens[self.cursor] if self._tokens else None

    def show(self, tokens: list[Token], problem: str, known: Mapping[str, Known] = NOTHING) -> None:
        """Replace what is shown; the cursor stays on its token."""
        before = self.selected
        self._tokens, self._problem, self._known, self._loaded = tokens, problem, known, True
        ids = [token.id for token in tokens]
        self._lay_out()
        self.set_reactive(LineList.cursor, ids.index(before.id) if before and before.id in ids else 0)
        self.border_title = f"Tokens · {len(tokens)}" if tokens else "Tokens"
        self.refresh()

    def set_testing(self, name: str, testing: bool) -> None:
        """Say that a token is being tested."""
        (self._testing.add if testing else self._testing.discard)(name)
        self.refresh()

    def tick_clock(self) -> None:
        """A second has passed: countdowns, and what has come back."""
        if self._tokens:
            self._lay_out()
            self.refresh(self._body)

    # LineList

    def item_count(self) -> int:
        return len(self._tokens)

    def first_line(self, item: int) -> int:
        return self._starts[item]

    def height_of(self, item: int) -> int:
        return sum(1 for owner, _ in self._lines if owner == item)

    def item_at(self, line: int) -> int:
        return self._lines[line][0]

    def line_total(self) -> int:
        return len(self._lines)

    def draw_header(self, width: int) -> list[Piece]:
        name, provider = self._widths(width)
        left = "  " + fitted("TOKEN", name) + (" " + fitted("PROVIDER", provider) if provider else "")
        return [Piece(left + " PRIO STATUS    QUOTA WINDOWS, TIME TO RESET")]

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        token = self._tokens[item]
        now = self._clock.now()
        if line:
            return [Piece("  ╰ ", "dim"), *self._troubles(token, now)[line - 1]]
        status = "testing" if token.name in self._testing else token.status(now)
        sign, style = LOOKS[status]
        name, provider = self._widths(width)
        quiet = "" if token.enabled else "dim"
        pieces = [Piece(f"{sign} ", style), Piece(fitted(token.name, name), quiet or "strong")]
        if provider:
            pieces.append(Piece(" " + fitted(token.provider, provider), "dim"))
        pieces += [Piece(f" {token.priority:>4} ", quiet), Piece(fitted(status, 9), style), Piece(" ")]
        return pieces + self._windows(token, width - sum(len(piece.text) for piece in pieces), now)

    def draw_empty(self, width: int) -> list[list[Piece]]:
        if not self._loaded:
            return [[Piece("  Reading …", "dim")]]
        lines = [[Piece("  No tokens yet. Add one first:", "strong")], *first_steps(self._program, STEPS, width)]
        if self._problem:
            lines.append([Piece("  " + self._problem, "dim")])
        return lines

    # Parts of a line.

    def _lay_out(self) -> None:
        """Count the lines of each token; they change when a rest ends."""
        now = self._clock.now()
        lines = [(i, n) for i, token in enumerate(self._tokens) for n in range(1 + len(self._troubles(token, now)))]
        if lines != self._lines or self.virtual_size.height != len(lines) + 1:
            self._lines = lines
            self._starts = [line for line, (_, n) in enumerate(lines) if n == 0]
            self.resize_lines()

    def _widths(self, width: int) -> tuple[int, int]:
        """Of the name and of the provider (0: no room for it)."""
        name = min(NAME_MOST, max([len(token.name) for token in self._tokens] + [8]))
        provider = min(12, max([len(token.provider) for token in self._tokens] + [8]))
        return (name, provider) if width >= 100 else (min(name, 13), 0)

    def _windows(self, token: Token, width: int, now: float) -> list[Piece]:
        """As many windows as fit, the fullest ones; their bars take the room there is."""
        shown = list(token.windows)
        fixed = quota_bar.FIGURES_WIDTH + 2  # a space after the name, one before the next window
        for most in range(len(shown), 0, -1):
            shown = quota_bar.pressing(token.windows, most, now)
            room = width - sum(quota_bar.name_width(window) + fixed for window in shown) + 1
            if room >= BAR_LEAST * most or most == 1:
                break
        if not shown:
            return [Piece("no window reported yet", "dim")] if token.enabled else []
        bar_width = max(BAR_LEAST, min(BAR_MOST, room // len(shown)))
        pieces: list[Piece] = []
        for window in shown:
            pieces += [*quota_bar.draw(window, bar_width, now), Piece(" ")]
        return pieces

    def _troubles(self, token: Token, now: float) -> list[list[Piece]]:
        """Why this token is not, or not wholly, in use; until when it will last; what it has of money."""
        lines = []
        if token.health == "unhealthy":
            lines.append([Piece(token.health_because or "no reason was noted", "bad"), Piece("  t tests it", "dim")])
            if what := remedy(token):
                lines.append([Piece(what, "dim")])
        for cooldown in sorted(token.cooldowns, key=lambda c: c.until):
            if cooldown.until > now:
                scope = f" for {cooldown.model}" if cooldown.model else ""
                left = countdown(cooldown.until - now)
                lines.append([Piece(f"rests {left}{scope}: ", "warn"), Piece(cooldown.because or cooldown.kind, "dim")])
        if token.enabled and self.screen.size.height >= ROOMY:
            lines += self._prospects(token, now)
        return lines

    def _prospects(self, token: Token, now: float) -> list[list[Piece]]:
        """The window that will be used up first, and what is left of money and credits."""
        known = self._known.get(token.id, NOTHING_KNOWN)
        ends = [
            (found.forecast, window)
            for window in token.windows
            if (found := known.outlooks.get(window.name)) and found.forecast and (window.reset_at or 0) > now
        ]
        lines = []
        if ends:
            said, window = min(ends, key=lambda end: end[0].used_up_at)
            lines.append([Piece(f"{window.name} ", "dim"), Piece(forecast_words(said, window.reset_at, now), "warn")])
        told = [b for b in known.balances if b.remaining is not None or b.used is not None or b.status == "used up"]
        if told:
            text = " · ".join(plain(named_balance(b)) for b in told)
            lines.append([Piece(text, "dim")])
        return lines
