"""Tokens as `token list` and `status` show them: one line each, windows as small bars, and why one does not work."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from router_core.cli.printing import Cell, bar, print_facts, print_table
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
        parts.append(f"{token['because']}. {token['remedy']}" if token["remedy"] else token["because"])
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


def print_token(token: Mapping[str, Any], now: float) -> None:
    """One token in full, a line for each fact."""
    facts = [
        ("name", token["name"]),
        ("provider", token["provider"]),
        ("status", Cell(token["status"], COLOURS.get(token["status"], ""))),
        ("why", token["because"]),
        ("what to do", token["remedy"]),
        ("priority", str(token["priority"])),
        ("weight", "" if token["weight"] == 1 else f"{token['weight']:g}"),
        ("at once", "" if token["max_concurrent"] is None else f"{token['max_concurrent']} requests at most"),
        ("kind", token["kind"]),
        ("plan", token["plan"]),
        ("account", token["account_id"] or ""),
        ("expires", _when(token["expires_at"], now)),
        ("can be renewed", "yes" if token["can_refresh"] else "no"),
        ("origin", token["origin"]),
        ("compatibility", "serves other clients than Claude Code, too" if token["claude_code_compat"] else ""),
        ("id", token["id"]),
        ("added", _when(token["created_at"], now)),
    ]
    for rest in token["cooldowns"]:
        scope = f"rests for {rest['model']}" if rest["model"] else "rests"
        facts.append((scope, f"until {_when(rest['until'], now)}: {rest['because']} [{rest['kind']}]"))
    for window in token["windows"]:
        seen = f"  as of {_when(window['observed_at'], now)}"
        facts.append(
            (f"window {window['name']}", windows_text([window], now).removeprefix(window["name"] + " ") + seen)
        )
    print_facts([(label, value) for label, value in facts if value])


def _when(at_ms: int | None, now: float) -> str:
    """`2026-11-20 19:01 (in 3d4h)`, local time."""
    if at_ms is None:
        return ""
    seconds = at_ms / 1000 - now
    distance = f"in {duration(seconds)}" if seconds >= 0 else f"{duration(-seconds)} ago"
    return f"{datetime.fromtimestamp(at_ms / 1000).astimezone():%Y-%m-%d %H:%M} ({distance})"
