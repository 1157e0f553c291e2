"""Coding plans with windows: Kimi Code (`/coding/v1/usages`) and Z.ai or BigModel (`/api/monitor/usage/quota/limit`).

Both are what the vendors' own consoles ask, not documented APIs; shapes as recorded by several open-source usage
monitors, read 2026-11.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from router_core.config.schema import ProviderConfig
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.quota.money import get
from router_core.quota.report import Balance, UsageRefused, UsageReport, amount, moment, part, parts, percent, told
from router_core.text import printable
from router_core.tokens.quota import window_name
from router_core.tokens.token import Token, Window

_KIMI_UNITS = {"TIME_UNIT_SECOND": 1, "TIME_UNIT_MINUTE": 60, "TIME_UNIT_HOUR": 3600, "TIME_UNIT_DAY": 86400}
_ZAI_UNITS = {1: 86400, 3: 3600, 5: 30 * 86400, 6: 7 * 86400}
"""5 stands for a month; `number` counts them."""


class Kimi:
    """A weekly window on top, and shorter ones in a list; counts as text."""

    base = "https://api.kimi.com/coding/v1"

    def usage_calls(self, token: Token, provider: ProviderConfig) -> tuple[HttpCall, ...]:
        return (get(token, f"{provider.usage_base_url or self.base}/usages"),)

    def read_usage(self, answers: Sequence[HttpAnswer], now: float) -> UsageReport:
        said = told(answers[0], now)
        found = [_kimi(7 * 86400, part(said, "usage"), now)]
        for limit in parts(said, "limits"):
            window = part(limit, "window")
            length = (amount(window.get("duration")) or 0) * _KIMI_UNITS.get(str(window.get("timeUnit")), 0)
            found.append(_kimi(length, part(limit, "detail"), now))
        level = part(part(said, "user"), "membership").get("level")
        facts = {"plan": printable(level, 40)} if isinstance(level, str) else {}
        return UsageReport(tuple(window for window in found if window is not None), facts=facts)


def _kimi(length: float, detail: Mapping[str, Any], now: float) -> Window | None:
    limit, used, left = (amount(detail.get(name)) for name in ("limit", "used", "remaining"))
    if used is None and limit is not None and left is not None:
        used = limit - left
    if not limit or used is None or length <= 0:
        return None
    return Window(window_name(length), used / limit, moment(detail.get("resetTime")), int(length), "", now)


class Zai:
    """Errors come with status 200 and a `code`. Only the token limits are windows of the models; calls of its tools are
    a balance."""

    def usage_calls(self, token: Token, provider: ProviderConfig) -> tuple[HttpCall, ...]:
        parts_of_base = urlsplit(provider.base_url)
        base = provider.usage_base_url or f"{parts_of_base.scheme}://{parts_of_base.netloc}"
        return (get(token, f"{base}/api/monitor/usage/quota/limit"),)

    def read_usage(self, answers: Sequence[HttpAnswer], now: float) -> UsageReport:
        said = told(answers[0], now)
        if said.get("success") is False:
            never = amount(said.get("code")) in (401, 403)
            raise UsageRefused(f"the usage endpoint says: {printable(str(said.get('msg')), 120)}", never=never)
        data = part(said, "data")
        windows, balances = [], []
        for limit in parts(data, "limits"):
            used, reset = percent(limit.get("percentage")), moment(limit.get("nextResetTime"))
            length = (amount(limit.get("number")) or 0) * _ZAI_UNITS.get(int(amount(limit.get("unit")) or 0), 0)
            if limit.get("type") == "TOKENS_LIMIT" and used is not None and length > 0:
                windows.append(Window(window_name(length), used, reset, int(length), "", now))
            elif limit.get("type") == "TIME_LIMIT":
                total, spent = amount(limit.get("usage")), amount(limit.get("currentValue"))
                balances.append(Balance("tool_calls", spent, total, amount(limit.get("remaining")), "calls", "", now))
        level = data.get("level")
        facts = {"plan": printable(level, 40)} if isinstance(level, str) else {}
        return UsageReport(tuple(windows), tuple(balances), facts)
