"""Credits and overage that the headers of ordinary answers tell: Codex's `x-codex-credits-*` and the extra usage of
Claude subscriptions.

Source: recorded answers of both services, read 2026-11.
"""

from collections.abc import Mapping

from router_core.quota.report import Balance, amount
from router_core.text import printable

_OVERAGE = "anthropic-ratelimit-unified-overage-"
_CREDITS = "x-codex-credits-"
BALANCE_HEADERS = (
    f"{_OVERAGE}status", f"{_OVERAGE}disabled-reason", f"{_OVERAGE}in-use", f"{_CREDITS}has-credits",
    f"{_CREDITS}unlimited", f"{_CREDITS}balance",
)  # fmt: skip
_WORDS = {"org_level_disabled": "off", "out_of_credits": "used up"}


def balances_from_headers(headers: Mapping[str, str], now: float) -> list[Balance]:
    """What is told of money and credits.

    Args:
        headers: names in lower case.
    """
    found = []
    if (overage := headers.get(f"{_OVERAGE}status")) is not None:
        found.append(Balance("extra_usage", status=_overage(overage, headers), observed_at=now))
    unlimited, has = _flag(headers.get(f"{_CREDITS}unlimited")), _flag(headers.get(f"{_CREDITS}has-credits"))
    if unlimited:
        found.append(Balance("credits", unit="credits", status="unlimited", observed_at=now))
    elif has:
        left = amount(headers.get(f"{_CREDITS}balance"))
        found.append(Balance("credits", None, None, left, "credits", "", now))
    elif has is False:
        found.append(Balance("credits", unit="credits", status="none", observed_at=now))
    return found


def _overage(status: str, headers: Mapping[str, str]) -> str:
    if _flag(headers.get(f"{_OVERAGE}in-use")):
        return "in use"
    reason = headers.get(f"{_OVERAGE}disabled-reason", "")
    return _WORDS.get(reason, printable(reason or status, 40))


def _flag(text: str | None) -> bool | None:
    return None if text is None else text.strip().lower() in ("true", "1")
