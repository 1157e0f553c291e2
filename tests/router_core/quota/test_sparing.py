"""Which windows are spared before they are full, what the others take over, and what that does to their forecasts."""

from dataclasses import replace

import pytest

from router_core.config.schema import Config
from router_core.quota.consumption import curve_of
from router_core.quota.forecast import outlook
from router_core.quota.sample import Sample
from router_core.quota.sparing import Account, can_take_over, reserves, sparing
from router_core.tokens.token import Token
from tests.router_core.quota.week import DAY, HOUR, MONDAY

NOW = MONDAY + 3 * DAY + 18 * HOUR
TOKEN = Token("a", "a", "claude", "sk-ant-oat01-a")


def used(level: float, *, capacity: float = 1e6, reset_in_s: float = 3 * DAY, since: float = 0.0) -> list[Sample]:
    """A weekly window after four working days that were alike, each from nine to six."""
    samples, began = [], 0.0
    for hour in range(40):
        began = MONDAY + (hour // 10) * DAY + (9 + hour % 10) * HOUR
        part = since + (level - since) * hour / 39
        samples.append(Sample(began - HOUR, round(part, 2), NOW + reset_in_s, part * capacity))
    return samples


def account(samples: list[Sample], length_s: float = 7 * DAY) -> Account:
    return Account(curve_of(samples), samples[-1].reset_at, length_s)


def weekly(**samples: list[Sample]) -> dict[str, dict[str, Account]]:
    return {name: {"7d": account(those)} for name, those in samples.items()}


def test_a_window_that_others_relieve_lasts() -> None:
    alone = used(0.9)
    reserve = reserves(weekly(a=alone, b=used(0.2), c=used(0.1)), NOW)["a", "7d"]
    assert outlook(alone, NOW).forecast is not None
    spared = outlook(alone, NOW, reserve)
    assert spared.forecast is None
    assert spared.because == (
        "it lasts until its reset at this rate; from 95% on other tokens take over while they have room"
    )


def test_others_that_are_nearly_used_up_themselves_relieve_nothing() -> None:
    full = weekly(a=used(0.9), b=used(0.96), c=used(0.99))
    assert ("a", "7d") not in reserves(full, NOW)
    assert ("b", "7d") in reserves(full, NOW)  # while the first has room


def test_others_with_little_room_do_not_keep_the_wall_away() -> None:
    alone = used(0.9, reset_in_s=3.5 * DAY)
    others = {"b": used(0.9, reset_in_s=3.5 * DAY), "c": used(0.93, reset_in_s=3.5 * DAY)}
    said = outlook(alone, NOW, reserves(weekly(a=alone, **others), NOW)["a", "7d"]).forecast
    assert said is not None
    assert said.used_up_at < NOW + 2 * DAY


def test_room_is_told_in_fractions_of_the_window_in_question() -> None:
    found = reserves(weekly(small=used(0.5, capacity=1e6), large=used(0.45, capacity=4e6)), NOW)
    assert found["small", "7d"].rooms[0].left == pytest.approx(4 * 0.5, rel=0.05)
    assert found["large", "7d"].rooms[0].left == pytest.approx(0.45 / 4, rel=0.05)
    assert found["small", "7d"].carried(MONDAY + 8 * HOUR, NOW) == pytest.approx(4 * 0.45, rel=0.1)


def test_where_nobody_counted_all_accounts_are_equally_large() -> None:
    uncounted = [replace(sample, own_tokens=0.0) for sample in used(0.45)]
    found = reserves(weekly(a=used(0.5, capacity=4e6), b=uncounted), NOW)
    assert found["a", "7d"].rooms[0].left == pytest.approx(0.5, abs=0.01)


def test_a_window_that_has_reset_is_all_room() -> None:
    found = reserves(weekly(a=used(0.9), b=used(0.99, reset_in_s=-HOUR)), NOW)
    assert found["a", "7d"].rooms[0].left == pytest.approx(0.95, rel=0.02)


@pytest.mark.parametrize(
    ("level", "others", "spare"),
    [(0.3, 0.1, 0.5), (0.6, 0.1, 0.5), (0.6, 0.6, 0.25), (0.8, 0.7, 0.25), (0.8, 0.8, 0.05)],
)
def test_short_windows_are_spared_by_degrees(level: float, others: float, spare: float) -> None:
    accounts = {"a": {"5h": account(used(level), 5 * HOUR)}, "b": {"5h": account(used(others), 5 * HOUR)}}
    assert reserves(accounts, NOW)["a", "5h"].spare == pytest.approx(spare)


def test_a_token_whose_week_is_nearly_over_has_no_room_in_its_hours() -> None:
    short = account(used(0.1), 5 * HOUR)
    accounts = {"a": {"5h": short}, "b": {"5h": short, "7d": account(used(0.97))}}
    assert ("a", "5h") not in reserves(accounts, NOW)
    assert ("b", "5h") in reserves(accounts, NOW)


def test_a_token_alone_has_nobody_to_take_over() -> None:
    assert reserves(weekly(a=used(0.9)), NOW) == {}
    assert reserves({}, NOW) == {}


def test_a_thousand_tokens_are_some_rooms() -> None:
    many = weekly(**{f"t{i}": used(0.5, reset_in_s=(i % 7 + 0.5) * DAY) for i in range(60)})
    assert len(reserves(many, NOW)["t0", "7d"].rooms) <= 21


@pytest.mark.parametrize(
    ("changed", "can"),
    [({}, True), ({"enabled": False}, False), ({"health": "unhealthy"}, False), ({"expires_at": NOW - 1}, False)],
    ids=["healthy", "disabled", "unhealthy", "expired"],
)
def test_only_tokens_that_can_pay_take_over(changed: dict[str, object], can: bool) -> None:
    assert can_take_over(replace(TOKEN, **changed), NOW) is can  # type: ignore[arg-type]


def test_only_quota_holds_tokens_back_by_provider() -> None:
    assert sparing(Config.model_validate({})) == frozenset()
    claude = {"kind": "anthropic", "base_url": "https://api.anthropic.com"}
    overridden = {"selection": {"strategy": "quota"}, "providers": {"claude": {**claude, "strategy": "priority"}}}
    assert sparing(Config.model_validate(overridden)) == frozenset()
    one = {"providers": {"claude": {**claude, "strategy": "quota"}}}
    assert sparing(Config.model_validate(one)) == {"claude"}
