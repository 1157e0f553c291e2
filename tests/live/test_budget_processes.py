"""Budgets outlive a router: counted on by the next process, never exceeded by several, nothing left by a killed one."""

import asyncio
import contextlib
from pathlib import Path

import httpx

from router_core.home import Home
from router_core.simulator import Pace, Script, SimulatorThread
from router_core.store.spend import open_ledger
from tests.live.budgeting import clear, configure, held, standings
from tests.support.lab import restarted, running_lab
from tests.support.router import add_token, running_router, wait_until


def test_what_is_used_counts_after_a_restart(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab:
        configure(lab, "[spend.per_day]\nrequests = 2\n")
        lab.fresh("anthropic")
        assert lab.ask("anthropic").status_code == 200
        lab.rows()
        lab.router.kill()
        with restarted(lab) as again:
            assert [again.ask("anthropic").status_code for _ in range(2)] == [200, 429]


def test_a_new_budget_begins_with_what_was_used_today(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab:
        lab.fresh("anthropic")
        assert lab.ask("anthropic").status_code == 200
        (row,) = lab.rows()
        lab.router.home.config.write_text("[spend.per_month]\nusd = 100\nrequests = 2\n")
        wait_until(lambda: "configuration reloaded" in lab.router.log())
        (found,) = standings(lab)
        assert (found["used"]["nano_usd"], found["used"]["requests"]) == (row["cost_nano_usd"], 1)
        assert [lab.ask("anthropic").status_code for _ in range(2)] == [200, 429]


def test_two_routers_that_share_a_home_keep_one_budget_under_100_requests_at_once(tmp_path: Path) -> None:
    """50 requests to each at once, the budget has room for 20; then one router is killed with some under way. (Of 200
    at once in four processes: tests/router_core/store/test_spend.py.)"""
    home = Home(tmp_path / "home").ensure()
    add_token(home, "only", "claude", "sk-ant-api03-shared-budget-000001")
    home.config.write_text("[spend.per_day]\nrequests = 20\noutput_tokens = 2000\n")
    with SimulatorThread(Script()) as simulator, contextlib.ExitStack() as stack:
        simulator.set_pace(Pace(delay_s=0.02))
        urls = {"claude": simulator.base_urls["claude"]}
        routers = [stack.enter_context(running_router(home, urls)) for _ in range(2)]
        headers = routers[0].client_headers
        body = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}

        async def ask(count: int, *urls: str, stream: bool = False) -> list[int]:
            limits = httpx.Limits(max_connections=200)
            async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30, limits=limits) as http:
                asked = {**body, "stream": stream}
                posts = [http.post(f"{url}/claude/v1/messages", json=asked) for url in urls for _ in range(count)]
                return [
                    answer.status_code if isinstance(answer, httpx.Response) else 0
                    for answer in await asyncio.gather(*posts, return_exceptions=True)
                ]

        statuses = asyncio.run(ask(50, *(router.url for router in routers)))
        assert (statuses.count(200), statuses.count(429)) == (20, 80)
        assert len(simulator.requests) == 20

        wait_until(lambda: held(home) == 0)  # a client has its answer a moment before it is settled
        clear(home)
        simulator.set_pace(Pace(delay_s=5.0))

        async def kill_one() -> None:
            asking = asyncio.create_task(ask(6, routers[0].url, stream=True))
            while held(home) < 6:
                await asyncio.sleep(0.02)
            routers[0].kill()
            await asking

        asyncio.run(asyncio.wait_for(kill_one(), 30))
        assert held(home) == 6
        with contextlib.closing(open_ledger(home).database.conn) as connection:
            connection.execute("update held set expires_at = 1")  # a minute later
            connection.commit()
        simulator.set_pace(Pace())
        statuses = asyncio.run(ask(21, routers[1].url))
        assert (statuses.count(200), statuses.count(429)) == (20, 1)
        wait_until(lambda: held(home) == 0)
        with contextlib.closing(open_ledger(home).database.conn) as connection:
            assert connection.execute("select requests from used").fetchone() == (20,)
