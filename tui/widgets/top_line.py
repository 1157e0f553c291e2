"""The first line: where the router is, whether it answers, what goes on, what time it is."""

from collections.abc import Iterator

from rich.cells import cell_len
from textual.strip import Strip
from textual.widget import Widget

from router_core.clock import Clock
from router_core.money import usd_text
from tui.figures import count, local
from tui.widgets.cells import Piece, fitted, strip_of


class TopLine(Widget):
    """Set the fields, then `refresh()`."""

    def __init__(self, clock: Clock, *, id: str) -> None:
        super().__init__(id=id)
        self._clock = clock
        self.up: bool | None = None
        """None: not known yet."""
        self.address = ""
        self.running = 0
        self.locked = ""
        """`locked to codex/gpt-6.2`; "" while it is not."""
        self.today: dict[str, int] = {}

    def render_line(self, y: int) -> Strip:
        if self.up is None:
            state = [Piece("◌ looking for the router", "dim")]
        elif self.up:
            state = [Piece("●", "good"), Piece(f" {self.address}")]
        else:
            state = [Piece("✗ router is down", "bad")]
        time = f"{local(self._clock.now()):%H:%M:%S}"
        room = self.size.width - len(time) - 2
        pieces = [Piece(" mitmrouter  ", "strong"), *state]
        if self.locked:
            most = max(12, room - _width(pieces) - 5)
            text = fitted(self.locked, most) if cell_len(self.locked) > most else self.locked
            pieces += [Piece("   "), Piece(f" {text} ", "alert")]
        for detail in self._details():
            if _width([*pieces, *detail]) > room:
                break
            pieces += detail
        gap = Piece(" " * max(1, room + 1 - _width(pieces)))
        return strip_of([*pieces, gap, Piece(time, "dim")], self.size.width, self, self.rich_style)

    def _details(self) -> Iterator[list[Piece]]:
        """What stands there as far as there is room, the most important first."""
        if self.running:
            yield [Piece(f"   {self.running} running", "busy")]
        today = self.today
        if not today.get("requests"):
            return
        yield [Piece(f"   today {count(today['requests'])} requests", "dim")]
        if today["failures"]:
            yield [Piece(f", {count(today['failures'])} not ok", "warn")]
        if today.get("metered_nano_usd"):
            yield [Piece(f"   {usd_text(today['metered_nano_usd'])} spent", "dim")]
        if by_plans := today.get("cost_nano_usd", 0) - today.get("metered_nano_usd", 0):
            yield [Piece(f"   ~{usd_text(by_plans)} by subscriptions", "dim")]
        sent = today["input_tokens"] + today["cache_read_tokens"] + today["cache_write_tokens"]
        sent += today["cache_write_1h_tokens"]
        if sent:
            yield [Piece(f"   {count(sent)} in, {count(today['output_tokens'])} out", "dim")]

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()


def _width(pieces: list[Piece]) -> int:
    return sum(cell_len(piece.text) for piece in pieces)
