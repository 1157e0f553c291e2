"""Before a Google login pays for the first time: find the project behind it, and keep it with the token."""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from contextlib import closing
from functools import partial

from mitmproxy import http

from addons.flowstate import FlowState, find_state
from addons.hooks import async_request_hook
from addons.outside import ask_outside
from addons.runtime import Runtime
from router_core.config.schema import ProviderConfig
from router_core.errors import RouterError
from router_core.oauth.due import needs_refresh
from router_core.oauth.ensure import ensure_fresh
from router_core.oauth.http import send
from router_core.providers.account import needs_project
from router_core.providers.code_assist_project import Found, GoogleKind, NoProject, find_project, follow
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token

PATIENCE_S = 20.0
"""A request waits so long at most; the question goes on behind it."""
RETRY_S = 60.0


class GoogleProjects:
    """Each token is asked about once; what goes wrong is said where tokens are passed over."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._flights: dict[str, asyncio.Task[None]] = {}
        self._failed_at: dict[str, float] = {}

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """There is something to wait for only before a token's first use."""
        state = find_state(flow)
        if state is None or state.asked is None or state.route is None or not self._unknown(state):
            return None
        return self._wait(flow)

    @async_request_hook
    async def _wait(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is not None:
            flights = {self._flight(provider, token) for provider, token in self._unknown(state)}
            if flights:
                await asyncio.wait(flights, timeout=PATIENCE_S)

    def _unknown(self, state: FlowState) -> Sequence[tuple[ProviderConfig, Token]]:
        """Tokens of the route's targets that could pay if their project were known."""
        found: list[tuple[ProviderConfig, Token]] = []
        for target in state.route.targets if state.route else ():
            provider = state.config.providers[target.provider]
            if provider.kind in ("code-assist", "antigravity"):
                found += [(provider, token) for token in self.runtime.pool.of(target.provider)]
        now = time.monotonic()
        return [
            (provider, token)
            for provider, token in found
            if needs_project(provider, token)
            and token.enabled
            and token.health == "healthy"
            and now - self._failed_at.get(token.id, -RETRY_S) >= RETRY_S
        ]

    def _flight(self, provider: ProviderConfig, token: Token) -> asyncio.Task[None]:
        flight = self._flights.get(token.id)
        if flight is None:
            flight = asyncio.create_task(self._find(provider, token), name=f"project of {token.name}")
            self._flights[token.id] = flight
            flight.add_done_callback(lambda _: self._flights.pop(token.id, None))
        return flight

    async def _find(self, provider: ProviderConfig, token: Token) -> None:
        runtime = self.runtime
        kind: GoogleKind = "antigravity" if provider.kind == "antigravity" else "code-assist"

        def ask() -> Found:
            steps = find_project(provider.base_url, kind, self._fresh(token).access_token, runtime.clock.now())
            return follow(steps, partial(send, proxy=runtime.config.server.proxy_for), time.sleep)

        try:
            found = await ask_outside(ask)
        except RouterError as error:
            self._failed_at[token.id] = time.monotonic()
            message = runtime.redactor.text(error.message)
            runtime.project_problems[token.id] = message
            if isinstance(error, NoProject) and error.permanent:
                runtime.pool.unusable(token.id, message)
            return
        runtime.project_problems.pop(token.id, None)
        runtime.pool.learn(token.id, found.facts)

    def _fresh(self, token: Token) -> Token:
        """The token with an access token that is good now; blocking."""
        runtime = self.runtime
        if not needs_refresh(token, runtime.clock.now()):
            return token
        store = open_tokens(runtime.home, runtime.clock)
        with closing(store.database.conn):
            ensure_fresh(runtime.home, store, runtime.config, token, clock=runtime.clock)
            return store.get(token.id) or token
