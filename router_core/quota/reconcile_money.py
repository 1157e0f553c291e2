"""What a provider says that a key has cost against what we have counted for it, and where the difference comes from."""

import datetime
from dataclasses import dataclass

from router_core.money import usd_text

NANO = 1_000_000_000
ROUNDING_NANO = NANO // 100
"""Providers round to cents at the worst."""


@dataclass(frozen=True, slots=True)
class OwnCost:
    """Our requests with one token in a time."""

    requests: int = 0
    cost_nano_usd: int = 0
    estimated: int = 0
    """So many cost what was estimated."""
    priced: int = 0
    """… what our table says; of the others the provider told."""
    unknown: int = 0
    """… nobody knows what."""


@dataclass(frozen=True, slots=True)
class ReconciledMoney:
    """One sum."""

    name: str
    since: float | None
    """Epoch seconds; None: since the key or the account was made."""
    reported_nano_usd: int
    own: OwnCost
    reasons: tuple[str, ...]

    @property
    def difference_nano_usd(self) -> int:
        return self.reported_nano_usd - self.own.cost_nano_usd


def beginning(name: str, now: float) -> float | None:
    """When the time began that a balance is counted for; None: no such time."""
    utc = datetime.datetime.fromtimestamp(now, datetime.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match name:
        case "key_day":
            begins = utc
        case "key_week":
            begins = utc - datetime.timedelta(days=utc.weekday())
        case "key_month":
            begins = utc.replace(day=1)
        case _:
            return None
    return begins.timestamp()


def reconcile_money(name: str, used_usd: float, own: OwnCost, since: float | None) -> ReconciledMoney:
    """Compare a sum in USD."""
    reported = round(used_usd * NANO)
    more = reported - own.cost_nano_usd
    reasons = []
    if abs(more) <= max(ROUNDING_NANO, reported // 1000):
        reasons.append("the same, but for rounding")
    elif more > 0:
        who = "other programs or devices use this account" if name == "credits" else "other programs use this key"
        early = ", or it was used before this router counted" if since is None else ""
        reasons.append(f"{usd_text(more)} more than ours: {who}{early}")
    else:
        reasons.append(f"{usd_text(-more)} less than ours: it is billed with a delay, or cheaper than our prices say")
    for count, words in (
        (own.priced, "counted at the prices of our table, not as the provider billed"),
        (own.estimated, "estimated: the provider told no usage"),
        (own.unknown, "counted as nothing: the model's price is not known, put it into [prices]"),
    ):
        if count:
            reasons.append(f"{count} of our requests {'was' if count == 1 else 'were'} {words}")
    return ReconciledMoney(name, since, reported, own, tuple(reasons))
