"""Looks every few seconds at what may need the owner, and tells what is new; beside the requests, never in them."""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Iterator

from addons.budgets import Budgets
from addons.loops import Loops
from addons.outside import ask_outside
from addons.runtime import Runtime
from router_core.config.schema import Config
from router_core.errors import RouterError
from router_core.notify.conditions import (
    Condition,
    budget_conditions,
    loop_conditions,
    provider_conditions,
    quota_conditions,
    token_conditions,
)
from router_core.notify.decide import Said, decide
from router_core.notify.memory import read_memory, write_memory
from router_core.notify.notice import Notice, notice_of
from router_core.notify.tell import tell, ways
from router_core.spend.words import standing_view

log = logging.getLogger("mitmrouter")

LOOK_EVERY_S = 2.0


class Notices:
    """Does nothing where nothing is configured that could tell."""

    def __init__(self, runtime: Runtime, budgets: Budgets, loops: Loops) -> None:
        self.runtime = runtime
        self.budgets = budgets
        self.loops = loops
        self._task: asyncio.Task[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()

    def running(self) -> None:
        if self.runtime.ready and os.environ.get("MITMROUTER_DEMO") != "1":
            self._task = asyncio.create_task(self._watch(), name="notices")

    def done(self) -> None:
        for task in (self._task, *self._telling):
            if task is not None:
                task.cancel()

    async def _watch(self) -> None:
        memory = await asyncio.to_thread(read_memory, self.runtime.home.notified)
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if ways(self.runtime.config.notify):
                try:
                    memory = await self._look(memory)
                except (OSError, sqlite3.Error, RouterError) as error:
                    log.warning("notices: %s", error)
                except Exception:  # a look that failed must not be the last one
                    log.exception("looking for what needs the owner failed")

    async def _look(self, memory: dict[str, Said]) -> dict[str, Said]:
        """Say what is new; what is remembered is on the disk first, so that a crash does not repeat it."""
        config, now = self.runtime.config, self.runtime.clock.now()
        said, after = decide(self._conditions(config, now), memory, config.notify.min_interval_s, now)
        if after != memory:
            await asyncio.to_thread(write_memory, self.runtime.home.notified, after)
        for condition in said:
            notice = notice_of(condition, self.runtime.redactor, now)
            log.info("notice: %s: %s", notice.event, notice.text)
            task = asyncio.create_task(ask_outside(self._tell, notice, config), name="notice")
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)
        return after

    def _conditions(self, config: Config, now: float) -> Iterator[Condition]:
        tokens, notify = self.runtime.pool.all(), config.notify
        yield from quota_conditions(tokens, notify, now)
        yield from token_conditions(tokens, notify)
        yield from provider_conditions(self.runtime.pool.breakers.down(), notify)
        yield from loop_conditions(self.loops.memory.alarms(), notify)
        if notify.budget and self.budgets.all(config):
            standings = [standing_view(budget, standing, now) for budget, standing in self.budgets.standings()]
            yield from budget_conditions(standings, notify, now)

    def _tell(self, notice: Notice, config: Config) -> None:
        for told in tell(notice, config.notify, config.server.proxy_for):
            if told.problem:
                log.warning("notice by %s: %s", told.way, self.runtime.redactor.text(told.problem))
