"""GitHub Copilot: `GET https://api.github.com/copilot_internal/user`, asked with the GitHub login, not the API token.

Premium requests are a monthly window. Its 5-hour and weekly limits are not in here: they are told in the headers of
answers only. Source: what Copilot proxies and their users report, read 2026-11.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from router_core.config.schema import ProviderConfig
from router_core.oauth.copilot import EDITOR_HEADERS
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.quota.report import Balance, UsageReport, amount, moment, part, told
from router_core.text import printable
from router_core.tokens.token import Token, Window

GITHUB = "https://api.github.com"
MONTH_S = 30 * 86400
_NAMES = {"premium_interactions": "premium"}


def usage_calls(token: Token, provider: ProviderConfig) -> tuple[HttpCall, ...]:
    domain = token.facts.get("enterprise_domain", "")
    base = provider.usage_base_url or (f"https://api.{domain}" if domain else GITHUB)
    login = token.extra.get("github_token") or token.refresh_token or token.access_token
    headers = (("authorization", f"token {login}"), *EDITOR_HEADERS)
    return (HttpCall("GET", f"{base}/copilot_internal/user", headers),)


def read_usage(answers: Sequence[HttpAnswer], now: float) -> UsageReport:
    said = told(answers[0], now)
    reset = moment(said.get("quota_reset_date_utc")) or _date(said.get("quota_reset_date"))
    windows, balances = [], []
    for key, snapshot in part(said, "quota_snapshots").items():
        if not isinstance(snapshot, Mapping):
            continue
        name = _NAMES.get(key, printable(str(key), 40))
        balances.append(_balance(name, snapshot, now))
        left = amount(snapshot.get("percent_remaining"))
        if snapshot.get("unlimited") is not True and left is not None:
            # one window per kind of request, named as from headers: a full one keeps some models away, not all
            windows.append(Window(f"month_{name}", 1 - left / 100, reset, MONTH_S, "", now))
    plan = said.get("copilot_plan")
    facts = {"plan": printable(plan, 40)} if isinstance(plan, str) and plan else {}
    return UsageReport(tuple(windows), tuple(balances), facts)


def _balance(name: str, snapshot: Mapping[str, Any], now: float) -> Balance:
    if snapshot.get("unlimited") is True:
        return Balance(name, unit="requests", status="unlimited", observed_at=now)
    total = amount(snapshot.get("entitlement"))
    left = amount(snapshot.get("quota_remaining", snapshot.get("remaining")))
    used = None if total is None or left is None else total - left
    over = amount(snapshot.get("overage_count"))
    status = f"{over:g} over" if over else "overage permitted" if snapshot.get("overage_permitted") is True else ""
    return Balance(name, used, total, left, "requests", status, now)


def _date(value: object) -> float | None:
    return moment(f"{value}T00:00:00+00:00") if isinstance(value, str) else None
