"""Tokens as `token list` and `status` show them: one line each, windows as small bars, and why one does not work."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from router_core.cli.printing import Cell, bar, print_facts, print_table
from router_core.text import duration

COLOURS = {"healthy": "green", "resting": "yellow", "unhealthy": "red", "disabled": "bright_black"}


def print_tokens(tokens: Sequence[Mapping[str, Any]], now: float) -> None:
    """A table of token views (tokens/view.py).

    Args:
        now: epoch seconds, for the countdowns.
    """
    rows = [
        [
            token["name"],
            token["provider"],
            _status(token["status"]),
            _number(token["priority"]),
            windows_text(token["windows"], now) or "-",
            state_text(token, now),
        ]
        for token in tokens
    ]
    print_table(["TOKEN", "PROVIDER", "STATUS", "PRIORITY", "WINDOWS", ""], rows)


@cache
def _status(status: str) -> Cell:
    return Cell(status, COLOURS.get(status, ""))


@lru_cache(1000)
def _number(number: int) -> Cell:
    return Cell(str(number), right=True)


def windows_text(windows: Sequence[Mapping[str, Any]], now: float) -> str:
    """`5h ▰▰▰▰▱▱ 62% 1h24m   7d ▰▰▱▱▱▱ 41% 3d12h`: used, and how long until the reset. A window that has reset since
    it was reported counts as empty."""
    shown = []
    for window in windows:
        name, used, reset_at = window["name"], window["used"], window["reset_at"]
        left = ""
        if reset_at is not None:
            reset_in_s = reset_at / 1000 - now
            if reset_in_s > 0:
                left = f" {duration(reset_in_s)}"
            else:
                used = 0.0
        if used is None:
            shown.append(f"{name} {window['status'] or '?'}{left}")
        else:
            shown.append(f"{name} {bar(used)} {round(used * 100):>2}%{left}")
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
        ("status", _status(token["status"])),
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
