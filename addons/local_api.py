"""The router's own paths: answered here, never forwarded. What they are and what they say is in addons/api."""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from mitmproxy import http

from addons.answers import answer_json
from addons.budgets import Budgets
from addons.guard import OPEN_PATHS
from addons.hooks import async_request_hook
from addons.runtime import Runtime

if TYPE_CHECKING:
    from addons.api.answering import Answering

OWN_PATHS = ("/health", "/status", "/metrics", "/api/")


class LocalApi:
    """`/health`, `/status`, `/metrics` and the admin API `/api/…` (the guard has checked the tokens)."""

    def __init__(self, runtime: Runtime, budgets: Budgets) -> None:
        self.runtime = runtime
        self.budgets = budgets
        self._answering: Answering | None = None
        self._loading = asyncio.Lock()

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Nothing to wait for unless the path is one of ours: most are not."""
        path = flow.request.path.partition("?")[0]
        return self._answer(flow) if path in OWN_PATHS or path.startswith("/api/") else None

    @async_request_hook
    async def _answer(self, flow: http.HTTPFlow) -> None:
        if flow.request.path in OPEN_PATHS and flow.request.method in ("GET", "HEAD"):
            answer_json(flow, {"status": "ok"})  # asked for again and again while a router starts: nothing is loaded
            return
        await (await self._loaded()).answer(flow)

    async def _loaded(self) -> "Answering":
        """Once, also when the first questions come together: logins and readers of events are known to one only."""
        async with self._loading:
            if self._answering is None:
                self._answering = await asyncio.to_thread(self._load)
            return self._answering

    def _load(self) -> "Answering":
        """With the first question: a router that nobody asks need not build a hundred models."""
        from addons.api.answering import Answering
        from addons.api.catalogue import endpoints
        from addons.api.table import Table

        return Answering(Table(endpoints(self.runtime, self.budgets)))
