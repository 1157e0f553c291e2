"""Pick the token that pays for the next attempt and point the request at its provider, with its credentials in."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Sequence
from dataclasses import replace

from mitmproxy import http

from addons.budgets import Budgets
from addons.cheaper import cheaper_for
from addons.client_gone import has_gone
from addons.final_answers import answer_host_rests, answer_none_available
from addons.flowstate import FlowState, Waiting, find_state
from addons.hooks import async_request_hook, request_hook
from addons.proofs import without_foreign
from addons.runtime import Runtime
from addons.upstream_proxy import via_of
from addons.upstream_request import put_in_form, put_to
from addons.websocket_turns import as_it_is, prepare_attempt, token_of_socket
from router_core.attempt import Upstream, upstream_headers, upstream_of
from router_core.config.schema import ProviderConfig
from router_core.errors import BudgetExceeded, NoTokenAvailable, Refused, RouterError, WireError
from router_core.fitness import is_claude_codes, is_for_other_clients, only, unfit_for
from router_core.providers.auth import is_claude_oauth
from router_core.text import printable
from router_core.tokens.affinity import Asker
from router_core.tokens.select import Selection, Unfit
from router_core.tokens.token import Token
from router_core.trace.record import AttemptRecord

LOOK_FOR_ROOM_S = 0.5
"""How often a request that waits for a budget looks again."""
WAIT_MARGIN_S = 0.05
"""Clocks differ a little, and a wait that ends too early was for nothing."""

log = logging.getLogger("mitmrouter")


class Aiming:
    """The last to touch a request before it goes upstream; `Failover` uses it for each further attempt."""

    def __init__(self, runtime: Runtime, budgets: Budgets) -> None:
        self.runtime = runtime
        self.budgets = budgets
        self._hosts: dict[str, tuple[ProviderConfig, str]] = {}

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """There is something to wait for only when a token rests so briefly that going elsewhere costs more, or when a
        budget has no room and is to be waited for."""
        self._look(flow)
        state = find_state(flow)
        if state is not None and state.wait_s:
            return self._wait_and_begin(flow)
        self.begin(flow)
        return self.wait_for_room(flow) if state is not None and state.without_room is not None else None

    @request_hook
    def _look(self, flow: http.HTTPFlow) -> None:
        if (state := find_state(flow)) is not None:
            self.runtime.pool.refresh()
            state.wait_s = self.wait_for(state)

    @async_request_hook
    async def _wait_and_begin(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        await asyncio.sleep(state.wait_s if state is not None else 0.0)
        self.begin(flow)
        await self.wait_for_room(flow)

    @async_request_hook
    async def wait_for_room(self, flow: http.HTTPFlow) -> None:
        """Until a budget has room, or the client has waited long enough, or has gone: nobody waits for the answer then,
        and it would cost something."""
        state, began = find_state(flow), time.monotonic()
        while state is not None and (full := state.without_room) is not None:
            state.without_room = None
            await asyncio.sleep(LOOK_FOR_ROOM_S)
            if has_gone(flow):
                self.none_available(flow, state, full)
                return
            state.waited = f"waited {time.monotonic() - began:.1f} s for room in a budget"
            self.begin(flow)

    def wait_for(self, state: FlowState) -> float:
        """Seconds that the next attempt had better wait for a token; 0 mostly. A request waits once: a token that rests
        again after that is in more trouble than it said."""
        if state.is_handshake or not state.call.inference or state.has_waited or self._resting(state) is not None:
            return 0.0
        wait_s, why = self.runtime.pool.worth_waiting(
            state.config,
            state.provider_name,
            state.record.model,
            state.tried,
            self._unfit(state),
            state.asker,
        )
        if wait_s:
            log.info("%s waits %.1f s: %s", state.record.id, wait_s, why)
            state.waited, state.has_waited = f"waited {wait_s:.1f} s: {why}", True
        return wait_s + WAIT_MARGIN_S if wait_s else 0.0

    @request_hook
    def begin(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None:
            raise Refused(404, "not_found", "There is nothing at this path.")
        self._put(state)
        if state.stopped is not None:
            self.none_available(flow, state, state.stopped)
            return
        go_back = state.place()
        resting = self._resting(state)
        if resting is not None and not self.next_target(state):
            go_back()
            answer_host_rests(flow, state, *resting)
            return
        try:
            self.next_attempt(flow, state)
        except NoTokenAvailable as error:
            go_back()
            if isinstance(error, BudgetExceeded):
                if error.waits and not out_of_time(state):
                    state.without_room = error
                    return
                self.none_available(flow, state, error)
            elif resting is not None:
                answer_host_rests(flow, state, *resting)
            else:
                self.none_available(flow, state, error)

    def next_attempt(
        self, flow: http.HTTPFlow, state: FlowState, *, same: Token | None = None, because: str = ""
    ) -> None:
        """Prepare `flow.request` for the next attempt; or note in `state.waits_for` which token has to be renewed for
        it first.

        Args:
            same: use this token again instead of choosing one.
            because: why this one.

        Raises:
            NoTokenAvailable: none can be used, or no budget has room.
            WireError: the next target cannot be told what the client asks for.
        """
        go_back, full = state.place(), None
        while True:
            try:
                self._next_attempt(flow, state, same, because)
                return
            except BudgetExceeded as error:
                full = full or error
                self.release(state)
                if not self._goes_elsewhere(flow, state, error):
                    go_back()
                    raise full from None
                same, because = None, ""
            except NoTokenAvailable:
                go_back()
                if full is not None:
                    raise full from None
                raise
            except RouterError:
                self.release(state)
                go_back()
                raise

    def next_allowed_attempt(self, flow: http.HTTPFlow, state: FlowState, same: Token | None) -> None:
        """The next attempt at the first target that the ledger does not refuse, as it does where nobody knows a price.

        Raises:
            Refused: what it said first, when no other target is left.
            NoTokenAvailable, WireError: as `next_attempt`, when nothing was refused.
        """
        refused: Refused | None = None
        while True:
            try:
                self.next_attempt(flow, state, same=same)
                return
            except Refused as error:
                refused = refused or error
            except (NoTokenAvailable, WireError):
                if refused is None:
                    raise
            if not self.next_target(state):
                raise refused
            same = None

    def _next_attempt(self, flow: http.HTTPFlow, state: FlowState, same: Token | None, because: str) -> None:
        chosen = self._choose(state, same, because)
        self.release(state)
        state.lease = chosen.lease
        why = self._prepare(state, chosen)
        because = because or why
        if same is None and self.runtime.renewals.must_wait(chosen.token):
            state.waits_for = Waiting(chosen.token, because)
            return
        self.budgets.reserve(flow, state, chosen)
        if state.loop_warning:
            because += f"; loop? {state.loop_warning}"
        if state.budget_warning:
            because += f"; budget {state.budget_warning}"
        self._aim(flow, state, chosen, because)

    def _goes_elsewhere(self, flow: http.HTTPFlow, state: FlowState, error: BudgetExceeded) -> bool:
        """A budget has no room: with another token, if it is one of tokens; else, if the owner wants that, at the
        route's next target, and after those at cheaper ones."""
        state.waited = error.message
        if error.token_id and error.token_id not in state.tried:
            state.tried = {*state.tried, error.token_id}
            return True
        if error.on_limit != "cheaper" or state.as_it_is:
            return False
        if self.next_target(state):
            return True
        if state.cheaper_added or state.route is None:
            return False
        state.cheaper_added = True
        cheaper = cheaper_for(self.runtime, state, self.budgets.input_tokens(flow, state))
        more = [target for target in cheaper if target not in state.route.targets]
        state.route = replace(state.route, targets=(*state.route.targets, *more))
        return self.next_target(state)

    def release(self, state: FlowState) -> None:
        """The attempt is over: others may have its token."""
        if state.lease is not None:
            self.runtime.pool.release(state.lease)
            state.lease = None

    def _unfit(self, state: FlowState) -> Unfit | None:
        unfit = unfit_for(state.asked, state.provider, state.record.client, self.runtime.project_problems)
        return only(state.only_token, unfit) if state.only_token else unfit

    def another_can_pay(self, state: FlowState) -> bool:
        """Whether the present target has a token that has not been tried for this request."""
        provider, model = state.provider_name, state.record.model
        return self.runtime.pool.can_pay(state.config, provider, model, state.tried, self._unfit(state))

    def next_target(self, state: FlowState) -> bool:
        """Go on to the route's next target whose host is not left alone; False when there is none."""
        while state.next_target():
            if self._resting(state) is None:
                log.info("%s goes on to %s/%s", state.record.id, state.provider_name, state.record.model)
                return True
        return False

    def _choose(self, state: FlowState, same: Token | None, because: str) -> Selection:
        pool, model = self.runtime.pool, state.record.model
        if same is not None:
            return pool.keep(same, model, state.asker, because or "the same token once more")
        if (token := token_of_socket(self.runtime, state)) is not None:
            return pool.keep(token, model, state.asker, f"the open WebSocket is {token.name}'s")
        return self._select(state)

    def _prepare(self, state: FlowState, chosen: Selection) -> str:
        """Give the request the form that this token needs; says why it is this one, for the trace."""
        because = chosen.because
        if chosen.passed_over:
            because += "; passed over " + ", ".join(f"{name} ({why})" for name, why in chosen.passed_over)
        if state.waited:
            because, state.waited = f"{because}; {state.waited}", ""
        if state.turn is not None:
            because += prepare_attempt(self.runtime, state, chosen.token)
        self._put(state, chosen.token)
        if state.outgoing is not None and state.outgoing.compat:
            because += "; in Claude Code's form (--claude-code-compat)"
        return because

    def _select(self, state: FlowState) -> Selection:
        """A token of the present target, or of the first one after it that has any to pay."""
        while True:
            unfit, model = self._unfit(state), state.record.model
            try:
                return self.runtime.pool.select(
                    state.config, state.provider_name, model, state.tried, unfit, _asker(state)
                )
            except NoTokenAvailable as error:
                state.without_token.append((error.message, error.retry_after_s))
                if not self.next_target(state):
                    raise _all_of(state.without_token) from error

    def _resting(self, state: FlowState) -> tuple[float, str] | None:
        """For how long, and why, the present target's host is left alone; of several hosts, all of them."""
        hosts = {self._host(state)}
        if state.provider.kind == "copilot" and (tokens := self.runtime.pool.of(state.provider_name)):
            hosts = {upstream_of(state.provider, "/", token).authority for token in tokens}
        waits = [self.runtime.pool.breakers.open_for(host) for host in hosts]
        open_ones = [wait for wait in waits if wait is not None]
        return min(open_ones) if len(open_ones) == len(waits) else None

    def _host(self, state: FlowState) -> str:
        """The present target's, by its configuration."""
        known = self._hosts.get(state.provider_name)
        if known is None or known[0] is not state.provider:
            known = self._hosts[state.provider_name] = state.provider, upstream_of(state.provider, "/").authority
        return known[1]

    def _put(self, state: FlowState, token: Token | None = None) -> None:
        """Prepare path and body for the present target, and again for a token that needs another form of it.

        Raises:
            WireError: the target cannot be told what the client asks for.
        """
        if state.asked is None or state.route is None:
            return
        compat = token is not None and _needs_compat(state, token)
        if state.outgoing is not None:
            if state.outgoing.compat == compat:
                return
            state.upstream, state.repaired = None, False  # what was mended was the other form
        target = state.route.targets[state.target_index]
        if state.as_it_is:
            outgoing = state.outgoing = as_it_is(state, state.asked)
        else:
            offered = self.runtime.endpoints(target.provider, target.model)
            outgoing = put_to(state.asked, target, state.provider, compat=compat, offered=offered)
            outgoing = state.outgoing = without_foreign(self.runtime, state, state.asked, outgoing)
        state.rest = outgoing.rest
        record = state.record
        record.losses = [(loss.path, loss.reason) for loss in outgoing.losses]
        record.upstream_format = outgoing.format if outgoing.format != record.format else ""

    def _upstream(self, state: FlowState, token: Token) -> Upstream:
        if state.upstream is None or state.provider.kind in ("vertex", "copilot"):  # whose URLs depend on the token
            state.upstream = upstream_of(state.provider, state.rest, token)
        return state.upstream

    def _aim(self, flow: http.HTTPFlow, state: FlowState, chosen: Selection, because: str) -> None:
        token, affinity = chosen.token, chosen.affinity
        upstream = self._upstream(state, token)
        state.token = token
        state.tried.add(token.id)
        data = flow.request.data
        data.scheme, data.host, data.port = upstream.scheme.encode(), upstream.host, upstream.port
        data.path, data.authority = upstream.path.encode(), b""
        fields, outgoing = put_in_form(self.runtime, flow, state, token), state.outgoing
        data.headers = http.Headers(upstream_headers(fields, state.provider, token, upstream))
        state.via = via_of(upstream.url, state.config.server)
        number = len(state.record.attempts) + 1
        state.attempt = AttemptRecord(
            number=number,
            provider=state.provider_name,
            model=state.record.model,
            token_id=token.id,
            token=token.name,
            url=upstream.url,
            because=because,
            started_at=self.runtime.clock.now(),
            edits=outgoing.traced(state.asked.edits if state.asked is not None else ()) if outgoing is not None else [],
            request_headers=self.runtime.redactor.headers(data.headers.fields),
        )
        if affinity is not None:
            state.attempt.affinity, state.attempt.cache_kept_tokens = str(affinity), affinity.kept_tokens
            state.attempt.cache_lost_tokens = affinity.lost_tokens
            state.attempt.cache_lost_nano_usd = affinity.lost_nano_usd
        state.record.attempts.append(state.attempt)
        state.record.token = token.name
        log.info(
            "%s attempt %d: token %s (%s) -> %s %s",
            state.record.id, number, token.name, printable(because, 200), flow.request.method, printable(upstream.url),
        )  # fmt: skip

    def none_available(self, flow: http.HTTPFlow, state: FlowState, error: NoTokenAvailable) -> None:
        """The final answer when no token can pay, or no budget has room."""
        answer_none_available(flow, state, error, self.runtime.clock.now())


def _all_of(refused: Sequence[tuple[str, float | None]]) -> NoTokenAvailable:
    """No target's tokens can pay: what each says, and the shortest wait."""
    waits = [wait_s for _, wait_s in refused if wait_s is not None]
    return NoTokenAvailable(" ".join(message for message, _ in refused), min(waits, default=None))


def _asker(state: FlowState) -> Asker:
    """A handshake asks nothing of the token, its turns do."""
    return Asker() if state.is_handshake else state.asker


def _needs_compat(state: FlowState, token: Token) -> bool:
    """The owner lets this subscription token pay for other clients, and this is one. Counting costs nothing, so a
    request to count goes as it is."""
    return (
        token.claude_code_compat
        and is_claude_oauth(token)
        and is_for_other_clients(state.asked, state.provider, state.record.client)
        and not state.counts
        and not is_claude_codes(state.asked)
    )


def out_of_time(state: FlowState) -> bool:
    """No new attempt after this: the client has waited long enough."""
    return time.monotonic() - state.received_at > state.config.failover.deadline_s
