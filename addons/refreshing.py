"""Keep logins alive while the router runs: renew them ahead of their end, and take over what a vendor's program has
renewed; and let a request wait whose token has run out all the same (after a night in sleep, say)."""

import asyncio
import logging
import math
from collections.abc import Awaitable

from mitmproxy import http

from addons.aiming import Aiming
from addons.flowstate import find_state
from addons.hooks import async_request_hook
from addons.runtime import Runtime
from router_core.errors import BudgetExceeded
from router_core.failover import Verdict
from router_core.store.tokens import NOT_RENEWED
from router_core.text import printable
from router_core.tokens.token import Token
from router_core.vendors.login import VendorStoreError
from router_core.vendors.store import vendor_store

LOOK_EVERY_S = 1.0
LOOK_AT_VENDORS_EVERY_S = 3.0

log = logging.getLogger("mitmrouter")


class Refreshing:
    """The background task, and after `aiming` the requests that wait."""

    def __init__(self, runtime: Runtime, aiming: Aiming) -> None:
        self.runtime = runtime
        self.aiming = aiming
        self.renewals = runtime.renewals
        self._task: asyncio.Task[None] | None = None
        self._looks: set[asyncio.Task[None]] = set()
        self._wake_at = 0.0
        self._edition = -1
        self._vendors_at = -math.inf
        self._signatures: dict[str, str | None] = {}

    def running(self) -> None:
        if self.runtime.ready:
            self._task = asyncio.create_task(self._keep(), name="renewals")

    def done(self) -> None:
        """What is under way goes on in its own process."""
        if self._task:
            self._task.cancel()

    # ---- in the background ------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        while True:
            try:
                self.look()
            except Exception:  # the next look may go well
                log.exception("internal error while looking for logins to renew")
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Begin what is due."""
        pool, now = self.runtime.pool, self.runtime.clock.now()
        pool.refresh()
        if now >= self._wake_at or pool.edition != self._edition:
            self._edition = pool.edition
            tokens = pool.all()
            due, self._wake_at = self.renewals.keeper.due(tokens, self.runtime.config, now)
            for token, want in due:
                self.renewals.begin(token, want)
            if due:
                self._wake_at = 0.0  # until they have come to an end
            self._end_the_expired(tokens, now)
        if now >= self._vendors_at + LOOK_AT_VENDORS_EVERY_S:
            self._vendors_at = now
            self._look_at_vendors([token for token in pool.all() if token.shared and token.enabled])

    def _end_the_expired(self, tokens: list[Token], now: float) -> None:
        """What has run out and cannot be renewed must not cost a request before that is noticed."""
        for token in tokens:
            expired = token.expires_at is not None and token.expires_at <= now
            if expired and token.health == "healthy" and not self.renewals.can_renew(token):
                remedy = f"Give it a new one: mitmrouter token edit {token.name} --access-token-stdin"
                because = f"The credential has run out, and nothing was stored that it could be renewed with. {remedy}"
                self.runtime.pool.punish(token.id, Verdict("next_token", because, "unhealthy"), "", NOT_RENEWED)
            elif token.expires_at is not None and token.expires_at > now:
                self._wake_at = min(self._wake_at, token.expires_at)

    def _look_at_vendors(self, tokens: list[Token]) -> None:
        for token in tokens:
            try:
                signature = vendor_store(token.shared).changed_token()
            except VendorStoreError as error:
                signature = error.message
                if self._signatures.get(token.id) != signature:
                    log.warning("token %s: %s", token.name, printable(error.message))
                self._signatures[token.id] = signature
                continue
            if signature is not None and self._signatures.get(token.id) != signature:
                task = asyncio.create_task(self.renewals.look_at(token), name=f"look at {token.name}")
                self._looks.add(task)
                task.add_done_callback(self._looks.discard)
            self._signatures[token.id] = signature

    # ---- requests that wait -----------------------------------------------------------------------------------------

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Nothing to wait for, nearly always."""
        state = find_state(flow)
        return None if state is None or state.waits_for is None else self._wait(flow)

    @async_request_hook
    async def _wait(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        while state is not None and (waiting := state.waits_for) is not None:
            state.waits_for = None
            fresh, _ = await self.renewals.for_request(waiting, state)
            if fresh is not None:
                try:
                    self.aiming.next_attempt(flow, state, same=fresh, because=f"{waiting.because}; renewed first")
                except BudgetExceeded:
                    self.aiming.begin(flow)  # says so, or waits for room
            else:
                state.tried.add(waiting.token.id)
                self.aiming.begin(flow)  # chooses again, or says why none can pay
            await self.aiming.wait_for_room(flow)
