"""What a request has cost: its real usage at the price of its day, or what the provider says itself.

`input_tokens` of a usage are without cached ones; each token of the prompt is billed once, as plain input, as read or
as written. All is summed up exactly and rounded once, to a nano-USD.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from router_core.spend.prices import MILLION, NO_PRICES, Price, Prices, price_of
from router_core.trace.record import Usage

Basis = Literal["", "price", "reported", "estimated"]
"""`price`: real usage at list prices. `reported`: the provider's own figure. `estimated`: the provider did not tell its
usage, because the answer broke off or nobody had asked for it. "": nobody knows, or nothing was billed."""

WEB_SEARCH_NANO_USD = 10_000_000
"""Anthropic: 10 USD per 1,000 searches (platform.claude.com/docs, read 2026-11-20)."""
SERVICE_FACTORS: Mapping[str, Fraction] = {
    "priority": Fraction(2), "flex": Fraction(1, 2), "batch": Fraction(1, 2),  # OpenAI's service_tier
    "fast": Fraction(2), "us": Fraction(11, 10),  # Anthropic's speed and inference_geo
}  # fmt: skip
"""What an answer's service tier does to all prices of its tokens."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one attempt."""

    nano_usd: int | None
    """None: the price is not known, or nothing was billed."""
    basis: Basis


NOTHING = Cost(None, "")


def prompt_tokens(usage: Usage) -> int:
    """The whole prompt, cached or not: what tiers and budgets count."""
    parts = usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens
    return sum(part or 0 for part in parts)


def cost_of(
    usage: Usage, model: str, *, provider: str = "", at: float | None = None, overrides: Prices = NO_PRICES
) -> Cost:
    """What a request has cost.

    Args:
        at: epoch seconds of the request: prices change.
        overrides: `[prices]`.

    Returns:
        `nano_usd` None where the provider told no usage, or nobody knows the price.
    """
    if usage.reported_nano_usd is not None:
        return Cost(usage.reported_nano_usd, "reported")
    if usage.input_tokens is None and usage.output_tokens is None:
        return NOTHING
    price = price_of(model, prompt_tokens(usage), provider=provider, at=at, overrides=overrides)
    return Cost(None, "") if price is None else Cost(at_price(usage, price), "price")


def at_price(usage: Usage, price: Price) -> int:
    """Nano-USD of a usage."""
    output, reasoning = usage.output_tokens or 0, usage.reasoning_tokens or 0
    if price.reasoning is None:
        answered = output * price.output
    else:
        reasoning = min(reasoning, output)
        answered = (output - reasoning) * price.output + reasoning * price.reasoning
    read = (usage.input_tokens or 0) * price.input + (usage.cache_read_tokens or 0) * price.cache_read
    written = (usage.cache_write_tokens or 0) * price.cache_write
    written += (usage.cache_write_1h_tokens or 0) * price.cache_write_1h
    per_million = Fraction(answered + read + written)
    for service in usage.services or ():
        per_million *= SERVICE_FACTORS.get(service, 1)
    return round(per_million / MILLION) + (usage.web_search_requests or 0) * WEB_SEARCH_NANO_USD


def estimate_cost(
    model: str,
    input_tokens: int,
    output_tokens: int,
    now: float | None = None,
    overrides: Prices = NO_PRICES,
    *,
    provider: str = "",
    cached_tokens: int = 0,
) -> int | None:
    """Nano-USD that a request would cost; None when nobody knows the price.

    Args:
        input_tokens: the whole prompt.
        cached_tokens: how much of it is likely to be read from the provider's cache. The rest is priced as input, or as
            written to the cache where that costs more.
    """
    price = price_of(model, input_tokens, provider=provider, at=now, overrides=overrides)
    if price is None:
        return None
    cached = min(cached_tokens, input_tokens)
    fresh = (input_tokens - cached) * max(price.input, price.cache_write)
    return round(Fraction(fresh + cached * price.cache_read + output_tokens * price.output, MILLION))
