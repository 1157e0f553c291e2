"""The bill: its lines add up to what was recorded, and what does not is told."""

from typing import Any

import pytest

from router_core.config.spend import PriceConfig
from router_core.spend.cost import cost_of
from router_core.spend.cost_breakdown import cost_breakdown, usage_of
from router_core.trace.record import Usage

AT_MS = 1_795_201_751_000
USAGE = {
    "input_tokens": 12,
    "output_tokens": 842,
    "cache_read_tokens": 48_200,
    "cache_write_tokens": 1_930,
    "cache_write_1h_tokens": 77,
    "reasoning_tokens": 210,
}


def attempt(number: int = 1, **fields: Any) -> dict[str, Any]:
    found = {
        "number": number, "provider": "claude", "model": "claude-opus-4-5", "token": "max", "started_at": AT_MS,
        "cost_nano_usd": None, "cost_basis": "price", "billing": "subscription",
    }  # fmt: skip
    return found | fields


def row(**fields: Any) -> dict[str, Any]:
    found = {"started_at": AT_MS, "cost_nano_usd": None, "cost_basis": "price", "billing": "subscription", **USAGE}
    return found | fields


def priced(model: str, usage: dict[str, int] = USAGE, **more: Any) -> int:
    cost = cost_of(Usage(**usage), model, at=AT_MS / 1000, **more).nano_usd
    assert cost is not None
    return cost


@pytest.mark.parametrize("model", ["claude-opus-4-5", "claude-haiku-4-5", "gpt-5-mini", "gemini-2.5-pro"])
def test_lines_add_up_to_the_recorded_cost(model: str) -> None:
    cost = priced(model)
    bill = cost_breakdown(row(cost_nano_usd=cost), [attempt(model=model, cost_nano_usd=cost)])
    assert abs(sum(line.nano_usd for line in bill.lines) - cost) <= len(bill.lines)
    assert all(line.amount and line.per_million is not None for line in bill.lines)
    assert [line.name for line in bill.lines][:2] == ["input", "read from cache"]
    assert bill.total == cost


def test_each_class_is_its_tokens_times_its_price() -> None:
    cost = priced("claude-opus-4-5")
    bill = cost_breakdown(row(), [attempt(cost_nano_usd=cost)])
    told = {line.name: (line.amount, line.per_million, line.nano_usd) for line in bill.lines}
    assert told == {
        "input": (12, 5_000_000_000, 60_000),
        "read from cache": (48_200, 500_000_000, 24_100_000),
        "written to cache": (1_930, 6_250_000_000, 12_062_500),
        "written to cache for 1 h": (77, 10_000_000_000, 770_000),
        "output": (842, 25_000_000_000, 21_050_000),
    }
    assert bill.uncached == 48_200 * 4_500 - 1_930 * 1_250 - 77 * 5_000


def test_a_subscription_spends_no_money_and_a_key_does() -> None:
    assert cost_breakdown(row(cost_nano_usd=7), [attempt(cost_nano_usd=7)]).metered == 0
    bill = cost_breakdown(
        row(cost_nano_usd=12, billing="metered"),
        [attempt(cost_nano_usd=5, billing="metered"), attempt(2, cost_nano_usd=7)],
    )
    assert bill.metered == 5
    assert [(each.number, each.nano_usd) for each in bill.earlier] == [(1, 5)]


def test_an_attempt_that_lost_and_was_billed_is_on_the_bill_and_one_that_was_not_is_not() -> None:
    cost = priced("claude-opus-4-5")
    tried = [attempt(billing=""), attempt(2, cost_nano_usd=99), attempt(3, cost_nano_usd=cost), attempt(4, billing="")]
    bill = cost_breakdown(row(cost_nano_usd=cost + 99), tried)
    assert [each.number for each in bill.earlier] == [2]
    assert bill.total == sum(line.nano_usd for line in bill.lines) + 99


def test_a_price_that_has_changed_since_is_told() -> None:
    cost = priced("claude-opus-4-5")
    now = {"claude-opus-4-5": PriceConfig(output=1)}
    bill = cost_breakdown(row(), [attempt(cost_nano_usd=cost)], overrides=now)
    assert "a price that has changed since" in bill.lines[-1].name
    assert bill.lines[-1].nano_usd == 842 * 24_000
    assert sum(line.nano_usd for line in bill.lines) == cost


@pytest.mark.parametrize(("basis", "said"), [("reported", "as the provider says"), ("estimated", "was not counted")])
def test_a_cost_that_is_not_of_our_prices_says_so(basis: str, said: str) -> None:
    bill = cost_breakdown(row(cost_basis=basis), [attempt(cost_nano_usd=1_000_000_000, cost_basis=basis)])
    assert said in bill.lines[-1].name
    assert sum(line.nano_usd for line in bill.lines) == 1_000_000_000


def test_service_tier_and_searches_of_the_answer_are_counted() -> None:
    usage = Usage(1000, 10, services=("flex",), web_search_requests=2)
    cost = cost_of(usage, "gpt-5-mini", at=AT_MS / 1000).nano_usd
    fields = dict.fromkeys(USAGE) | {"input_tokens": 1000, "output_tokens": 10}
    bill = cost_breakdown(
        row(**fields), [attempt(model="gpt-5-mini", cost_nano_usd=cost)], services=("flex",), web_searches=2
    )
    assert sum(line.nano_usd for line in bill.lines) == cost
    assert [line.name for line in bill.lines] == ["input", "output", "web searches"]


@pytest.mark.parametrize(
    ("fields", "tried", "why"),
    [
        ({}, [], "nothing was billed"),
        ({}, [attempt(model="unheard-of")], "there is no price for this model"),
        (dict.fromkeys(USAGE), [attempt()], "did not tell how many tokens"),
    ],
)
def test_why_there_is_no_bill(fields: dict[str, Any], tried: list[dict[str, Any]], why: str) -> None:
    bill = cost_breakdown(row(**fields), tried)
    assert not bill.lines
    assert why in bill.why_no_lines
    assert bill.uncached is None


def test_what_only_the_provider_can_price_is_one_line() -> None:
    bill = cost_breakdown(row(cost_basis="reported"), [attempt(model="unheard-of", cost_nano_usd=42)])
    assert [(line.name, line.nano_usd) for line in bill.lines] == [("as the provider says", 42)]


def test_tokens_are_read_from_the_row() -> None:
    assert usage_of(row()) == Usage(**USAGE)
