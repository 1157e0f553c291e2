"""The speed of translation, as ratios to plain JSON work on the same machine: a slip by half is seen, a busy machine is
not. The figures are those of November 2026 (worst pair: 13, 1.6 and 5 times), the bounds about twice as high; the aims
in absolute numbers are measured by `scripts/bench`."""

import statistics
from importlib import import_module
from types import ModuleType

import pytest

from tests.scripts.fake_checkout import REPOSITORY


@pytest.fixture
def transcode(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(REPOSITORY / "scripts"))
    return import_module("bench_parts.transcode")


def test_an_event_costs_what_it_did(transcode: ModuleType) -> None:
    costs = transcode.per_event(6)
    assert len(costs) == 12
    assert statistics.median(cost.ratio for cost in costs) < 18, costs
    assert max(cost.ratio for cost in costs) < 25, costs


def test_a_megabyte_is_translated_within_three_times_reading_and_writing_it(transcode: ModuleType) -> None:
    costs = transcode.per_request(4)
    assert len(costs) == 12
    assert max(cost.ratio for cost in costs) < 3, costs


def test_many_small_messages_cost_what_they_did(transcode: ModuleType) -> None:
    costs = transcode.per_request(2, transcode.MB // 4, small=True)
    assert max(cost.ratio for cost in costs) < 10, costs
