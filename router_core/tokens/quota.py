"""Quota windows read from response headers.

Sources: Anthropic's rate-limit documentation and recorded `anthropic-ratelimit-*` headers; Codex's `x-codex-*` as its
own client reads them; OpenAI's rate-limit guide; Copilot's as its editor reads them. Read 2026-11.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import unquote

from router_core.tokens.token import Window

PREMIUM_WINDOW = "30d_premium_requests"
"""Copilot's premium requests of the month, as its usage endpoint names them, too (quota/copilot_usage.py)."""
_FAMILIES = ("anthropic-ratelimit-", "x-codex-", "x-ratelimit-", "x-usage-ratelimit-", "x-quota-snapshot-")
_UNIFIED = "anthropic-ratelimit-unified-"
_CLASSIC = re.compile(r"anthropic-ratelimit-((?:input-|output-)?tokens|requests)-limit$")
_CODEX = re.compile(r"x-codex-(?:(.+)-)?(primary|secondary)-used-percent$")
_LENGTH = re.compile(r"(\d+)([hdm])")
_GO_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_COPILOT = {
    "x-usage-ratelimit-session": ("5h", 18_000),
    "x-usage-ratelimit-weekly": ("7d", 604_800),
    "x-quota-snapshot-premium_interactions": (PREMIUM_WINDOW, 30 * 86_400),
}
LONGEST_S = 10 * 366 * 86400.0
"""A wait or window longer than this is a provider's mistake, and is not believed."""
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def windows_from_headers(headers: Mapping[str, str], now: float) -> list[Window]:
    """Every quota window that the response headers name.

    Args:
        headers: names in lower case.
        now: epoch seconds, for relative resets.
    """
    limits = {name: value for name, value in headers.items() if name.startswith(_FAMILIES)}
    if not limits:
        return []
    found = [*_unified(limits, now), *_anthropic_classic(limits, now)]
    if not all(name.startswith(_FAMILIES[0]) for name in limits):
        found += [*_codex(limits, now), *_openai(limits, now), *_copilot(limits, now)]
    return found


def _unified(headers: Mapping[str, str], now: float) -> list[Window]:
    """Windows are found by prefix: new ones appear without notice. Utilization is a fraction, reset epoch seconds."""
    names = dict.fromkeys(
        name.rpartition("-")[0].removeprefix(_UNIFIED)
        for name in headers
        if name.startswith(_UNIFIED) and name.endswith(("-status", "-reset", "-utilization"))
    )
    found = []
    for name in names:
        if name in ("overage", "fallback") or not _LENGTH.match(name):
            continue  # not windows of their own
        found.append(
            Window(
                name=name,
                used=number(headers.get(f"{_UNIFIED}{name}-utilization")),
                reset_at=number(headers.get(f"{_UNIFIED}{name}-reset")),
                length_s=_length(name),
                status=headers.get(f"{_UNIFIED}{name}-status", ""),
                observed_at=now,
            )
        )
    return found


def _anthropic_classic(headers: Mapping[str, str], now: float) -> list[Window]:
    found = []
    for key in headers:
        if key.endswith("-limit") and (match := _CLASSIC.match(key)):
            stem = key.removesuffix("-limit")
            used = _used(headers.get(key), headers.get(f"{stem}-remaining"))
            found.append(Window(match.group(1), used, _rfc3339(headers.get(f"{stem}-reset")), 60, "", now))
    return found


