"""How one request looks wherever requests are listed: its sign, where it went, how long it took, what it cost."""

from router_core.spend.cost_text import short_cost_text
from router_core.trace.words import target_text
from tui.figures import elapsed
from tui.records import RequestRow
from tui.widgets.cells import Piece

LOOKS = {  # state: (sign, style, word)
    "running": ("⠿", "busy", "running"),
    "ok": ("✓", "good", "ok"),
    "failed": ("✗", "bad", "failed"),
    "refused": ("⊘", "bad", "refused"),
    "broken": ("✗", "bad", "broken"),
    "client_closed": ("↩", "warn", "closed"),
    "lost": ("?", "warn", "lost"),
}
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
STEPS = (
    ("code", "Claude Code through the router"),
    ("codex", "Codex through the router"),
    ("activate", "prints the exports for anything else"),
)
"""What makes requests come, where there are none yet."""


def look_of(row: RequestRow, *, router_up: bool, frame: int) -> tuple[str, str, str]:
    """(sign, style, word); what runs while no router is up has been left by one that was killed.

    Args:
        frame: grows while time passes: the sign of what runs turns.
    """
    if not row.running:
        return LOOKS.get(row.state, ("·", "", row.state))
    if not router_up:
        return LOOKS["lost"]
    _, style, word = LOOKS["running"]
    return SPINNER[frame % len(SPINNER)], style, word


def target_of(row: RequestRow, width: int, style: str) -> Piece:
    """`provider/model`, without the provider where that does not fit."""
    whole = target_text(row.provider, row.model) or row.path
    return Piece(whole if len(whole) <= width else row.model or whole, style)


def took_of(row: RequestRow, style: str, now: float) -> Piece:
    """Its whole time, or what has passed of it by now."""
    if style != "busy":
        return Piece(elapsed(row.total_ms).replace(" ", ""))
    ms = max(0.0, now * 1000 - row.started_at)
    so_far = f"{ms / 1000:.1f}s" if ms < 59_950 else elapsed(ms).replace(" ", "")  # hundredths would flicker
    return Piece(so_far, style)


def cost_of(row: RequestRow) -> Piece:
    """`~` before what a subscription has paid for."""
    return Piece(short_cost_text(row.cost_nano_usd, row.billing), "dim" if row.billing == "subscription" else "")
