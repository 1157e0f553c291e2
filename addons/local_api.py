"""The router's own paths: answered here, never forwarded. Routes only; what is said comes from router_core."""

import asyncio
import os
from collections.abc import Awaitable
from contextlib import closing
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import unquote

from mitmproxy import http
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlite_utils import Database

from addons.answers import answer_json
from addons.budgets import Budgets
from addons.hooks import async_request_hook
from addons.lock_api import LockApi
from addons.runtime import Runtime
from addons.usage_api import UsageApi
from router_core import __version__
from router_core.errors import Refused, TokenError
from router_core.spend.periods import local_day
from router_core.spend.words import standing_view, stands_text
from router_core.store.database import open_read_only
from router_core.store.traces import usage_on
from router_core.tokens.probe import probe
from router_core.tokens.token import Token
from router_core.tokens.view import token_view

MOST_WARNINGS = 20
OWN_PATHS = ("/health", "/status", "/api/")


class TokenChange(BaseModel):
    """Body of `PATCH /api/tokens/{name}`."""

    model_config = ConfigDict(extra="forbid", strict=True)
    enabled: bool | None = None
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = None


class LocalApi:
    """`/health`, `/status` and the admin plane `/api/…` (the guard has checked the tokens)."""

    def __init__(self, runtime: Runtime, budgets: Budgets) -> None:
        self.runtime = runtime
        self.budgets = budgets
        self.usage = UsageApi(runtime)
        self.lock = LockApi(runtime)

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Nothing to wait for unless the path is one of ours: most are not."""
        path = flow.request.path.partition("?")[0]
        return self._answer(flow) if path in OWN_PATHS or path.startswith("/api/") else None

    @async_request_hook
    async def _answer(self, flow: http.HTTPFlow) -> None:
        path = flow.request.path.partition("?")[0]
        match flow.request.method, [unquote(part) for part in path.strip("/").split("/")]:
            case (("GET" | "HEAD"), ["health"]):
                answer_json(flow, {"status": "ok"})
            case "GET", ["status"]:
                answer_json(flow, self.status())
            case "GET", ["api", "tokens"]:
                self.runtime.pool.refresh()
                answer_json(flow, {"tokens": await self.usage.views(self.runtime.pool.all())})
            case "GET", ["api", "spend"]:
                answer_json(flow, self.spend())
            case "GET", ["api", "usage"]:
                answer_json(flow, await self.usage.answer(flow.request.path.partition("?")[2]))
            case "GET", ["api", "lock"]:
                self.lock.show(flow)
            case "PUT", ["api", "lock"]:
                self.lock.change(flow)
            case "GET", ["api", "targets"]:
                await self.lock.targets(flow)
            case "PATCH", ["api", "tokens", name]:
                self._change(flow, name)
            case "POST", ["api", "tokens", name, "test"]:
                await self._test(flow, name)
            case _:
                raise Refused(404, "not_found", f"There is no {flow.request.method} {path} here.")

    def status(self) -> dict[str, Any]:
        """What `mitmrouter status` shows."""
        runtime = self.runtime
        runtime.pool.refresh()
        providers = sorted(runtime.config.providers.items(), key=lambda item: (item[1].order, item[0]))
        now = runtime.clock.now()
        return {
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
                    "tokens": {
                        status: sum(1 for token in runtime.pool.of(name) if token.status(now) == status)
                        for status in ("healthy", "resting", "unhealthy", "disabled")
                    },
                }
                for name, provider in providers
                if provider.enabled
            ],
            "tokens": self._tokens(),
            "today": self._today(now),
            "budgets": self._warnings(now),
            "locked_to": self.lock.locked_to(),
        }

    def _warnings(self, now: float) -> list[str]:
        """Budgets that are nearly used up."""
        said = [stands_text(budget, standing, now) for budget, standing in self.budgets.standings()]
        return [text for text in said if text][:MOST_WARNINGS]

    def spend(self) -> dict[str, Any]:
        """Money of today, and how every budget stands."""
        self.runtime.pool.refresh()
        now = self.runtime.clock.now()
        budgets = [standing_view(budget, standing, now) for budget, standing in self.budgets.standings()]
        return {"today": self._today(now), "budgets": budgets}

    def _tokens(self) -> list[dict[str, Any]]:
        now = self.runtime.clock.now()
        return [token_view(token, now) for token in self.runtime.pool.all()]

    def _today(self, now: float) -> dict[str, int]:
        """What has finished since midnight: requests, tokens, and money in nano-USD."""
        with closing(open_read_only(self.runtime.home.traces_db).conn) as connection:
            return usage_on(Database(connection), local_day(now))

    def _change(self, flow: http.HTTPFlow, name: str) -> None:
        try:
            change = TokenChange.model_validate_json(flow.request.raw_content or b"{}")
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            raise Refused(400, "bad_request", f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None
        self.runtime.pool.settle()
        token = self.runtime.store.named(name)
        values = change.model_dump(exclude_none=True)
        self.runtime.store.save(_changed(token, values))
        self.runtime.pool.reload()
        answer_json(flow, token_view(self.runtime.store.named(token.id), self.runtime.clock.now()))

    async def _test(self, flow: http.HTTPFlow, name: str) -> None:
        """A real minimal request, off the event loop; only this flow waits for it."""
        runtime = self.runtime
        token = await runtime.renewals.fresh(runtime.store.named(name))
        config = runtime.config
        if token.provider not in config.providers:
            raise TokenError(f"The provider {token.provider!r} of this token is not configured.")
        result = await asyncio.to_thread(probe, token, config.providers[token.provider], config, runtime.clock)
        if result.ok:
            runtime.pool.settle()
            runtime.store.heal(token.id)
        runtime.pool.reload()
        runtime.pool.observe(token.id, result.windows)
        view = token_view(runtime.pool.get(token.id) or token, runtime.clock.now())
        answer_json(flow, {"ok": result.ok, "detail": runtime.redactor.text(result.detail), "token": view})


def _changed(token: Token, values: dict[str, Any]) -> Token:
    if token.origin == "config":
        raise TokenError("This token is kept in config.toml: change it there.")
    return replace(token, **values)
