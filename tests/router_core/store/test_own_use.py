"""Our own requests with a token, for a reconciliation."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlite_utils import Database

from router_core.home import Home
from router_core.quota.reconcile_money import OwnCost
from router_core.store import traces
from router_core.store.database import transaction
from router_core.store.own_use import own_cost, own_requests
from router_core.trace.record import Usage
from tests.router_core.trace.make import NOW, attempt, finished, record


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    database = traces.open_traces(home)
    some: list[dict[str, Any]] = [
        {"model": "claude-opus-4.5", "usage": Usage(100, 10, 1000), "cost_nano_usd": 5, "cost_basis": "price"},
        {
            "model": "claude-haiku",
            "state": "broken",
            "usage": Usage(100),
            "cost_basis": "estimated",
            "cost_nano_usd": 2,
        },
        {"model": "new", "cost_nano_usd": None, "billing": "metered", "cost_basis": ""},
        {"token": "another", "cost_nano_usd": 50},
    ]
    with transaction(database) as connection:
        for number, more in enumerate(some):
            traces.write_trace(connection, finished(NOW + number * 3600, **more))
        traces.write_trace(connection, record(NOW + 9999))
    yield database
    database.close()


def test_they_come_by_their_end_with_their_weight(database: Database) -> None:
    own = own_requests(database, "a", NOW)
    assert [round(each.finished_at - NOW) for each in own] == [2, 3602, 7202]
    assert own[0].weight == 100 + 50 + 100
    assert [(each.estimated, each.cut) for each in own] == [(False, False), (True, True), (False, False)]
    assert len(own_requests(database, "a", NOW + 3600)) == 2
    assert own_requests(database, "nobody", NOW) == []


def test_a_window_of_one_family_counts_its_models_only(database: Database) -> None:
    assert len(own_requests(database, "a", NOW, "opus")) == 1
    assert len(own_requests(database, "a", NOW, "opus_4_5")) == 1
    assert own_requests(database, "a", NOW, "fable") == []


def test_what_they_cost_is_added_up_with_what_is_unsure_of_it(database: Database) -> None:
    assert own_cost(database, "a", None) == OwnCost(3, 7, estimated=1, priced=1, unknown=1)
    assert own_cost(database, "a", NOW + 3600) == OwnCost(2, 2, estimated=1, priced=0, unknown=1)
    assert own_cost(database, "nobody", None) == OwnCost()


def test_an_attempt_that_was_billed_counts_for_its_own_token_though_another_one_answered(database: Database) -> None:
    before = own_cost(database, "a", None).cost_nano_usd, own_cost(database, "another", None).cost_nano_usd
    lost, won = attempt(1, token="a", cost_nano_usd=30), attempt(2, token="another", cost_nano_usd=70)
    with transaction(database) as connection:
        traces.write_trace(connection, finished(NOW + 5, token="another", cost_nano_usd=100, attempts=[lost, won]))
    after = own_cost(database, "a", None).cost_nano_usd, own_cost(database, "another", None).cost_nano_usd
    assert (after[0] - before[0], after[1] - before[1]) == (30, 70)
