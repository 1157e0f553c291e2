"""Prepaid services: what is left of the money. OpenRouter, DeepSeek, Moonshot, SiliconFlow.

Source: the services' own API documentation, read 2026-11.
"""

from collections.abc import Sequence

from router_core.config.schema import ProviderConfig
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.quota.report import Balance, UsageRefused, UsageReport, amount, part, parts, told
from router_core.text import printable
from router_core.tokens.token import Token


def get(token: Token, url: str) -> HttpCall:
    """A plain question with the key as a Bearer."""
    return HttpCall("GET", url, (("authorization", f"Bearer {token.access_token}"), ("accept", "application/json")))


class OpenRouter:
    """`/key` tells of this key and its own limit, `/credits` of the account; not every key may ask the latter."""

    base = "https://openrouter.ai/api/v1"

    def usage_calls(self, token: Token, provider: ProviderConfig) -> tuple[HttpCall, ...]:
        base = provider.usage_base_url or self.base
        return get(token, f"{base}/key"), get(token, f"{base}/credits")

    def read_usage(self, answers: Sequence[HttpAnswer], now: float) -> UsageReport:
        key = part(told(answers[0], now), "data")
        used, limit, left = (amount(key.get(name)) for name in ("usage", "limit", "limit_remaining"))
        status = "free tier" if key.get("is_free_tier") is True else "unlimited" if limit is None else ""
        found = [Balance("key", used, limit, left, "USD", status, now)]
        for name, field in (("key_day", "usage_daily"), ("key_week", "usage_weekly"), ("key_month", "usage_monthly")):
            if (spent := amount(key.get(field))) is not None:  # since the beginning of the UTC day, week, month
                found.append(Balance(name, spent, None, None, "USD", "", now))
        try:
            account = part(told(answers[1], now), "data")
        except (IndexError, UsageRefused):
            account = {}
        bought, all_spent = amount(account.get("total_credits")), amount(account.get("total_usage"))
        if bought is not None and all_spent is not None:
            found.append(Balance("credits", all_spent, bought, bought - all_spent, "USD", "", now))
        return UsageReport(balances=tuple(found))


class DeepSeek:
    base = "https://api.deepseek.com"

    def usage_calls(self, token: Token, provider: ProviderConfig) -> tuple[HttpCall, ...]:
        return (get(token, f"{provider.usage_base_url or self.base}/user/balance"),)

    def read_usage(self, answers: Sequence[HttpAnswer], now: float) -> UsageReport:
        said = told(answers[0], now)
        status = "used up" if said.get("is_available") is False else ""
        found = []
        for info in parts(said, "balance_infos"):
            if (left := amount(info.get("total_balance"))) is not None:
                unit = printable(str(info.get("currency") or ""), 8)
                found.append(Balance(f"balance_{unit.lower()}", None, None, left, unit, status, now))
        return UsageReport(balances=tuple(found))


class Moonshot:
    base = "https://api.moonshot.ai/v1"

    def usage_calls(self, token: Token, provider: ProviderConfig) -> tuple[HttpCall, ...]:
        chinese = "moonshot.cn" in provider.base_url
        base = provider.usage_base_url or (self.base.replace(".ai", ".cn") if chinese else self.base)
        return (get(token, f"{base}/users/me/balance"),)

    def read_usage(self, answers: Sequence[HttpAnswer], now: float) -> UsageReport:
        data = part(told(answers[0], now), "data")
        left = amount(data.get("available_balance"))
        if left is None:
            return UsageReport()
        status = "used up" if left <= 0 else ""
        return UsageReport(balances=(Balance("balance", None, None, left, "", status, now),))


class SiliconFlow:
    base = "https://api.siliconflow.cn/v1"

    def usage_calls(self, token: Token, provider: ProviderConfig) -> tuple[HttpCall, ...]:
        abroad = "siliconflow.com" in provider.base_url
        base = provider.usage_base_url or (self.base.replace(".cn", ".com") if abroad else self.base)
        return (get(token, f"{base}/user/info"),)

    def read_usage(self, answers: Sequence[HttpAnswer], now: float) -> UsageReport:
        data = part(told(answers[0], now), "data")
        left = amount(data.get("totalBalance"))
        left = amount(data.get("balance")) if left is None else left
        if left is None:
            return UsageReport()
        return UsageReport(balances=(Balance("balance", None, None, left, "", "used up" if left <= 0 else "", now),))
