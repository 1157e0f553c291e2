"""The ledger as the addons use it, when its database gives trouble."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlite_utils import Database

from addons.budgets import Budgets
from router_core.clock import SystemClock
from router_core.config.spend import SpendConfig
from router_core.errors import HomeError
from router_core.home import Home
from router_core.spend.budget import Amount, Spender, budgets_of
from router_core.store import trace_migrations
from router_core.store.database import open_database
from router_core.store.spend import Wanted
from router_core.tokens.token import Token

SPEND = SpendConfig.model_validate({"per_day": {"requests": 5}})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").ensure()


@pytest.fixture
def budgets(home: Home) -> Iterator[Budgets]:
    runtime: Any = SimpleNamespace(home=home, clock=SystemClock())
    made = Budgets(runtime)
    yield made
    made.done()


def hold(budgets: Budgets, id_: str) -> Any:
    """Reserve for a request."""
    state: Any = SimpleNamespace(record=SimpleNamespace(id=id_), reserved=False, budget_warning="")
    now = budgets.runtime.clock.now()
    (budget,) = budgets_of(SPEND)
    wanted = [(budget, Wanted(key, limit, Amount(1))) for key, limit in budget.keys(Spender(), now)]
    budgets._hold(state, Token("t", "t", "claude", "s"), wanted, now)
    return state


def used(budgets: Budgets) -> int:
    (standing,) = budgets.ledger().standings(budgets.runtime.clock.now())
    return standing.used.requests


def make_traces(home: Home) -> None:
    open_database(home.traces_db, trace_migrations.traces).conn.close()


def test_what_could_not_be_settled_is_settled_later(budgets: Budgets, home: Home) -> None:
    make_traces(home)
    state = hold(budgets, "one")
    ledger: Database = budgets.ledger().database
    ledger.conn.execute("pragma busy_timeout = 10")
    with contextlib.closing(sqlite3.connect(home.spend_db)) as other:
        other.execute("begin immediate")
        budgets.settle(state, Amount(1, 10))
        other.rollback()
    assert used(budgets) == 0
    budgets.renew()
    assert used(budgets) == 1
    assert not budgets.ledger().database.execute("select * from held").fetchall()


def test_a_budget_whose_beginning_could_not_be_read_is_asked_for_again(budgets: Budgets, home: Home) -> None:
    for _ in range(2):
        with pytest.raises(HomeError, match=r"traces\.db"):
            hold(budgets, "one")
    make_traces(home)
    assert hold(budgets, "one").reserved


def test_what_was_used_before_is_added_up_once_and_not_at_each_start(budgets: Budgets, home: Home) -> None:
    make_traces(home)
    budgets.settle(hold(budgets, "one"), Amount(1))
    home.traces_db.unlink()  # whoever adds up again cannot
    restarted = Budgets(budgets.runtime)
    assert hold(restarted, "two").reserved
    restarted.done()
