"""Claude subscriptions: `GET /api/oauth/usage`. Percents here, fractions in the headers of ordinary answers.

Its own small limit is per token; without the user agent of Claude Code it is nearly always 429, and `retry-after: 0` on
that does not mean "now". Long-lived tokens of `claude setup-token` lack the scope and get 403 for good: their windows
come from headers alone. `extra_usage` has no reset, and counts in minor units.
Source: recorded answers (2026-07) and reports of monitors, read 2026-11.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from router_core.config.schema import ProviderConfig
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.quota.report import Balance, UsageReport, amount, moment, part, parts, percent, slug, told
from router_core.tokens.quota import window_name
from router_core.tokens.token import Token, Window

USER_AGENT = "claude-code/2.1.257"
_LENGTHS = {"five_hour": 5 * 3600, "seven_day": 7 * 86400}
_OF_KIND = {"session": "five_hour", "weekly_all": "seven_day", "weekly_scoped": "seven_day"}
_FAMILIES = {"fable": "oi"}
"""How the headers of answers call a model family, where that is not its name."""


def usage_calls(token: Token, provider: ProviderConfig) -> tuple[HttpCall, ...]:
    base = provider.usage_base_url or provider.base_url
    headers = (
        ("authorization", f"Bearer {token.access_token}"),
        ("anthropic-beta", "oauth-2025-04-20"),
        ("user-agent", USER_AGENT),
        ("accept", "application/json"),
        ("content-type", "application/json"),
    )
    return (HttpCall("GET", f"{base}/api/oauth/usage", headers),)


def read_usage(answers: Sequence[HttpAnswer], now: float) -> UsageReport:
    said = told(answers[0], now)
    windows = {window.name: window for limit in parts(said, "limits") if (window := _limit(limit, now))}
    for key, value in said.items():
        if isinstance(value, Mapping) and (window := _flat(key, value, now)):
            windows[window.name] = window  # finer than the whole percents of `limits`
    return UsageReport(tuple(windows.values()), _balances(said, now))


def _flat(key: str, value: Mapping[str, Any], now: float) -> Window | None:
    """`seven_day_opus: {utilization, resets_at}`."""
    for stem, length in _LENGTHS.items():
        if key == stem or key.startswith(f"{stem}_"):
            family = key.removeprefix(stem)
            return _window(length, family, percent(value.get("utilization")), value.get("resets_at"), now)
    return None


def _limit(limit: Mapping[str, Any], now: float) -> Window | None:
    stem = _OF_KIND.get(str(limit.get("kind")))
    if stem is None:
        return None
    model = part(part(limit, "scope"), "model")
    name = model.get("display_name") or model.get("id")
    if str(limit.get("kind")) == "weekly_scoped" and not isinstance(name, str):
        return None  # of a surface, not of a model
    family = f"_{_FAMILIES.get(slug(name), slug(name))}" if isinstance(name, str) else ""
    return _window(_LENGTHS[stem], family, percent(limit.get("percent")), limit.get("resets_at"), now)


def _window(length: int, family: str, used: float | None, reset: object, now: float) -> Window | None:
    if used is None:
        return None
    return Window(window_name(length) + family, used, moment(reset), length, "", now)


def _balances(said: Mapping[str, Any], now: float) -> tuple[Balance, ...]:
    extra, spend = part(said, "extra_usage"), part(said, "spend")
    if extra.get("is_enabled"):
        used, limit = amount(extra.get("used_credits")), amount(extra.get("monthly_limit"))
        unit = str(extra.get("currency") or part(spend, "used").get("currency") or "USD")
        return (_money("extra_usage", used, limit, 2, unit, "", now),)
    if spend.get("enabled"):
        used, exponent = amount(part(spend, "used").get("amount_minor")), amount(part(spend, "used").get("exponent"))
        limit = amount(part(spend, "limit").get("amount_minor"))
        unit = str(part(spend, "used").get("currency") or "USD")
        status = str(spend.get("disabled_reason") or "")
        return (_money("extra_usage", used, limit, int(exponent or 2), unit, status, now),)
    return (Balance("extra_usage", status="off", observed_at=now),) if extra or spend else ()


def _money(
    name: str, used: float | None, limit: float | None, exponent: int, unit: str, status: str, now: float
) -> Balance:
    """Out of minor units (cents)."""
    scale = float(10**exponent)
    spent = None if used is None else used / scale
    total = None if limit is None else limit / scale
    left = None if spent is None or total is None else max(0.0, total - spent)
    return Balance(name, spent, total, left, unit, status or ("unlimited" if total is None else ""), now)
