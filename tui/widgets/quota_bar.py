"""One quota window as a bar: `5h ▰▰▰▱▱ 62% 2h 13m`."""

from router_core.tokens.token import Window
from tui.figures import countdown
from tui.widgets.cells import Piece, fitted

WARN = 0.7
BAD = 0.9
NAME_WIDTH = 3
FIGURES_WIDTH = 13
"""` 100% 12m 04s`"""


def bar(fraction: float, width: int) -> str:
    """`width` blocks; anything above nothing shows at least one, and only a full window shows all."""
    full = min(width, max(0, int(fraction * width + 0.5)))
    if fraction > 0:
        full = max(1, full)
    if fraction < 0.995:
        full = min(full, width - 1)
    return "▰" * full + "▱" * (width - full)


def used_now(window: Window, now: float) -> float | None:
    """The used fraction at this instant: nothing, once the reset has passed."""
    return 0.0 if window.reset_at is not None and window.reset_at <= now else window.used


def pressing(windows: tuple[Window, ...], most: int, now: float) -> list[Window]:
    """At most so many windows, the fullest ones, in their own order."""
    fullest = sorted(windows, key=lambda w: -(used_now(w, now) or 0.0))[:most]
    return [window for window in windows if window in fullest]


def name_width(window: Window) -> int:
    return max(NAME_WIDTH, min(10, len(window.name)))


def draw(window: Window, bar_width: int, now: float) -> list[Piece]:
    """The window as pieces: `name_width + 1 + bar_width + FIGURES_WIDTH` cells."""
    used = used_now(window, now)
    name = Piece(fitted(window.name, name_width(window)) + " ", "dim")
    if used is None:
        return [name, Piece("▱" * bar_width, "dim"), Piece(fitted("   ?", FIGURES_WIDTH), "dim")]
    rejected = window.status == "rejected" and used > 0
    level = "bad" if rejected or used >= BAD else "warn" if used >= WARN else "good"
    blocks = bar(used, bar_width)
    left = "" if window.reset_at is None else countdown(window.reset_at - now) if window.reset_at > now else "reset"
    filled = blocks.rstrip("▱")
    return [
        name,
        Piece(filled, level),
        Piece(blocks[len(filled) :], "dim"),
        Piece(fitted(f"{used * 100:.0f}%", 5, "right"), level if level != "good" else ""),
        Piece(" " + fitted(left, FIGURES_WIDTH - 6, "left"), "dim"),
    ]
