"""What a request has cost: every kind of token, tiers, days, hours, overrides, the provider's own figure."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from router_core.config.spend import PriceConfig
from router_core.spend.cost import Cost, cost_of, estimate_cost
from router_core.spend.prices import price_of
from router_core.trace.record import Usage

M = 1_000_000
USD = 1_000_000_000
WEEKDAY_PEAK = datetime(2026, 11, 27, 1, 0, tzinfo=UTC).timestamp()


def usage(input: int = 0, output: int = 0, **more: Any) -> Usage:
    return Usage(input_tokens=input, output_tokens=output, **more)


def prices(**patterns: dict[str, Any]) -> dict[str, PriceConfig]:
    return {name: PriceConfig(**fields) for name, fields in patterns.items()}


@pytest.mark.parametrize(
    ("model", "used", "usd"),
    [
        ("claude-opus-5-5", usage(M, M), "24"),
        ("claude-opus-5-5", usage(0, 0, cache_read_tokens=M), "0.2"),
        ("claude-opus-5-5", usage(0, 0, cache_write_tokens=M), "5"),
        ("claude-opus-5-5", usage(0, 0, cache_write_1h_tokens=M), "8"),
        ("claude-opus-5-5", usage(10, 100, cache_read_tokens=50_000, cache_write_tokens=2_000), "0.02204"),
        ("claude-opus-5-5", usage(0, M, reasoning_tokens=600_000), "20"),  # reasoning is output, not more
        ("claude-opus-5-5", usage(0, 0, web_search_requests=3), "0.03"),
        ("claude-opus-5", usage(M, M, services=("fast",)), "60"),  # 10 and 50 USD instead of 5 and 25
        ("claude-opus-5", usage(M, 0, services=("us",)), "5.5"),
        ("gpt-6.2-sol", usage(200_000, 0, services=("priority",)), "0.8"),
        ("gpt-6.2-sol", usage(200_000, 0, services=("flex",)), "0.2"),
        ("gpt-6.2-sol", usage(200_000, 0, services=("new-word",)), "0.4"),
        ("gpt-5", usage(1, 0, cache_write_tokens=1), "0.0000025"),  # written for nothing more: still input
        ("gpt-5.4", usage(272_000, 0), "0.68"),
        ("gpt-5.4", usage(272_001, 0), "1.360005"),  # the whole prompt, not what is above
        ("gpt-5.4", usage(1, M, cache_read_tokens=272_000), "22.636005"),  # cached input counts for the tier
        ("claude-haiku-5-5", usage(0, 0, cache_write_1h_tokens=100_001), "0.100001"),
        ("MiniMax-M3.1-Flash", usage(7, 0), "0.000001001"),
        ("deepseek-chat", usage(0, 0, cache_read_tokens=1), "0.000000003"),
        ("gemini-2.5-pro", usage(200_001, 1), "0.5000175"),
    ],
)
def test_real_usage_at_list_prices_to_the_nano_dollar(model: str, used: Usage, usd: str) -> None:
    assert cost_of(used, model) == Cost(int(Decimal(usd) * USD), "price")


def test_a_sum_is_rounded_once() -> None:
    # 1 × 0.143 + 1 × 0.571 + 3 × 0.014 nano-USD … each alone would round to 143, 571, 14
    assert cost_of(usage(1, 1, cache_read_tokens=3), "MiniMax-M3.1-Flash").nano_usd == 143 + 571 + 42


@pytest.mark.parametrize(
    ("model", "at", "usd"),
    [
        ("gemini-4-argon", datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), "12.1"),
        ("gemini-4-argon", datetime(2026, 12, 1, tzinfo=UTC), "24.2"),
        ("gemini-3.8-flash", datetime(2026, 12, 31, tzinfo=UTC), "4.575"),
        ("gemini-3.8-flash", datetime(2027, 1, 1, tzinfo=UTC), "9.15"),
        ("deepseek-flash", datetime(2026, 11, 27, 0, 59, tzinfo=UTC), "0.753"),
        ("deepseek-flash", datetime(2026, 11, 27, 1, 0, tzinfo=UTC), "1.506"),
        ("deepseek-flash", datetime(2026, 11, 27, 3, 59, 59, tzinfo=UTC), "1.506"),
        ("deepseek-flash", datetime(2026, 11, 27, 4, 0, tzinfo=UTC), "0.753"),
        ("deepseek-flash", datetime(2026, 11, 27, 9, 0, tzinfo=UTC), "1.506"),
        ("deepseek-flash", datetime(2026, 11, 28, 9, 0, tzinfo=UTC), "0.753"),  # a Saturday
    ],
)
def test_the_price_is_that_of_the_day_and_the_hour(model: str, at: datetime, usd: str) -> None:
    used = usage(M, M, cache_read_tokens=M)
    assert cost_of(used, model, at=at.timestamp()).nano_usd == int(Decimal(usd) * USD)


@pytest.mark.parametrize(
    ("model", "provider"),
    [("my-llama", "local"), ("my-llama", "other"), ("vendor/my-llama", "openrouter")],
)
def test_a_price_of_ones_own_is_found_by_model_provider_or_pattern(model: str, provider: str) -> None:
    own = prices(**{"local/*": {"input": 1, "output": 2}, "*my-llama": {"input": 3, "output": "4.5"}})
    price = price_of(model, provider=provider, overrides=own)
    assert price is not None
    assert (price.input, price.output) == ((USD, 2 * USD) if provider == "local" else (3 * USD, 9 * USD // 2))


def test_an_override_holds_for_what_it_names_at_any_length_and_hour() -> None:
    own = prices(**{"gpt-5.4*": {"input": "1.23456789"}, "deepseek-flash": {"output": 7}, "*": {"reasoning": 1}})
    long = price_of("gpt-5.4", 300_000, overrides=own)
    assert long is not None
    assert (long.input, long.output, long.cache_read) == (1_234_567_890, 22_500_000_000, 500_000_000)
    peak = price_of("deepseek-flash", at=WEEKDAY_PEAK, overrides=own)
    assert peak is not None
    assert (peak.input, peak.output) == (300_000_000, 7 * USD)


def test_reasoning_may_have_a_price_of_its_own() -> None:
    own = prices(m={"input": 0, "output": 10, "reasoning": 1})
    assert cost_of(usage(5, M, reasoning_tokens=400_000), "m", overrides=own).nano_usd == 6_400_000_000


def test_a_model_of_ones_own_may_be_free_but_is_not_so_by_itself() -> None:
    assert cost_of(usage(M, M), "my-llama") == Cost(None, "")
    assert cost_of(usage(M, M), "my-llama", overrides=prices(**{"my-*": {"cache_read": 1}})) == Cost(None, "")
    assert cost_of(usage(M, M), "my-llama", overrides=prices(**{"my-*": {"input": 0, "output": 0}})) == Cost(0, "price")


def test_what_the_provider_says_itself_wins() -> None:
    used = usage(M, M, reported_nano_usd=145_500)
    assert cost_of(used, "claude-opus-5-5", overrides=prices(**{"*": {"input": 1}})) == Cost(145_500, "reported")
    assert cost_of(used, "nobody-knows-me") == Cost(145_500, "reported")


def test_without_usage_nothing_is_known() -> None:
    assert cost_of(Usage(), "claude-opus-5-5") == Cost(None, "")


def test_an_estimate_prices_fresh_input_as_what_it_may_cost_at_most() -> None:
    assert estimate_cost("claude-opus-5-5", M, 0) == 5 * USD  # it may all be written to the cache
    assert estimate_cost("claude-opus-5-5", M, 0, cached_tokens=M) == USD // 5
    assert estimate_cost("gpt-5", M, M) == 11_250_000_000
    assert estimate_cost("gpt-5.4", 300_000, 0) == 1_500_000_000
    assert estimate_cost("gemini-4-argon", 0, M, datetime(2026, 12, 2, tzinfo=UTC).timestamp()) == 20 * USD
    assert estimate_cost("my-llama", 1, 1) is None
    assert estimate_cost("my-llama", M, 0, None, prices(**{"my-*": {"input": 2, "output": 1}})) == 2 * USD
