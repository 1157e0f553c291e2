"""What a provider reports of a window against what was ours: told apart, with the reasons."""

import random

import pytest

from router_core.quota.reconcile import OwnRequest, Reconciled, reconcile
from router_core.quota.reconcile_money import OwnCost, beginning, reconcile_money
from router_core.quota.sample import Sample
from tests.router_core.trace.make import NOW

HOUR = 3600.0
WORTH = 1e-7
"""Fraction of the window that a weighted token is."""
NANO = 10**9


def _day(
    others_idle: float = 0.0, others_busy: float = 0.0, step: float = 0.01, seed: int = 1
) -> tuple[list[Sample], list[OwnRequest]]:
    """Five hours: two of work with a report after each request, one of nothing, two of work. Others use some of it in
    the hour of nothing, and some beside our own work."""
    chance = random.Random(seed)
    samples, own, used = [], [], 0.0
    for minute in range(1, 300):
        at = NOW + minute * 60
        busy = not 120 <= minute < 180
        if busy:
            weight = chance.randrange(5_000, 40_000)
            used += weight * WORTH + others_busy / 239
            own.append(OwnRequest(at - 20, at - 1, weight))
        else:
            used += others_idle / 60
        samples.append(Sample(at, round(round(used / step) * step, 6), NOW + 5 * HOUR))
    return samples, own


def _compared(samples: list[Sample], own: list[OwnRequest]) -> Reconciled:
    found = reconcile(samples, own, NOW, NOW + 5 * HOUR, began_empty=True)
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(5))
def test_what_only_we_have_used_is_ours(seed: int) -> None:
    samples, own = _day(seed=seed)
    found = _compared(samples, own)
    truth = sum(request.weight for request in own) * WORTH
    assert found.reported == pytest.approx(samples[-1].used)
    assert found.own == pytest.approx(truth, rel=0.25)
    assert found.others == 0
    assert (found.requests, found.weight) == (len(own), sum(request.weight for request in own))


@pytest.mark.parametrize("seed", range(5))
def test_what_rose_while_nothing_of_ours_was_under_way_was_somebody_else(seed: int) -> None:
    found = _compared(*_day(others_idle=0.20, seed=seed))
    assert found.others == pytest.approx(0.20, abs=0.021)
    assert any("other programs or devices" in reason for reason in found.reasons)


def test_others_beside_our_own_work_are_not_explained_by_it() -> None:
    alone, together = _compared(*_day()), _compared(*_day(others_busy=0.30, step=0.001))
    assert together.unexplained is not None
    assert alone.unexplained is not None
    assert together.reported > alone.reported + 0.25
    assert together.own is not None


def test_until_enough_has_moved_nobody_knows_what_a_token_is_worth() -> None:
    samples, own = _day()
    found = _compared(samples[:5], own)
    assert (found.own, found.unexplained) == (None, None)
    assert any("not known yet" in reason for reason in found.reasons)


def test_a_part_of_a_window_is_compared_from_the_report_before_it_on() -> None:
    samples, own = _day(others_idle=0.2)
    found = reconcile(samples, own, NOW + 2 * HOUR, NOW + 3 * HOUR)
    assert found is not None
    assert found.since == NOW + 119 * 60
    assert found.reported == pytest.approx(0.2, abs=0.011)
    assert found.requests <= 1


def test_a_reset_meanwhile_is_no_fall() -> None:
    first, own = _day()
    after = [Sample(NOW + 5 * HOUR + minute * 60, minute / 100, NOW + 10 * HOUR) for minute in range(1, 11)]
    found = reconcile([*first, *after], own, NOW, NOW + 6 * HOUR, began_empty=True)
    assert found is not None
    assert found.reported == pytest.approx(first[-1].used + 0.10)
    assert found.resets == 1
    assert found.others == pytest.approx(0.10, abs=0.011)
    assert any("reset 1 time meanwhile" in reason for reason in found.reasons)


def test_what_was_estimated_cut_or_under_way_at_an_edge_is_told() -> None:
    samples, own = _day()
    own = [
        OwnRequest(own[0].started_at, own[0].finished_at, 0, estimated=True),
        OwnRequest(own[1].started_at, own[1].finished_at, 0, cut=True),
        *own[2:],
        OwnRequest(NOW - 60, NOW + 30, 10),
    ]
    found = _compared(samples, own)
    assert (found.estimated, found.cut, found.across) == (1, 1, 1)
    text = " ".join(found.reasons)
    assert "1 of our requests was estimated" in text
    assert "was cut off" in text
    assert "count where they ended" in text
    assert "steps of 1%" in text


def test_two_reports_are_needed() -> None:
    assert reconcile([], [], NOW, NOW + HOUR) is None
    assert reconcile([Sample(NOW, 0.5, NOW + HOUR)], [], NOW - 1, NOW + HOUR) is None


@pytest.mark.parametrize(
    ("name", "used", "cost", "words"),
    [
        ("key", 1.0, NANO, "the same"), ("key", 1.001, NANO, "the same"), ("key_day", 3.0, NANO, "other programs use"),
        ("credits", 3.0, NANO, "account"), ("key", 0.5, NANO, "less than ours"),
    ],
)  # fmt: skip
def test_money_is_compared_in_words(name: str, used: float, cost: int, words: str) -> None:
    found = reconcile_money(name, used, OwnCost(2, cost), beginning(name, NOW))
    assert words in found.reasons[0]
    assert found.difference_nano_usd == round(used * NANO) - cost


def test_money_whose_amount_we_are_not_sure_of_is_told() -> None:
    found = reconcile_money("key", 1, OwnCost(9, NANO, estimated=1, priced=2, unknown=3), None)
    assert [reason[:1] for reason in found.reasons[1:]] == ["2", "1", "3"]


def test_days_weeks_and_months_of_a_provider_begin_in_utc() -> None:
    # 2027-01-15 08:00 UTC, a Friday
    day, week, month = (beginning(f"key_{name}", NOW) for name in ("day", "week", "month"))
    assert day is not None
    assert week is not None
    assert month is not None
    assert (NOW - day, (day - week) / 86400, (day - month) / 86400) == (8 * HOUR, 4, 14)
    assert beginning("key", NOW) is None
