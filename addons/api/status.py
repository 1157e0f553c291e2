"""`/health` and `/status`: whether the router lives, and what `mitmrouter status` shows."""

import asyncio
import os
from collections.abc import Sequence

from addons.api.endpoint import Answer, Endpoint, View
from addons.api.inside import token_states
from addons.api.today import Today, today
from addons.api.token_view import TokenView
from addons.budgets import Budgets
from addons.runtime import Runtime
from router_core import __version__
from router_core.routing.lock import LockUnreadable
from router_core.spend.words import stands_text
from router_core.tokens.view import token_view

MOST_WARNINGS = 20


class Alive(View):
    """The router takes requests."""

    status: str


class ProviderStatus(View):
    """One enabled provider."""

    name: str
    kind: str
    base_url: str
    models: list[str]
    tokens: dict[str, int]
    """How many are in each state."""


class Status(View):
    """The router and what it works with."""

    version: str
    pid: int
    uptime_s: float
    home: str
    providers: list[ProviderStatus]
    tokens: list[TokenView]
    today: Today
    budgets: list[str]
    """Those that are nearly used up, in words."""
    locked_to: str
    """What all routing is pinned to; "" when it is free."""


class StatusPage:
    """What the router says of itself."""

    def __init__(self, runtime: Runtime, budgets: Budgets) -> None:
        self.runtime = runtime
        self.budgets = budgets

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint("GET", "/health", self.health, "Whether the router lives", Alive, tag="router", auth="none"),
            Endpoint(
                "GET", "/status", self.status, "Version, providers, tokens, today's use", Status, tag="router",
                auth="client", description="Takes the gateway token, no client key.",
            ),
        ]  # fmt: skip

    async def health(self) -> Answer:
        return Answer({"status": "ok"})

    async def status(self) -> Answer:
        runtime = self.runtime
        runtime.pool.refresh()
        now = runtime.clock.now()
        return Answer(
            {
                "version": __version__,
                "pid": os.getpid(),
                "uptime_s": round(now - runtime.started_at, 1),
                "home": str(runtime.home.path),
                "providers": [
                    {
                        "name": name,
                        "kind": provider.kind,
                        "base_url": provider.base_url,
                        "models": provider.models,
                        "tokens": token_states(runtime, name, now),
                    }
                    for name, provider in runtime.config.listed_providers()
                    if provider.enabled
                ],
                "tokens": [token_view(token, now) for token in runtime.pool.all()],
                "today": await asyncio.to_thread(today, runtime.home, now),
                "budgets": self._warnings(now),
                "locked_to": self._locked_to(),
            }
        )

    def _warnings(self, now: float) -> list[str]:
        """Budgets that are nearly used up."""
        said = [stands_text(budget, standing, now) for budget, standing in self.budgets.standings()]
        return [text for text in said if text][:MOST_WARNINGS]

    def _locked_to(self) -> str:
        """Where the lock cannot be read, why."""
        try:
            return str(self.runtime.lock.read() or "")
        except LockUnreadable as error:
            return error.message
