"""Tokens as `token list` and `status` show them: one line each, windows as small bars, and why one does not work."""

from collections.abc import Mapping, Sequence
from typing import Any

from router_core.cli.printing import Cell, bar, print_table
from router_core.text import duration

COLOURS = {"healthy": "green", "resting": "yellow", "unhealthy": "red", "disabled": "bright_black"}
NEARLY_FULL = 0.9


def print_tokens(tokens: Sequence[Mapping[str, Any]], now: float) -> None:
    """A table of token views (tokens/view.py).

    Args:
        now: epoch seconds, for the countdowns.
    """
    rows = [
        [
            token["name"],
            token["provider"],
            Cell(token["status"], COLOURS.get(token["status"], "")),
            Cell(str(token["priority"]), right=True),
            windows_text(token["windows"], now) or "-",
            state_text(token, now),
        ]
        for token in tokens
    ]
    print_table(["TOKEN", "PROVIDER", "STATUS", "PRIORITY", "WINDOWS", ""], rows)


def windows_text(windows: Sequence[Mapping[str, Any]], now: float) -> str:
    """`5h ▰▰▰▰▱▱ 62% 1h24m   7d ▰▰▱▱▱▱ 41% 3d12h`: used, and how long until the reset. A window that has reset since
    it was reported counts as empty."""
    shown = []
    for window in windows:
        reset_in_s = None if window["reset_at"] is None else window["reset_at"] / 1000 - now
        over = reset_in_s is not None and reset_in_s <= 0
        used = 0.0 if over else window["used"]
        if used is None:
            text = f"{window['name']} {window['status'] or '?'}"
        else:
            text = f"{window['name']} {bar(used)} {round(used * 100):>2}%"
        shown.append(text if reset_in_s is None or over else f"{text} {duration(reset_in_s)}")
    return "   ".join(shown)


def state_text(token: Mapping[str, Any], now: float) -> str:
    """What people should know beyond the status: rests with what is left of them, reasons, expiry, origin."""
    parts = []
    if token["status"] == "unhealthy":
        parts.append(token["because"])
    for rest in token["cooldowns"]:
        scope = f"for {rest['model']} " if rest["model"] else ""
        parts.append(f"rests {scope}{duration(rest['until'] / 1000 - now)}: {rest['because']}")
    if token["expires_at"] is not None:
        left = token["expires_at"] / 1000 - now
        if left <= 0:
            parts.append("expired")
        elif left < 7 * 86400:
            parts.append(f"expires in {duration(left)}")
    if token["origin"] != "user":
        parts.append(token["origin"])
    return "; ".join(parts)
