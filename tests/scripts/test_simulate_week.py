"""The simulated week, on a fixed seed: what affinity and `quota` are worth, and that forecasts keep their word."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from tests.scripts.fake_checkout import REPOSITORY

pytestmark = pytest.mark.slow

SEED = 1


@pytest.fixture(scope="module")
def parts() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(REPOSITORY / "scripts"))
        yield (
            import_module("simulate_parts.run"),
            import_module("simulate_parts.work"),
            import_module("simulate_parts.foresight"),
        )


@pytest.fixture(scope="module")
def weeks(parts: Any) -> dict[str, Any]:
    run, work, _ = parts
    turns = work.week(SEED)
    return {
        "priority": run.run(turns, "priority", affinity=False, seed=SEED),
        "quota": run.run(turns, "quota", affinity=True, seed=SEED),
    }


def test_quota_with_affinity_serves_everything_that_can_be_served(weeks: dict[str, Any]) -> None:
    played = weeks["quota"]
    assert played.asked > 10_000
    assert played.refused_with_room == 0
    assert played.served == played.asked


def test_it_loses_a_fifth_of_the_cache_that_priority_without_affinity_loses(weeks: dict[str, Any]) -> None:
    assert weeks["priority"].lost_tokens > 5_000_000
    assert weeks["quota"].lost_tokens <= weeks["priority"].lost_tokens / 5


def test_it_leaves_less_quota_unused(weeks: dict[str, Any]) -> None:
    unused = {name: sum(week.unused) / len(week.unused) for name, week in weeks.items()}
    assert unused["quota"] < unused["priority"]


def test_what_the_router_says_it_lost_is_what_the_provider_had_to_write_again(weeks: dict[str, Any]) -> None:
    played = weeks["quota"]
    assert played.told_lost_tokens == pytest.approx(played.lost_tokens, rel=0.25)


@pytest.mark.parametrize(("strategy", "every_s"), [("priority", 2300.0), ("quota", 4500.0)])
def test_the_forecasts_interval_holds_what_it_promises(
    strategy: str, every_s: float, parts: Any, weeks: dict[str, Any]
) -> None:
    told = parts[2].foresight(weeks[strategy], every_s)
    assert told.given > 300
    assert told.coverage >= 0.8, f"{told.coverage:.3f} of {told.given}"
    if strategy == "priority":  # where accounts are used to their end, not spared before it
        assert told.walls >= 10
        assert told.median_error_h < 4
