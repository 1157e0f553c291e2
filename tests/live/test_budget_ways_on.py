"""Where a budget has no room a request may go on all the same: to a cheaper model, by another token, later."""

import asyncio
import contextlib
import time

import httpx
import pytest
from sqlite_utils import Database

from router_core.config.load import load_config
from router_core.routing.lock import Lock, LockFile
from router_core.simulator import Pace
from router_core.spend.budget import Amount, Spender, budgets_of
from router_core.store.spend import RESERVED_S, Ledger, Wanted, open_ledger
from tests.live.budgeting import configure
from tests.support.lab import ANTHROPIC, Lab


def test_a_cheaper_model_goes_on_when_the_dear_one_has_no_room(money: Lab) -> None:
    dear = '[[spend.budgets]]\nmodel = "claude-opus-*"\nper_day = { usd = 0 }\non_limit = "cheaper"\n'
    configure(money, dear)
    money.fresh("anthropic")
    body = {"model": "claude-opus-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    answer = money.http.post("/v1/messages", json=body, headers=ANTHROPIC)
    assert answer.status_code == 200
    (row,) = money.rows()
    assert row["provider"] == "claude"
    assert not row["model"].startswith("claude-opus")
    assert "model claude-opus-*" in money.attempts(row)[0]["because"]
    named = money.http.post(
        "/claude/v1/messages", json=body, headers=ANTHROPIC
    )  # this path is that provider and that model only
    assert named.status_code == 429


def test_what_is_locked_goes_to_nothing_cheaper_elsewhere(money: Lab) -> None:
    dear = '[[spend.budgets]]\nmodel = "claude-opus-*"\nper_day = { usd = 0 }\non_limit = "cheaper"\n'
    money.fresh("anthropic", "chat", tokens=("first",))
    configure(money, dear)
    lock = LockFile(money.router.home.model_lock)
    body = {"model": "claude-opus-5-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    try:
        lock.set(Lock("claude", "claude-opus-5-5"))
        assert money.http.post("/v1/messages", json=body, headers=ANTHROPIC).status_code >= 400
        lock.set(Lock("claude"))
        assert money.http.post("/v1/messages", json=body, headers=ANTHROPIC).status_code == 200
    finally:
        lock.release()
    _, second = money.rows(2)
    assert second["provider"] == "claude"
    assert {seen.token for seen in money.seen()} == {money.secrets["anthropic-first"]}


def test_the_routes_own_next_target_comes_before_cheaper_ones(money: Lab) -> None:
    text = '[routing]\nfallbacks = ["openai/gpt-5"]\n[spend]\non_limit = "cheaper"\n'
    configure(money, text + '[[spend.budgets]]\nprovider = "claude"\nper_day = { requests = 0 }\n')
    money.fresh("anthropic", "chat", tokens=("only",))
    body = {"model": "claude-opus-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    assert money.http.post("/v1/messages", json=body, headers=ANTHROPIC).status_code == 200
    (row,) = money.rows()
    assert (row["provider"], row["model"]) == ("openai", "gpt-5")


def test_another_token_pays_when_one_has_used_its_budget(money: Lab) -> None:
    configure(money, '[[spend.budgets]]\ntoken = "first"\nper_day = { requests = 1 }\n')
    money.fresh("anthropic")
    assert [money.ask("anthropic").status_code for _ in range(3)] == [200] * 3
    assert money.paid() == ["first", "second", "second"]


def test_a_request_may_wait_for_room(money: Lab) -> None:
    configure(money, '[spend]\non_limit = "wait"\n[spend.per_day]\noutput_tokens = 119\n[failover]\ndeadline_s = 20\n')
    money.fresh("anthropic")
    money.simulator.set_pace(Pace(delay_s=0.03))

    async def both() -> list[httpx.Response]:
        headers = money.router.client_headers
        async with httpx.AsyncClient(base_url=money.router.url, headers=headers, trust_env=False, timeout=20) as http:
            body = {
                "model": "claude-sonnet-4-5",
                "max_tokens": 60,
                "stream": True,
                "messages": [{"role": "user", "content": "hi"}],
            }
            return await asyncio.gather(*(http.post("/claude/v1/messages", json=body) for _ in range(2)))

    assert [answer.status_code for answer in asyncio.run(both())] == [200, 200]  # both at once would be 120
    late = max(money.rows(2), key=lambda row: row["finished_at"])
    assert "s for room in a budget" in money.attempts(late)[-1]["because"]


def test_the_target_after_a_failure_may_be_waited_for(money: Lab) -> None:
    text = '[routing]\nfallbacks = ["openai/gpt-5"]\n[[spend.budgets]]\nprovider = "openai"\non_limit = "wait"\n'
    configure(money, text + "per_day = { requests = 1 }\n")
    money.fresh("anthropic", "chat", tokens=("only",))
    money.faults(money.fault("billing_402", "anthropic-only"))
    (budget,) = budgets_of(load_config(money.router.home.config).spend)
    now = time.time()
    wanted = [Wanted(key, limit, Amount(1)) for key, limit in budget.keys(Spender(), now)]
    with contextlib.closing(open_ledger(money.router.home).database.conn) as connection:
        Ledger(Database(connection)).reserve("another", wanted, now - RESERVED_S + 1.0)  # for one second more
    body = {"model": "claude/claude-opus-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    assert money.http.post("/v1/messages", json=body, headers=ANTHROPIC).status_code == 200
    (row,) = money.rows()
    assert (row["provider"], row["total_ms"] > 800) == ("openai", True)
    assert len(money.attempts(row)) == 2


def test_waiting_ends_with_the_deadline(money: Lab) -> None:
    configure(money, '[spend]\non_limit = "wait"\n[spend.per_day]\nrequests = 0\n[failover]\ndeadline_s = 0.6\n')
    money.fresh("anthropic")
    began = time.monotonic()
    answer = money.ask("anthropic")
    assert (answer.status_code, 0.5 < time.monotonic() - began < 5) == (429, True)


def test_nobody_waits_for_a_client_that_has_gone(money: Lab) -> None:
    configure(money, '[spend]\non_limit = "wait"\n[spend.per_day]\nrequests = 0\n')
    money.fresh("anthropic")
    own = {**money.router.client_headers, **ANTHROPIC}
    body = {"model": "claude-opus-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    with (
        httpx.Client(base_url=money.router.url, headers=own, trust_env=False, timeout=0.3) as http,
        pytest.raises(httpx.TimeoutException),
    ):
        http.post("/claude/v1/messages", json=body)
    (row,) = money.rows()
    assert row["total_ms"] < 3000
    assert not money.seen()
