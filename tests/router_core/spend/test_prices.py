"""What tokens cost, by the model's name."""

import tomllib
from importlib import resources

import pytest

from router_core.spend.prices import MILLION, price_of, same_tier

USD = 1_000_000_000


@pytest.mark.parametrize(
    ("model", "read", "write", "write_1h"),
    [
        ("claude-opus-5-5", 0.2, 5, 8),
        ("claude-opus-5-5-20261001", 0.2, 5, 8),
        ("anthropic/claude-opus-5.5", 0.2, 5, 8),
        ("claude-sonnet-4-5[1m]", 0.3, 3.75, 6),
        ("gpt-5.4", 0.25, 2.5, 2.5),
        ("gpt-6.2-sol", 0.1, 2.5, 2.5),
        ("deepseek-chat", 0.003, 0.15, 0.15),
        ("codestral-latest", 0.3, 0.3, 0.3),
    ],
)
def test_cache_prices_are_found_by_every_spelling(model: str, read: float, write: float, write_1h: float) -> None:
    price = price_of(model)
    assert price is not None
    assert (price.cache_read, price.cache_write, price.cache_write_1h) == tuple(
        round(usd * USD) for usd in (read, write, write_1h)
    )


def test_a_long_prompt_is_billed_at_its_tier() -> None:
    short, long = price_of("gpt-5.4", 272_000), price_of("gpt-5.4", 272_001)
    assert short is not None
    assert long is not None
    assert (short.input, long.input, long.cache_write) == (5 * USD // 2, 5 * USD, 5 * USD)


def test_what_it_costs_to_write_a_prefix_again() -> None:
    price = price_of("claude-opus-5-5")
    assert price is not None
    assert price.rewriting(100_000) == 480_000_000  # 0.1 M at 5 - 0.20 USD
    assert price.rewriting(100_000, for_1h=True) == 780_000_000
    mistral = price_of("codestral-latest")
    assert mistral is not None
    assert mistral.rewriting(MILLION) == 0


def test_nobody_knows_the_price_of_a_model_without_a_row() -> None:
    assert price_of("my-own-llama") is None
    assert price_of("x" * 10_000) is None
    assert price_of("") is None


def test_every_row_is_complete_and_dated() -> None:
    rows = tomllib.loads(resources.files("router_core.spend").joinpath("prices.toml").read_text(encoding="utf-8"))
    assert len(rows) >= 70
    for name, row in rows.items():
        assert {"input", "output", "as_of"} <= row.keys(), name
        price = price_of(name)
        assert price is not None
        assert price.cache_read <= price.input <= price.cache_write, name


def test_a_kept_price_is_that_of_every_prompt_of_its_tier() -> None:
    rows = tomllib.loads(resources.files("router_core.spend").joinpath("prices.toml").read_text("utf-8"))
    bounds = {tier["above_input_tokens"] for row in rows.values() for tier in row.get("tiers", ())}
    assert bounds
    for tokens in [0, 1, *(bound + more for bound in bounds for more in (-1, 0, 1, 7_777))]:
        for model in rows:
            assert price_of(model, same_tier(tokens)) == price_of(model, tokens), (model, tokens)
    assert same_tier(5) == same_tier(0) == 0
