"""Renewals in the running router: each in a process of its own (router_core/oauth/worker.py), waited for in a thread of
its own; one at a time per token, a few at a time per authorization server, so that one that hangs holds up no other."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from addons.flowstate import FlowState, Waiting
from addons.outside import ask_outside
from router_core.failover import Verdict
from router_core.oauth.due import is_dead, login_of
from router_core.oauth.ensure import wait_for
from router_core.oauth.keeper import Keeper
from router_core.oauth.want import Renewed, Want
from router_core.store.tokens import NOT_RENEWED
from router_core.text import printable
from router_core.tokens.select import why_not
from router_core.tokens.token import Login, Token
from router_core.vendors.login import VendorStoreError
from router_core.vendors.store import vendor_store

if TYPE_CHECKING:
    from addons.runtime import Runtime

AT_ONCE = 3
"""Renewals at one authorization server."""
WAIT_S = 20.0
"""A request waits no longer for one …"""
WAIT_BESIDE_OTHERS_S = 3.0
"""… and no longer than this when another token could pay: its prompt cache is worth a moment, and no more."""

EXPIRED = (
    "The credential has run out, and it came without anything to renew it with. Give it a new one: "
    "mitmrouter token edit {name} --access-token-stdin"
)

log = logging.getLogger("mitmrouter")


class Renewals:
    """Starts renewals and hands out what came of them. For the event loop's thread only."""

    def __init__(self, runtime: "Runtime", wait: Callable[..., Renewed] = wait_for) -> None:
        self.runtime = runtime
        self.keeper = Keeper()
        self._wait = wait
        self._flying: dict[str, tuple[Want, asyncio.Task[Renewed]]] = {}
        self._begun: dict[str, float] = {}
        """Monotonic seconds."""
        self._rooms: dict[Login, asyncio.Semaphore] = {}

    def can_renew(self, token: Token) -> bool:
        return self.keeper.can_renew(token, self.runtime.config)

    def must_wait(self, token: Token) -> bool:
        """The token has run out and a renewal of it is worth waiting for."""
        return self.keeper.must_wait(token, self.runtime.config, self.runtime.clock.now())

    def is_flying(self, token: Token) -> bool:
        return token.id in self._flying

    async def fresh(self, token: Token) -> Token:
        """The token as it is to be used: renewed first when it has run out."""
        if self.must_wait(token):
            await self.renewed(token, Want())
        return self.runtime.pool.get(token.id) or token

    async def renewed(self, token: Token, want: Want, wait_s: float = WAIT_S) -> Renewed:
        """Renew a token, or join the renewal that is under way, and say what came of it within `wait_s`."""
        stopped = self.keeper.stopped(token, self.runtime.clock.now())
        if stopped is not None and not want.owner:
            return Renewed("failed", stopped.because, token.generation, None, stopped.permanent, stopped.not_before)
        try:
            async with asyncio.timeout(wait_s):
                while True:
                    under_way, task = self.begin(token, want)
                    result = await asyncio.shield(task)
                    if result.generation > token.generation or under_way == want or not under_way.look_only:
                        return result
        except TimeoutError:
            return Renewed("failed", f"not renewed within {wait_s:.0f} s; it goes on", token.generation)

    async def for_request(self, waiting: Waiting, state: FlowState) -> tuple[Token | None, Renewed]:
        """The token, good again, that a request waits for; None and why when it is not."""
        token = waiting.token
        want = Want() if waiting.failure is None else Want(refused=token.generation)
        left_s = state.config.failover.deadline_s - (time.monotonic() - state.received_at)
        if self._others_can_pay(state, token):
            under_way_s = time.monotonic() - self._begun.get(token.id, time.monotonic())
            left_s = min(left_s, WAIT_BESIDE_OTHERS_S - under_way_s)
        result = await self.renewed(token, want, max(0.0, min(WAIT_S, left_s)))
        stored = self.runtime.pool.get(token.id)
        good = result.ok and stored is not None and not is_dead(stored, self.runtime.clock.now())
        return (stored if good else None), result

    def _others_can_pay(self, state: FlowState, token: Token) -> bool:
        now, model = self.runtime.clock.now(), state.record.model
        return any(
            other.id != token.id and not is_dead(other, now) and not why_not(other, model, now, state.tried)
            for other in self.runtime.pool.of(state.provider_name)
        )

    def begin(self, token: Token, want: Want) -> tuple[Want, asyncio.Task[Renewed]]:
        """The renewal that is under way for this token; begun now if there is none."""
        flying = self._flying.get(token.id)
        if flying is None:
            task = asyncio.create_task(self._renew(token, want), name=f"renewal of {token.name}")
            flying = self._flying[token.id] = (want, task)
            self._begun[token.id] = time.monotonic()
        return flying

    async def _renew(self, token: Token, want: Want) -> Renewed:
        runtime = self.runtime
        login = login_of(token, runtime.config)
        room = self._rooms.setdefault(login, asyncio.Semaphore(AT_ONCE))
        try:
            async with room:
                result = await ask_outside(lambda: self._wait(runtime.home, token.id, want))
            self._take_note(token, want, result)
            return result
        except Exception as error:  # whoever waits must be told something
            log.exception("internal error while renewing %s", token.name)
            return Renewed("failed", f"internal error: {type(error).__name__}", token.generation)
        finally:
            self._flying.pop(token.id, None)
            self._begun.pop(token.id, None)

    def _take_note(self, token: Token, want: Want, result: Renewed) -> None:
        runtime = self.runtime
        now = runtime.clock.now()
        if not runtime.ready:
            return
        runtime.pool.reload()
        self.keeper.done(token, want, result, now)
        because = printable(runtime.redactor.text(result.because))
        if result.ok:
            if result.state != "fresh":
                log.info("token %s %s: %s", token.name, result.state, because)
            return
        log.warning("token %s could not be renewed: %s", token.name, because)
        stored = runtime.pool.get(token.id)
        if stored is not None and is_dead(stored, now):
            self.put_aside(stored)

    def put_aside(self, token: Token) -> None:
        """A credential that has run out: it rests until it is tried again, or is out of use when that is pointless."""
        now = self.runtime.clock.now()
        stopped = self.keeper.stopped(token, now)
        if stopped is None and self.can_renew(token):
            return  # it is renewed now, or for the next request
        if stopped is not None and not stopped.permanent:
            if token.resting("", now) is None:
                because = printable(self.runtime.redactor.text(f"expired, and not renewed yet: {stopped.because}"))
                verdict = Verdict("next_token", because, "rest", stopped.not_before)
                self.runtime.pool.punish(token.id, verdict, "", NOT_RENEWED)
        elif token.health == "healthy":
            because = stopped.because if stopped is not None else EXPIRED.format(name=token.name)
            self.runtime.pool.punish(token.id, Verdict("next_token", because, "unhealthy"), "", NOT_RENEWED)

    # ---- logins that a vendor's program uses, too -------------------------------------------------------------------

    async def look_at(self, token: Token) -> None:
        """Its vendor's store has changed: take over what is new in there."""
        known = (token.access_token, token.refresh_token)
        try:
            differs = await ask_outside(lambda: _differs(token.shared, known))
        except VendorStoreError as error:
            log.warning("token %s: %s", token.name, printable(error.message))
            return
        if differs:
            await self.renewed(token, Want(look_only=True))


def _differs(locator: str, known: tuple[str, str | None]) -> bool:
    theirs = vendor_store(locator).read()
    return theirs is not None and (theirs.access_token, theirs.refresh_token) != known
