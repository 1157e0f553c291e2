"""The speed of a routing decision, in CPU time of this process; the best of some rounds, so that a busy machine is not
seen. The limits are 1 ms at 100 KB and 4 ms at 1 MB in every configuration, all that is read of the body included
(`./scripts/bench` holds the decision to them as they are). Where no rule looks at the body, less than half of that."""

from importlib import import_module
from types import ModuleType

import pytest

from router_core.asked_for import AskedFor
from tests.scripts.fake_checkout import REPOSITORY

ROOM = 1.5
"""CPU time is longer, too, while others use the same caches and the same core's other half: a test that runs beside
others on a slower machine has half as much again. What the limits leave free here is in README.md, under Measured."""


@pytest.fixture
def placing(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(REPOSITORY / "scripts"))
    return import_module("bench_parts.placing")


def test_a_decision_costs_no_more_than_it_may(placing: ModuleType) -> None:
    for cost in placing.costs(25):
        limit = ROOM * placing.LIMITS_MS[cost.size]
        assert cost.every_rule_ms < limit, cost
        assert cost.auto_ms < limit, cost
        assert cost.name_only_ms < placing.LIMITS_MS[cost.size] / 2, cost


@pytest.mark.parametrize(("config", "parsed"), [("SCENARIOS", 1), ("", 0)], ids=["all rules", "the name only"])
def test_a_body_is_parsed_once_at_most(
    placing: ModuleType, monkeypatch: pytest.MonkeyPatch, config: str, parsed: int
) -> None:
    times: list[int] = []
    whole = AskedFor.json.func  # type: ignore[attr-defined]  # a cached_property's

    def counted(self: AskedFor) -> object:
        times.append(1)
        return whole(self)

    monkeypatch.setattr(AskedFor.json, "func", counted)
    with placing.running(getattr(placing, config, "")) as routing:
        placing.best_ms(routing, placing.body_of(placing.SIZES[0]), 0)
    assert len(times) == parsed
