"""A router that another program started for itself (router_core/embed.py) ends when that program has gone, even if it
was killed and could not stop it."""

import asyncio
import logging
import os

from mitmproxy import ctx

from router_core.embed import PARENT_VARIABLE

log = logging.getLogger("mitmrouter")

LOOK_EVERY_S = 1.0


class ParentWatch:
    """Does nothing in a router that was started by itself."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def running(self) -> None:
        parent = os.environ.get(PARENT_VARIABLE, "")
        if parent.isdecimal():
            self._task = asyncio.create_task(self._watch(int(parent)), name="parent watch")

    def done(self) -> None:
        if self._task:
            self._task.cancel()

    async def _watch(self, parent: int) -> None:
        while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells when a process has gone
            await asyncio.sleep(LOOK_EVERY_S)
        log.warning("the program that started this router (pid %d) has gone: it ends, too", parent)
        ctx.master.shutdown()
