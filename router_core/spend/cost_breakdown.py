"""How the cost of a request comes about: each class of tokens times its price, the attempts that were billed before,
what the cache saved, and how much of it is money.

The recorded cost is what counts. The classes are worked out again from the recorded usage at the prices of the
request's day; where both differ (an override of `[prices]` has changed since, a service tier, a web search) the
difference is a line of its own and says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from router_core.spend.cost import SERVICE_FACTORS, WEB_SEARCH_NANO_USD, prompt_tokens
from router_core.spend.prices import MILLION, NO_PRICES, Price, Prices, price_of
from router_core.trace.record import Usage


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of the bill.

    Args:
        amount: tokens, or searches; None for a sum that has no amount.
        per_million: nano-USD for a million tokens; None where it is not by tokens.
    """

    name: str
    amount: int | None
    per_million: int | None
    nano_usd: int


@dataclass(frozen=True, slots=True)
class BilledAttempt:
    """One attempt that was billed."""

    number: int
    token: str
    nano_usd: int | None
    basis: str
    billing: str


@dataclass(frozen=True, slots=True)
class CostBreakdown:
    """The bill of one request.

    Args:
        lines: they add up to the cost of the answer (within a nano-USD per line).
        earlier: attempts that were billed before it; theirs comes on top.
        total: of all attempts at list prices, as recorded; None: nothing was billed, or the price is not known.
        metered: the part of it that is money.
        uncached: nano-USD that the same prompt would have cost more had nothing of it been cached; negative when
            writing to the cache has cost more than reading from it saved. None: no price.
        why_no_lines: why the classes cannot be told.
    """

    lines: tuple[CostLine, ...]
    earlier: tuple[BilledAttempt, ...]
    total: int | None
    metered: int
    basis: str
    billing: str
    uncached: int | None
    why_no_lines: str = ""


def cost_breakdown(
    row: Mapping[str, Any],
    attempts: Sequence[Mapping[str, Any]],
    *,
    overrides: Prices = NO_PRICES,
    services: Sequence[str] = (),
    web_searches: int = 0,
) -> CostBreakdown:
    """The bill of a traced request.

    Args:
        row: of `requests`. attempts: of `attempts`.
        overrides: `[prices]` as they are now.
        services, web_searches: as the kept answer tells them: the database does not.
    """
    billed = [
        BilledAttempt(
            int(each["number"]), str(each["token"]), each.get("cost_nano_usd"), str(each.get("cost_basis") or ""),
            str(each["billing"]),
        )
        for each in attempts
        if each.get("billing")
    ]  # fmt: skip
    total, basis = row.get("cost_nano_usd"), str(row.get("cost_basis") or "")
    answered = next((each for each in reversed(attempts) if each.get("billing")), None)
    metered = sum(each.nano_usd or 0 for each in billed if each.billing == "metered")
    whole = CostBreakdown((), tuple(billed[:-1]), total, metered, basis, str(row.get("billing") or ""), None)
    usage = usage_of(row)
    if answered is None:
        return replace(whole, why_no_lines="nothing was billed")
    own = billed[-1].nano_usd
    started_at = answered.get("started_at") or row["started_at"]
    price = price_of(
        str(answered["model"]), prompt_tokens(usage), provider=str(answered["provider"]), at=started_at / 1000,
        overrides=overrides,
    )  # fmt: skip
    if price is None and own is None:
        return replace(whole, why_no_lines="there is no price for this model: put one into [prices] of config.toml")
    if usage.input_tokens is None and usage.output_tokens is None:
        return replace(whole, why_no_lines="the provider did not tell how many tokens it counted")
    if price is None:
        lines = [CostLine("as the provider says", None, None, own or 0)]
        return replace(whole, lines=tuple(lines))
    lines = [*_by_class(usage, price, services)]
    if web_searches:
        lines.append(CostLine("web searches", web_searches, None, web_searches * WEB_SEARCH_NANO_USD))
    if own is not None and abs(difference := own - sum(line.nano_usd for line in lines)) > len(lines):
        lines.append(CostLine(_difference_of(basis), None, None, difference))
    return replace(whole, lines=tuple(lines), uncached=_uncached(usage, price))


def usage_of(row: Mapping[str, Any]) -> Usage:
    """The tokens of a row of `requests`."""
    return Usage(
        row.get("input_tokens"), row.get("output_tokens"), row.get("cache_read_tokens"), row.get("cache_write_tokens"),
        row.get("cache_write_1h_tokens"), row.get("reasoning_tokens"),
    )  # fmt: skip


def _by_class(usage: Usage, price: Price, services: Sequence[str]) -> list[CostLine]:
    factor = Fraction(1)
    for service in services:
        factor *= SERVICE_FACTORS.get(service, 1)
    output, reasoning = usage.output_tokens or 0, min(usage.reasoning_tokens or 0, usage.output_tokens or 0)
    apart = price.reasoning is not None and reasoning > 0
    classes = [
        ("input", usage.input_tokens, price.input),
        ("read from cache", usage.cache_read_tokens, price.cache_read),
        ("written to cache", usage.cache_write_tokens, price.cache_write),
        ("written to cache for 1 h", usage.cache_write_1h_tokens, price.cache_write_1h),
        ("output", output - reasoning if apart else output, price.output),
        ("reasoning", reasoning if apart else 0, price.reasoning or 0),
    ]
    return [
        CostLine(name, tokens, round(each * factor), round(Fraction(tokens * each, MILLION) * factor))
        for name, tokens, each in classes
        if tokens
    ]


def _difference_of(basis: str) -> str:
    match basis:
        case "reported":
            return "as the provider says instead"
        case "estimated":
            return "estimated: the answer's end was not counted"
        case _:
            return "service tier, or a price that has changed since"


def _uncached(usage: Usage, price: Price) -> int:
    """Nano-USD that a cold prompt would have cost more."""
    saved = (usage.cache_read_tokens or 0) * (price.input - price.cache_read)
    saved -= (usage.cache_write_tokens or 0) * (price.cache_write - price.input)
    saved -= (usage.cache_write_1h_tokens or 0) * (price.cache_write_1h - price.input)
    return round(Fraction(saved, MILLION))
