"""ChatGPT plans: `GET …/backend-api/wham/usage`. Which window is primary differs by plan: they are named by length.

Source: the answers that Codex's own client reads, read 2026-11.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from router_core.config.schema import ProviderConfig
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.providers.auth import account_of_jwt
from router_core.quota.report import Balance, UsageReport, amount, moment, part, parts, percent, slug, told
from router_core.text import printable
from router_core.tokens.quota import window_name
from router_core.tokens.token import Token, Window


def usage_calls(token: Token, provider: ProviderConfig) -> tuple[HttpCall, ...]:
    base = provider.usage_base_url or provider.base_url.removesuffix("/codex")
    headers = [("authorization", f"Bearer {token.access_token}"), ("accept", "application/json")]
    if account := token.account_id or account_of_jwt(token.access_token):
        headers.append(("chatgpt-account-id", account))
    return (HttpCall("GET", f"{base}/wham/usage", tuple(headers)),)


def read_usage(answers: Sequence[HttpAnswer], now: float) -> UsageReport:
    said = told(answers[0], now)
    windows = [*_windows(part(said, "rate_limit"), "", now)]
    windows += _windows(part(said, "code_review_rate_limit"), "_code_review", now)
    for extra in parts(said, "additional_rate_limits"):
        name = extra.get("limit_name") or extra.get("metered_feature")
        if isinstance(name, str) and slug(name):
            windows += _windows(part(extra, "rate_limit"), f"_{slug(name)}", now)
    plan = said.get("plan_type")
    facts = {"plan": printable(plan, 40)} if isinstance(plan, str) and plan else {}
    return UsageReport(tuple(windows), _balances(said, now), facts)


def _windows(limit: Mapping[str, Any], family: str, now: float) -> list[Window]:
    found = []
    for key in ("primary_window", "secondary_window"):
        window = part(limit, key)
        seconds, used = amount(window.get("limit_window_seconds")), percent(window.get("used_percent"))
        if not seconds or seconds <= 0 or used is None:
            continue
        reset, after = moment(window.get("reset_at")), amount(window.get("reset_after_seconds"))
        if reset is None and after is not None:
            reset = now + after
        full = limit.get("limit_reached") is True and used >= 1
        status = "rejected" if full else ""
        found.append(Window(window_name(seconds) + family, used, reset, int(seconds), status, now))
    return found


def _balances(said: Mapping[str, Any], now: float) -> tuple[Balance, ...]:
    credits = part(said, "credits")
    found = []
    if credits.get("unlimited") is True:
        found.append(Balance("credits", unit="credits", status="unlimited", observed_at=now))
    elif credits.get("has_credits") is True:
        status = "used up" if credits.get("overage_limit_reached") is True else ""
        left = amount(credits.get("balance"))
        found.append(Balance("credits", None, None, left, "credits", status, now))
    elif credits:
        found.append(Balance("credits", unit="credits", status="none", observed_at=now))
    if part(said, "spend_control").get("reached") is True:
        found.append(Balance("spend_control", status="used up", observed_at=now))
    reached = said.get("rate_limit_reached_type")
    kind = part({"it": reached}, "it").get("type") or part({"it": reached}, "it").get("kind")
    word = reached if isinstance(reached, str) else kind
    if isinstance(word, str) and word:
        found.append(Balance("limit_reached", status=printable(word, 60), observed_at=now))
    return tuple(found)
