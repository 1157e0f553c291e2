"""Which budgets concern a request, and under which counts."""

import os
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from router_core.config.spend import BudgetConfig, PeriodLimits, SpendConfig
from router_core.spend.budget import Amount, Limit, Spender, budgets_of

NOW = datetime(2026, 11, 28, 12).timestamp()
SPENDER = Spender("work", "claude", "claude-opus-5-5", os.path.expanduser("~/code/shop"), "s-1", "alice")
DAY = PeriodLimits(usd=Decimal(5))


def spend(*budgets: dict[str, Any], **fields: Any) -> SpendConfig:
    return SpendConfig.model_validate({"budgets": budgets, **fields})


@pytest.mark.parametrize(
    ("conditions", "concerned"),
    [
        ({}, True),
        ({"model": "claude-opus-*"}, True),
        ({"model": "claude-sonnet-*"}, False),
        ({"provider": "claude", "model": "*opus*"}, True),
        ({"provider": "codex", "model": "*opus*"}, False),
        ({"token": "work"}, True),
        ({"token": "w?rk"}, True),
        ({"project": "~/code/*"}, True),
        ({"project": "~/other/*"}, False),
        ({"session": "s-[0-9]"}, True),
        ({"client_key": "bob"}, False),
        ({"model": "Claude-Opus-*"}, True),
    ],
)
def test_a_budget_concerns_what_all_its_conditions_fit(conditions: dict[str, str], concerned: bool) -> None:
    (budget,) = budgets_of(spend({**conditions, "per_day": {"usd": 1}}))
    assert budget.concerns(SPENDER) is concerned


def test_each_period_has_a_count_of_its_own() -> None:
    (budget,) = budgets_of(spend(per_day={"usd": 1}, per_week={"requests": 7}, per_month={"output_tokens": 9}))
    keys = budget.keys(SPENDER, NOW)
    assert [(key.budget, key.period, key.begins, key.scope) for key, _ in keys] == [
        ("everything", "day", "2026-11-28", ""),
        ("everything", "week", "2026-11-23", ""),
        ("everything", "month", "2026-11-01", ""),
    ]
    assert [limit for _, limit in keys] == [Limit(nano_usd=10**9), Limit(requests=7), Limit(output_tokens=9)]


@pytest.mark.parametrize(
    ("each", "scope"),
    [
        (False, ""),
        ("session", '{"session":"s-1"}'),
        (["project", "model"], f'{{"project":"{SPENDER.project}","model":"claude-opus-5-5"}}'),
        (True, '{"provider":"claude"}'),
    ],
)
def test_values_that_are_counted_apart_have_a_count_each(each: Any, scope: str) -> None:
    (budget,) = budgets_of(spend({"provider": "*", "each": each, "per_day": {"usd": 1}}))
    ((key, _),) = budget.keys(SPENDER, NOW)
    assert key.scope == scope


def test_a_name_of_any_length_makes_a_short_count() -> None:
    (budget,) = budgets_of(spend({"each": "session", "per_day": {"usd": 1}}))
    long = [budget.keys(Spender(session=name * 5000), NOW)[0][0].scope for name in "ab"]
    assert len(set(long)) == 2
    assert all(len(scope) < 100 for scope in long)


def test_another_limit_is_the_same_count_another_condition_is_not() -> None:
    one, other, third = (
        budgets_of(spend(budget))[0]
        for budget in (
            {"model": "a*", "per_day": {"usd": 1}},
            {"model": "a*", "per_day": {"usd": 2}, "name": "x", "on_limit": "wait"},
            {"model": "b*", "per_day": {"usd": 1}},
        )
    )
    assert one.id == other.id != third.id
    assert (one.name, other.name) == ("model a*", "x")


def test_a_budget_takes_what_it_does_not_say_from_the_whole() -> None:
    common = {"on_limit": "wait", "warn_at": 0.5, "count": "all"}
    own = {"per_day": {"usd": 1}, "on_limit": "cheaper", "warn_at": 0.9, "count": "metered"}
    one, other = budgets_of(spend({"per_day": {"usd": 1}}, own, **common))
    assert (one.on_limit, one.warn_at, one.count) == ("wait", 0.5, "all")
    assert (other.on_limit, other.warn_at, other.count) == ("cheaper", 0.9, "metered")


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "x"},
        {"per_day": {"usd": -1}},
        {"per_day": {"usd": 1}, "each": True},
        {"per_day": {"usd": 1}, "each": "user"},
        {"per_day": {"usd": 1}, "warn_at": 0},
        {"per_day": {"dollars": 1}},
    ],
)
def test_a_budget_that_limits_nothing_or_has_a_typo_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BudgetConfig.model_validate(fields)


def test_without_a_limit_there_is_no_budget() -> None:
    assert budgets_of(SpendConfig()) == ()


def test_what_is_nearest_to_its_limit_tells_the_share() -> None:
    limit = Limit(requests=10, nano_usd=100)
    assert limit.share(Amount(5, 0, 0, 80)) == (0.8, 3)
    assert limit.share(Amount(9, 0, 0, 80)) == (0.9, 0)
    assert limit.exceeded_by(Amount(10, 10**9, 0, 100)) is None
    assert limit.exceeded_by(Amount(10, 0, 0, 101)) == 3
    assert Limit(nano_usd=0).exceeded_by(Amount(1, 1, 1, 0)) is None
    assert Limit(nano_usd=0).share(Amount(1)) == (0.0, 3)


@pytest.mark.parametrize("model", ["claude-opus-5-5[1m]", "claude-opus-5-5-20261001", "Claude-Opus-5-5"])
def test_another_spelling_of_a_model_is_in_the_same_budget(model: str) -> None:
    spender = Spender("work", "claude", model)
    (named, each) = budgets_of(
        spend({"model": "claude-opus-5-5", "per_day": {"usd": 1}}, {"each": "model", "per_day": {"usd": 1}})
    )
    assert named.concerns(spender)
    assert each.keys(spender, NOW) == each.keys(Spender("work", "claude", "claude-opus-5-5"), NOW)
