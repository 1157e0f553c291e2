"""kill -9 while much is going on: what was written a second before is there, nothing is damaged, and it goes on."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from router_core.simulator import Pace
from tests.router_core.simulator.asking import message_body
from tests.support.lab import ANTHROPIC, Lab, restarted, running_lab
from tests.support.router import wait_until

STREAMS = 50
LOST_AT_MOST_S = 1.0
"""A killed process may lose what came in this shortly before."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with running_lab(tmp_path) as running:
        yield running


async def kill_while_asking(lab: Lab, *, stream: bool, after_s: float, asks: int = STREAMS) -> float:
    """Keep that many requests going, kill the router; returns when (epoch seconds) it died."""
    killed = asyncio.Event()

    async def ask_on(client: httpx.AsyncClient) -> None:
        body = message_body(stream=stream)
        with contextlib.suppress(httpx.HTTPError):  # at the latest when the router is gone
            while not killed.is_set():
                async with client.stream("POST", "/claude/v1/messages", json=body, headers=ANTHROPIC) as answer:
                    async for _ in answer.aiter_raw():
                        pass

    key = {"x-api-key": lab.router.home.gateway_token()}
    limits = httpx.Limits(max_connections=None)
    async with (
        httpx.AsyncClient(base_url=lab.router.url, headers=key, trust_env=False, timeout=20, limits=limits) as client,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(asks):
            group.create_task(ask_on(client))
        await asyncio.sleep(after_s)
        at = time.time()
        await asyncio.to_thread(lab.router.kill)
        killed.set()
    return at


def assert_sound(lab: Lab) -> None:
    for database in (lab.store.database, lab.router.traces()):
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        assert database.execute("pragma foreign_key_check").fetchall() == []


def messages(lab: Lab) -> list[dict[str, Any]]:
    return [row for row in lab.router.requests() if row["path"].endswith("/messages")]


def tokens_on_disk(lab: Lab) -> dict[str, tuple[Any, ...]]:
    """What must be the same after the restart."""
    return {t.name: (t.access_token, t.priority, t.health, t.health_because, t.cooldowns) for t in lab.store.all()}


async def test_killed_during_fifty_streams(lab: Lab) -> None:
    lab.fresh("anthropic", tokens=("refused", "used-up", "good"))
    lab.faults(lab.fault("unauthorized_401", "refused"), lab.fault("rate_limit", "used-up", retry_after_s=900))
    assert lab.ask("anthropic").status_code == 200
    lab.rows(1)
    lab.simulator.set_pace(Pace(delay_s=0.1))  # four seconds for each answer

    killed_at = await kill_while_asking(lab, stream=True, after_s=LOST_AT_MOST_S + 1.0)

    rested = tokens_on_disk(lab)
    assert rested["refused"][2] == "unhealthy"
    assert rested["used-up"][4]
    rows = messages(lab)
    assert len(rows) == 1 + STREAMS  # all came in more than a second before
    assert [row["state"] for row in rows] == ["ok"] + ["running"] * STREAMS
    assert all(row["started_at"] < (killed_at - LOST_AT_MOST_S) * 1000 for row in rows)
    assert_sound(lab)

    lab.simulator.reset()
    with restarted(lab) as after:
        wait_until(lambda: {row["state"] for row in messages(after)} == {"ok", "lost"})
        began = time.monotonic()
        assert after.ask("anthropic").status_code == 200
        assert time.monotonic() - began < 2
        assert after.paid() == ["good"]  # the simulator has forgotten why, the router has not
        wait_until(lambda: [row["state"] for row in messages(after)] == ["ok"] + ["lost"] * STREAMS + ["ok"])
        assert tokens_on_disk(after) == rested
        assert_sound(after)


async def test_killed_during_a_burst_of_failovers(lab: Lab) -> None:
    """Cooldowns, health, attempts and traces are all being written when it happens."""
    names = tuple(f"t{number:02}" for number in range(12))
    lab.fresh("anthropic", tokens=(*names, "good"))
    struck = ("rate_limit", "overloaded_529", "unauthorized_401", "window_exhausted")
    lab.faults(
        *(lab.fault(struck[n % 4], name, after=3 * n, retry_after_s=900) for n, name in enumerate(names)),
        lab.fault("server_error_500", "good", times=200),
    )

    killed_at = await kill_while_asking(lab, stream=False, after_s=2.0)

    assert_sound(lab)
    before = tokens_on_disk(lab)
    rested = {name for name, (_, _, health, _, cooldowns) in before.items() if health == "unhealthy" or cooldowns}
    assert rested
    written = {row["id"] for row in messages(lab)}
    assert max(row["started_at"] for row in messages(lab)) > (killed_at - LOST_AT_MOST_S) * 1000
    old = [seen for seen in lab.simulator.requests if seen.at < killed_at - LOST_AT_MOST_S]
    attempts = lab.router.traces().execute("select count(*) from attempts").fetchone()[0]
    assert attempts >= len(old)  # each try that reached the provider more than a second before

    lab.simulator.reset()
    with restarted(lab) as after:
        assert after.ask("anthropic").status_code == 200
        wait_until(lambda: written < {row["id"] for row in messages(after)})
        wait_until(lambda: "running" not in {row["state"] for row in messages(after)})
        assert {name: tokens_on_disk(after)[name] for name in rested} == {name: before[name] for name in rested}
        assert not rested & set(after.paid())
        assert_sound(after)
