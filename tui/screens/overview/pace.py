"""How much goes on: requests, tokens and errors of the last hour as bars; the cost of today; how the budgets stand."""

from collections.abc import Mapping, Sequence

from router_core.clock import Clock
from router_core.money import usd_text
from router_core.store.live import Minute
from tui.budgets import BudgetStand
from tui.figures import count, countdown
from tui.sanitize import Sanitizer
from tui.widgets.cells import Piece, fitted
from tui.widgets.lines import Lines
from tui.widgets.quota_bar import bar
from tui.widgets.sparkline import bars, squeezed

LABEL = 15
FIGURES = 22
MOST_COLUMNS = 120
HEIGHTS = ((56, 4), (36, 2), (0, 1))
"""(lines of the terminal, lines of the bars)."""
MOST_BUDGETS = 3
BASE = "▁"
"""Where there is nothing."""


class Pace(Lines):
    """Set what is known, then `changed()`."""

    def __init__(self, clock: Clock, sanitizer: Sanitizer, *, id: str) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._sanitizer = sanitizer
        self.minutes: Sequence[Minute] = ()
        self.today: Mapping[str, int] = {}
        self.budgets: Sequence[BudgetStand] = ()

    def draw(self, width: int) -> list[list[Piece]]:
        high = next(lines for room, lines in HEIGHTS if self.screen.size.height >= room)
        requests = [minute.requests for minute in self.minutes]
        tokens = [minute.tokens for minute in self.minutes]
        lines = _series("Requests/min", requests, _pace_text(requests), "busy", width, high)
        lines += _series("Tokens/min", tokens, _pace_text(tokens), "good", width, high)
        lines += self._errors(width)
        lines.append(self._today(width))
        lines += [self._budget(stand, width) for stand in self.budgets[: MOST_BUDGETS if high > 1 else 1]]
        return lines

    def _errors(self, width: int) -> list[list[Piece]]:
        errors = [minute.errors for minute in self.minutes]
        of, wrong = sum(minute.requests for minute in self.minutes), sum(errors)
        if not wrong:
            return [[_label("Errors"), Piece("none in the last hour" if of else "no request in the last hour", "dim")]]
        text = Piece(f"{wrong / of:>6.1%}", "bad"), Piece(f"  {count(wrong)} of {count(of)}", "dim")
        return _series("Errors", errors, list(text), "bad", width, 1)

    def _today(self, width: int) -> list[Piece]:
        today = self.today
        if not today.get("requests"):
            return [_label("Today"), Piece("nothing yet", "dim")]
        metered = today.get("metered_nano_usd", 0)
        by_plans = today.get("cost_nano_usd", 0) - metered
        pieces = [_label("Today"), Piece(f"{usd_text(metered)} spent", "strong" if metered else "")]
        details = [f"~{usd_text(by_plans)} paid by subscriptions"] if by_plans else []
        details.append(f"{today['requests']:,} requests")
        if today.get("failures"):
            details.append(f"{today['failures']:,} not ok")
        for detail in details:
            if sum(len(piece.text) for piece in pieces) + len(detail) + 3 <= width:
                pieces.append(Piece(f" · {detail}", "dim"))
        return pieces

    def _budget(self, stand: BudgetStand, width: int) -> list[Piece]:
        scope = f" {', '.join(map(self._sanitizer.name, stand.scope))}" if stand.scope else ""
        level = "bad" if stand.share >= 1 else "warn" if stand.warns else "good"
        room = 20 if width >= 100 else 10
        blocks = bar(stand.share, room)
        filled = blocks.rstrip("▱")
        left = countdown(stand.resets_at - self._clock.now())
        told = f" {stand.share:>4.0%}", f"  {stand.used} of {stand.limit} a {stand.period}, anew in {left}"
        name = Piece(fitted(f" {stand.name}{scope}", LABEL - 1) + " ", "")
        return [
            name,
            Piece(filled, level),
            Piece(blocks[len(filled) :], "dim"),
            Piece(told[0], level),
            Piece(told[1], "dim"),
        ]


def _label(text: str) -> Piece:
    return Piece(fitted(f" {text}", LABEL), "dim")


def _pace_text(values: Sequence[int]) -> list[Piece]:
    """What it is now (this minute and the one before it, whichever is more: this one is not over), and the most."""
    now = max(values[-2:], default=0)
    return [
        Piece(f"{count(now):>6}", "strong" if now else "dim"),
        Piece(f"  most {count(max(values, default=0))}", "dim"),
    ]


def _series(
    label: str, values: Sequence[int], figures: list[Piece], style: str, width: int, high: int
) -> list[list[Piece]]:
    room = min(MOST_COLUMNS, max(10, width - LABEL - FIGURES))
    shown = squeezed(values, room)
    widened = max(1, room // len(shown)) if shown else 1
    rows = bars(shown, max(shown, default=0), high)
    last = len(rows) - 1
    lines = []
    for at, row in enumerate(rows):
        line = [_label(label) if at == last else Piece(" " * LABEL)]
        line += [
            Piece(sign * widened, style) if sign != " " or at < last else Piece(BASE * widened, "line") for sign in row
        ]
        lines.append([*line, *(figures if at == last else [])])
    return lines