def _codex(headers: Mapping[str, str], now: float) -> list[Window]:
    """`primary` is not always the 5-hour window: a window is named by its length."""
    found = []
    for key, value in headers.items():
        if not key.endswith("-used-percent") or not (match := _CODEX.match(key)):
            continue
        stem = key.removesuffix("-used-percent")
        minutes, percent = number(headers.get(f"{stem}-window-minutes")), number(value)
        if percent is None or not minutes:
            continue
        reset = number(headers.get(f"{stem}-reset-at"))
        after = number(headers.get(f"{stem}-reset-after-seconds"))
        if reset is None and after is not None:
            reset = now + after
        family = match.group(1)
        if family:  # a code name; the usage endpoint calls the same family by its limit's name only
            words = re.findall(r"[a-z0-9]+", headers.get(f"x-codex-{family}-limit-name", family).lower())
            family = "_".join(words) or family
        name = window_name(minutes * 60) + (f"_{family}" if family else "")
        found.append(Window(name, percent / 100, reset, int(minutes * 60), "", now))
    return found


def _openai(headers: Mapping[str, str], now: float) -> list[Window]:
    found = []
    for name in ("requests", "tokens"):
        limit = headers.get(f"x-ratelimit-limit-{name}")
        used = _used(limit, headers.get(f"x-ratelimit-remaining-{name}"))
        if limit is not None and used is not None:
            wait = go_duration(headers.get(f"x-ratelimit-reset-{name}", ""))
            found.append(Window(name, used, None if wait is None else now + wait, 60, "", now))
    return found


def _copilot(headers: Mapping[str, str], now: float) -> list[Window]:
    """`ent=300&ov=0.0&ovPerm=false&rem=87.3&rst=2026-12-01T00%3A00%3A00Z`: `rem` is what is left in percent.

    Session and week are shown nowhere but here. The month's premium requests are for some models only: `_`.
    """
    found = []
    for header, (name, length_s) in _COPILOT.items():
        fields = dict(part.split("=", 1) for part in headers.get(header, "").split("&") if "=" in part)
        left = number(fields.get("rem"))
        if left is not None:
            used = max(0.0, 1 - left / 100)
            found.append(Window(name, used, _rfc3339(unquote(fields.get("rst", ""))), length_s, "", now))
    return found


def window_name(seconds: float) -> str:
    """`5h` for 18000 s, `7d` for 604800 s, `30d` …"""
    if seconds >= 86400 and seconds % 86400 == 0:
        return f"{int(seconds // 86400)}d"
    return f"{int(seconds // 3600)}h" if seconds % 3600 == 0 else f"{int(seconds // 60)}m"


def account_wide(window: Window) -> bool:
    """False for a window of one model family (`7d_opus`, `7d_oi`): that one rests a model, not the token."""
    return "_" not in window.name


def number(text: str | None) -> float | None:
    """A finite number, or None: providers send anything. Milliseconds where seconds belong (1e12 and up) are none."""
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and abs(value) < 1e12 else None


def go_duration(text: str) -> float | None:
    """Seconds of Go's `6m0s`, `1.5s`, `120ms`; None when it is none."""
    if not re.fullmatch(rf"(?:{_GO_DURATION.pattern})+", text):
        return None
    seconds = sum(float(amount) * _SECONDS[unit] for amount, unit in _GO_DURATION.findall(text))
    return seconds if seconds < LONGEST_S else None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Epoch seconds until which `retry-after` asks to wait (seconds or an HTTP date), or None."""
    text = headers.get("retry-after")
    if text is None:
        milliseconds = number(headers.get("retry-after-ms"))
        return None if milliseconds is None else now + min(max(0.0, milliseconds / 1000), LONGEST_S)
    seconds = number(text)
    if seconds is None:
        from email.utils import parsedate_to_datetime

        try:
            return max(now, parsedate_to_datetime(text).timestamp())
        except (ValueError, OverflowError):
            return None
    return now + min(max(0.0, seconds), LONGEST_S)


def _length(name: str) -> int | None:
    match = _LENGTH.match(name)
    seconds = int(match.group(1)) * int(_SECONDS[match.group(2)]) if match else 0
    return seconds if 0 < seconds < LONGEST_S else None


def _used(limit: str | None, remaining: str | None) -> float | None:
    total, left = number(limit), number(remaining)
    return None if not total or left is None else 1 - left / total


def _rfc3339(text: str | None) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None
