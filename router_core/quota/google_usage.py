"""Gemini Code Assist: `retrieveUserQuota`. Antigravity: `fetchAvailableModels`. Both tell a fraction per model.

The quota of a model is a window of that model's own, so it rests the model and not the token.
Source: what Gemini CLI and Antigravity ask and how they read the answer, read 2026-11.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from router_core.config.schema import ProviderConfig
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.quota.report import Balance, UsageReport, amount, moment, part, parts, told
from router_core.text import printable
from router_core.tokens.token import Token, Window

DAY_S = 86400


def usage_calls(token: Token, provider: ProviderConfig) -> tuple[HttpCall, ...]:
    base = (provider.usage_base_url or provider.base_url).removesuffix("/v1internal")
    project = provider.project or token.facts.get("project", "")
    method = "fetchAvailableModels" if provider.kind == "antigravity" else "retrieveUserQuota"
    headers = (
        ("authorization", f"Bearer {token.access_token}"),
        ("accept", "application/json"),
        ("content-type", "application/json"),
    )
    body = orjson.dumps({"project": project} if project else {})
    return (HttpCall("POST", f"{base}/v1internal:{method}", headers, body),)


def read_usage(answers: Sequence[HttpAnswer], now: float) -> UsageReport:
    said = told(answers[0], now)
    balances = tuple(
        Balance(printable(str(credit.get("creditType") or "credits"), 40).lower(), None, None, left, "credits", "", now)
        for credit in parts(part(said, "paidTier"), "availableCredits")
        if (left := amount(credit.get("creditAmount"))) is not None
    )
    quotas = [*_buckets(said), *_models(said)]
    return UsageReport(tuple(_lowest(quotas, now)), balances)


def _buckets(said: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(str(bucket.get("modelId") or ""), bucket) for bucket in parts(said, "buckets")]


def _models(said: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(str(model), part(value, "quotaInfo")) for model, value in part(said, "models").items()]


def _lowest(quotas: Iterable[tuple[str, Mapping[str, Any]]], now: float) -> list[Window]:
    """One window per model: where several are told, the fullest one counts."""
    windows: dict[str, Window] = {}
    for model, quota in quotas:
        left = amount(quota.get("remainingFraction"))
        reset = moment(quota.get("resetTime"))
        if left is None and reset is not None and "resetTime" in quota:
            left = 0.0  # a zero is left out by this kind of API
        if not model or left is None:
            continue
        name = f"1d_{printable(model, 60)}"
        used = min(max(1 - left, 0.0), 1.0)
        if name not in windows or used > (windows[name].used or 0.0):
            windows[name] = Window(name, used, reset, DAY_S, "", now)
    return list(windows.values())
