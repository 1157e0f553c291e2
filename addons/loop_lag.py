"""How late the event loop is: what a timer waits longer than it was set to, every request waits as well."""

import asyncio
import time
from collections import deque

LOOK_EVERY_S = 0.5
KEPT = 120
"""Looks: the last minute."""


class LoopLag:
    """Looks twice a second, for as long as the router runs."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque([0.0], maxlen=KEPT)
        self._task: asyncio.Task[None] | None = None

    @property
    def last_ms(self) -> float:
        return round(self._seen[-1] * 1000, 2)

    @property
    def most_ms(self) -> float:
        """Within the last minute."""
        return round(max(self._seen) * 1000, 2)

    def running(self) -> None:
        self._task = asyncio.create_task(self._watch(), name="event loop lag")

    def done(self) -> None:
        if self._task:
            self._task.cancel()

    async def _watch(self) -> None:
        while True:
            wanted = time.monotonic() + LOOK_EVERY_S
            await asyncio.sleep(LOOK_EVERY_S)
            self._seen.append(max(0.0, time.monotonic() - wanted))
