"""The look at what may need the owner: everything is asked, each is told once."""

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from addons.notices import Notices
from router_core.clock import FixedClock
from router_core.config.notify import NotifyConfig
from router_core.config.schema import Config
from router_core.errors import HomeError
from router_core.home import Home
from router_core.notify.memory import read_memory
from router_core.notify.notice import Notice
from router_core.spend.loops import Alarm, LoopMemory, Session
from router_core.tokens.breaker import OPENS_AFTER, Breakers
from router_core.tokens.token import Token, Window
from router_core.trace.redact import Redactor

TOKEN = Token("id1", "work", "claude", "sk-x")
STANDING = {
    "budget": "daily", "period": "day", "begins": "2026-11-29", "resets_at": 1_800_090_000.0, "share": 0.9,
    "nearest": "requests", "scope": {},
}  # fmt: skip


@pytest.fixture
def notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notices:
    clock = FixedClock()
    window = Window("5h", 0.95, clock.now() + 3600, 18_000, observed_at=clock.now())
    tokens = [replace(TOKEN, windows=(window,)), replace(TOKEN, id="id2", name="spare", health="unhealthy")]
    breakers = Breakers(lambda *_: None, clock)
    for _ in range(OPENS_AFTER):
        breakers.failed("api.example.com", "502")
    memory = LoopMemory()
    memory._sessions["s1\0"] = Session(alarm=Alarm("call", "the same call 10 times"))
    memory._sessions["s2\0"] = Session()
    monkeypatch.setattr("addons.notices.standing_view", lambda budget, standing, now: STANDING)
    runtime: Any = SimpleNamespace(
        pool=SimpleNamespace(all=lambda: tokens, breakers=breakers), clock=clock, redactor=Redactor(),
        home=Home(tmp_path), config=Config(providers={}, notify=NotifyConfig(desktop=False)),
    )  # fmt: skip
    budgets: Any = SimpleNamespace(all=lambda config: ("one",), standings=lambda: [(None, None)])
    return Notices(runtime, budgets, SimpleNamespace(memory=memory))  # type: ignore[arg-type]


async def told(notices: Notices, memory: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], Any]:
    said: list[str] = []

    def keep(notice: Notice, config: Config) -> None:
        said.append(notice.event)

    monkeypatch.setattr(notices, "_tell", keep)
    memory = await notices._look(memory)
    await asyncio.gather(*notices._telling)
    return sorted(said), memory


async def test_everything_is_told_once_and_remembered_on_disk(
    notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, memory = await told(notices, {}, monkeypatch)
    assert said == ["budget", "loop", "provider_down", "quota", "token_died"]
    assert (await told(notices, memory, monkeypatch))[0] == []
    kept = read_memory(notices.runtime.home.notified)
    assert kept == memory
    assert (await told(notices, kept, monkeypatch))[0] == [], "as after a restart"
    notices.runtime.pool.breakers.succeeded("api.example.com")
    _, memory = await told(notices, kept, monkeypatch)
    for _ in range(OPENS_AFTER):
        notices.runtime.pool.breakers.failed("api.example.com", "502")
    assert (await told(notices, memory, monkeypatch))[0] == [], "not within the interval"
    notices.runtime.clock.advance(3600)  # type: ignore[attr-defined]
    said, _ = await told(notices, memory, monkeypatch)
    assert said == ["provider_down"]


async def test_budgets_are_not_asked_where_there_is_none(notices: Notices, monkeypatch: pytest.MonkeyPatch) -> None:
    notices.budgets = SimpleNamespace(all=lambda config: ())  # type: ignore[assignment]
    said, _ = await told(notices, {}, monkeypatch)
    assert "budget" not in said


@pytest.mark.parametrize("error", [HomeError("spend.db cannot be opened"), KeyError("budget")], ids=["told", "ours"])
async def test_a_look_that_failed_is_not_the_last_one(
    notices: Notices, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    looks = asyncio.Queue[None]()

    async def look(memory: dict[str, Any]) -> dict[str, Any]:
        looks.put_nowait(None)
        raise error

    monkeypatch.setattr(notices, "_look", look)
    monkeypatch.setattr("addons.notices.LOOK_EVERY_S", 0.001)
    monkeypatch.setattr("addons.notices.ways", lambda config: ["webhook"])
    watching = asyncio.create_task(notices._watch())
    for _ in range(2):
        await asyncio.wait_for(looks.get(), 5)
    watching.cancel()
