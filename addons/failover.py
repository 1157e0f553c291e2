"""`upstream_failed`: do what `router_core.failover.judge` says: the next attempt, or the final answer."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import replace

import orjson
from mitmproxy import http

from addons.aiming import LOOK_FOR_ROOM_S, Aiming, out_of_time
from addons.answers import answer_error, respond
from addons.client_gone import has_gone
from addons.counting import answer_estimate
from addons.flowstate import FlowState, Pause, Waiting, find_state
from addons.mending import mended
from addons.runtime import Runtime
from addons.spending import Spending
from router_core.claude_code import SUBSCRIPTION_REFUSAL, hides_the_words
from router_core.errors import BudgetExceeded, NoTokenAvailable, Refused, WireError
from router_core.failover import Verdict, judge
from router_core.oauth.want import Renewed, Want
from router_core.outgoing import edited
from router_core.outgoing_copilot import UNSUPPORTED_API, another_format
from router_core.providers.classify import classify
from router_core.providers.failure import Failure, FailureKind, Outcome
from router_core.quota.error_windows import windows_from_failure
from router_core.store.tokens import NOT_RENEWED
from router_core.text import printable
from router_core.tokens.token import Token
from router_core.trace.record import BodyRecord
from router_core.wire.codec import Loss
from router_core.wire.encoding import inflate
from router_core.wire.errors import error_answer
from router_core.wire.upstream_error import has_envelope, translated_error

ERROR_READ_LIMIT = 1024 * 1024

log = logging.getLogger("mitmrouter")


class Failover:
    """Rests tokens and prepares the next attempt."""

    def __init__(self, runtime: Runtime, aiming: Aiming, spending: Spending) -> None:
        self.runtime = runtime
        self.aiming = aiming
        self.spending = spending

    def upstream_failed(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Nothing to wait for, unless a token has to be renewed, or rests for less than going elsewhere costs."""
        state = find_state(flow)
        if state is None:
            return None
        try:
            self._decide(flow, state)
        except Exception as error:  # noqa: BLE001 - it is logged there
            self._undecided(flow, state, error)
        if state.pause is not None:
            return self._after_pause(flow, state, state.pause)
        if state.waits_for is not None:
            return self._after_renewal(flow, state)
        self._changed(state)
        return None

    async def _after_pause(self, flow: http.HTTPFlow, state: FlowState, pause: Pause | None) -> None:
        while pause is not None:
            state.pause = None
            await asyncio.sleep(pause.seconds)
            try:
                if not pause.for_room:
                    state.tried.clear()  # the rest that stood in the way is over
                if has_gone(flow):  # nobody waits for another attempt
                    self._give_up(flow, state, pause.failure)
                else:
                    self._go_on(flow, state, pause.failure, pause.verdict)
            except Exception as error:  # noqa: BLE001 - it is logged there
                self._undecided(flow, state, error)
            pause = state.pause
        if state.waits_for is not None:
            await self._after_renewal(flow, state)
        else:
            self._changed(state)

    async def _after_renewal(self, flow: http.HTTPFlow, state: FlowState) -> None:
        try:
            while (waiting := state.waits_for) is not None:
                state.waits_for = None
                fresh, result = await self.runtime.renewals.for_request(waiting, state)
                self._go_on_after_renewal(flow, state, waiting, fresh, result)
        except Exception as error:  # noqa: BLE001 - it is logged there
            self._undecided(flow, state, error)
        self._changed(state)

    def _undecided(self, flow: http.HTTPFlow, state: FlowState, error: Exception) -> None:
        """Without a decision the client gets an error of ours: the provider's may be in another format."""
        state.retry, state.waits_for, state.pause = False, None, None
        if isinstance(error, BudgetExceeded):  # for the same attempt once more
            self.aiming.none_available(flow, state, error)
            return
        if isinstance(error, Refused):
            answer_error(flow, error.status, error.kind, error.message, format=state.call.format)
            return
        log.exception("internal error in failover")
        answer_error(flow, 502, "upstream_failed", "The provider failed.", format=state.call.format)

    def _changed(self, state: FlowState) -> None:
        if not state.is_handshake:
            self.runtime.tracer.changed(state.record)

    def _decide(self, flow: http.HTTPFlow, state: FlowState) -> None:
        body = flow.response.data.content or b"" if flow.response else b""
        failure, verdict = self.understand(state, body)
        if verdict.action == "give_up" and state.outgoing is not None and state.outgoing.compat:
            verdict = _where_another_token_helps(verdict, failure)
        self.spending.attempt_lost(flow, state)
        self._record(state, failure, verdict, body)
        if failure.kind is FailureKind.MODEL_UNAVAILABLE and not self.aiming.another_can_pay(state):
            state.attempt_action("give_up", "no other token can serve it")
            self._give_up(flow, state, failure)
            return
        if verdict.action == "give_up" and self._mend(flow, state, failure):
            return
        if verdict.action == "give_up" and self._ask_elsewhere(flow, state, failure):
            return
        if verdict.action == "renew" and state.token is not None:
            state.renewed.add(state.token.id)
            if not self._is_last(state):
                state.waits_for = Waiting(state.token, "the same token once more, renewed", failure)
                return
            self.runtime.renewals.begin(state.token, Want(refused=state.token.generation))  # for the next request
        if verdict.effect == "rest" and not self._is_last(state) and (wait_s := self.aiming.wait_for(state)):
            state.pause = Pause(wait_s, failure, verdict)
            return
        self._go_on(flow, state, failure, verdict)

    def _is_last(self, state: FlowState) -> bool:
        return len(state.record.attempts) >= state.config.failover.max_attempts or out_of_time(state)

    def _go_on(self, flow: http.HTTPFlow, state: FlowState, failure: Failure, verdict: Verdict) -> None:
        """The next attempt, or the final answer."""
        if verdict.action == "give_up" and not verdict.counts_against_host:
            self._give_up(flow, state, failure)
            return
        if self._is_last(state):
            state.attempt_action("give_up", "no more attempts are allowed")
            self._give_up(flow, state, failure)
            return
        go_back, target, failed = state.place(), state.target_index, state.attempt
        if verdict.action == "give_up" and not self.aiming.next_target(state):
            go_back()
            self._give_up(flow, state, failure)
            return
        same = state.token if verdict.action == "same_token" else None
        if same is not None:
            same = self.runtime.pool.get(same.id) or same  # it may have been renewed
        try:
            self.aiming.next_allowed_attempt(flow, state, same)
            state.retry = state.waits_for is None
            if failed is not None and state.target_index != target:
                failed.action = "next_target"
        except Refused as error:
            go_back()
            state.attempt_action("give_up", f"the router refuses what comes next: {error.message}")
            raise
        except WireError as error:
            go_back()
            state.attempt_action("give_up", f"the next target cannot be told: {error.message}")
            self._give_up(flow, state, failure)
        except NoTokenAvailable as error:
            go_back()
            if isinstance(error, BudgetExceeded) and error.waits and not out_of_time(state):
                state.pause = Pause(LOOK_FOR_ROOM_S, failure, verdict, for_room=True)
            elif verdict.effect == "none" and not state.rested_a_token:
                self._give_up(flow, state, failure)  # the tokens are fine, it is the provider: say what it said
            else:
                self.aiming.none_available(flow, state, error)

    def _go_on_after_renewal(
        self, flow: http.HTTPFlow, state: FlowState, waiting: Waiting, fresh: Token | None, result: Renewed
    ) -> None:
        if fresh is not None:
            if waiting.failure is not None:
                state.attempt_action("same_token", "renewed, once more")
            because = waiting.because if waiting.failure is not None else f"{waiting.because}; renewed first"
            self.aiming.next_attempt(flow, state, same=fresh, because=because)
            state.retry = True
            return
        state.tried.add(waiting.token.id)
        failure = waiting.failure or state.failure
        if failure is None:
            raise RuntimeError("a renewal without a failure before it")
        verdict = Verdict("next_token", failure.message)
        if waiting.failure is not None:
            why = self.runtime.redactor.text(result.because)
            state.attempt_action("next_token", f"not renewed: {why}")
            state.rested_a_token = True
            if not result.permanent:  # else the renewal has marked it
                rest = Verdict("next_token", f"{failure.message}; not renewed yet: {why}", "rest", result.not_before)
                self.runtime.pool.punish(waiting.token.id, rest, "", NOT_RENEWED)
        self._go_on(flow, state, failure, verdict)

    def _mend(self, flow: http.HTTPFlow, state: FlowState, failure: Failure) -> bool:
        """The one self-healing retry: a proof was refused that another provider, or nobody, had minted."""
        if state.repaired or failure.status != 400 or state.token is None or not state.call.inference:
            return False
        state.repaired = True
        repair = mended(flow, state, failure, self.runtime.conversations)
        if repair is None:
            return False
        if state.outgoing is not None:
            losses = tuple(Loss(path, repair.because) for path in repair.removed)
            state.outgoing = edited(state.outgoing, orjson.dumps(repair.body), f"repair: {repair.because}", losses)
            state.record.losses += [(loss.path, loss.reason) for loss in losses]
        else:
            state.mended = orjson.dumps(repair.body)
        state.attempt_action("same_token", f"mended, once more: {repair.because}")
        self.aiming.next_attempt(flow, state, same=self.runtime.pool.get(state.token.id) or state.token)
        if state.outgoing is None and state.attempt is not None:
            state.attempt.edits += [(path, f"repair: {repair.because}") for path in repair.removed]
        state.retry = True
        return True

    def _ask_elsewhere(self, flow: http.HTTPFlow, state: FlowState, failure: Failure) -> bool:
        """Copilot said that the model is at another of its APIs, and had not said at which: the other one, once."""
        outgoing, token = state.outgoing, state.token
        if failure.code != UNSUPPORTED_API or state.provider.kind != "copilot" or outgoing is None or token is None:
            return False
        model = outgoing.target.model
        if self.runtime.endpoints(state.provider_name, model):
            return False
        other = another_format(outgoing.format, model)
        self.runtime.learned.learn(state.provider_name, model, other)
        go_back = state.place()
        state.attempt_action("same_token", f"once more at the API for {other}")
        state.outgoing = state.upstream = None
        try:
            self.aiming.next_attempt(flow, state, same=self.runtime.pool.get(token.id) or token)
        except WireError as error:
            go_back()
            state.attempt_action("give_up", f"the API for {other} cannot be told: {error.message}")
            return False
        state.retry = True
        return True

    def understand(self, state: FlowState, body: bytes) -> tuple[Failure, Verdict]:
        """What the failed attempt means, and what to do."""
        now = self.runtime.clock.now()
        if state.watch is not None and state.attempt is not None and state.attempt.status is not None:
            outcome = state.watch.outcome(state.broken, state.broken_detail, body)
        else:
            outcome = Outcome(broken=state.broken, detail=state.broken_detail)
        failure = classify(state.provider.kind, outcome, now)
        if outcome.headers and state.token:
            self.runtime.observe_quota(state.token.id, outcome.headers)
        if state.token is not None:
            self._note_used_up(state.token.id, failure, state)
        rotated = state.token is not None and self.runtime.pool.rotated(state.token)
        if failure.kind is FailureKind.MODEL_UNAVAILABLE and not (state.call.inference and state.record.model):
            failure = replace(failure, kind=FailureKind.CLIENT_ERROR)  # nothing was asked of the model
        failure = replace(failure, message=self.runtime.redactor.text(failure.message))
        verdict = judge(failure, state.failures, now=now, token_rotated=rotated, can_renew=self._can_renew(state))
        if verdict.effect == "unhealthy" and state.token is not None and state.token.id in state.renewed:
            again = f"mitmrouter auth login {state.token.login or state.token.provider}"
            verdict = replace(verdict, because=f"{verdict.because} (also after it was renewed). Log in again: {again}")
        return failure, verdict

    def _can_renew(self, state: FlowState) -> bool:
        token = state.token
        return token is not None and token.id not in state.renewed and self.runtime.renewals.can_renew(token)

    def _note_used_up(self, token_id: str, failure: Failure, state: FlowState) -> None:
        token = self.runtime.pool.get(token_id)
        if token is not None and failure.rest_until is not None:
            now, kind = self.runtime.clock.now(), state.provider.kind
            self.runtime.observe_windows(
                token_id, windows_from_failure(failure, kind, state.record.model, token.windows, now)
            )

    def _record(self, state: FlowState, failure: Failure, verdict: Verdict, body: bytes) -> None:
        """Tell token, breaker, trace and log."""
        state.failures.append(failure.kind)
        state.failure = failure
        self.aiming.release(state)
        if state.token is not None:
            self.runtime.pool.punish(state.token.id, verdict, state.record.model, failure.kind.value)
        if verdict.counts_against_host and state.upstream is not None:
            self.runtime.pool.breakers.failed(state.upstream.authority, verdict.because)
        elif state.upstream is not None and failure.status is not None:
            self.runtime.pool.breakers.succeeded(state.upstream.authority)
        state.rested_a_token = state.rested_a_token or verdict.effect != "none"
        attempt = state.attempt
        if attempt is None:
            return
        attempt.finished_at = self.runtime.clock.now()
        attempt.outcome, attempt.action, attempt.reason = failure.kind.value, verdict.action, verdict.because
        if state.watch is not None:
            fields = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in state.watch.headers.items()]
            attempt.response_headers = self.runtime.redactor.headers(fields)
            if not state.is_handshake:
                self._keep_request(state, attempt.number)
            if body and not state.is_handshake:
                content_type = state.watch.headers.get("content-type", "")
                kept = bytes(state.watch.kept)
                self.runtime.tracer.body(
                    BodyRecord(
                        state.record.id, f"attempt-{attempt.number}", kept, len(body), len(kept) < len(body),
                        content_type, state.watch.encoding,
                    )
                )  # fmt: skip
        log.warning(
            "%s attempt %d failed: token %s: %s -> %s: %s",
            state.record.id, attempt.number, attempt.token, failure.kind.value, verdict.action,
            printable(verdict.because),
        )  # fmt: skip
        state.watch, state.failed_watch = None, state.watch

    def _keep_request(self, state: FlowState, number: int) -> None:
        """What a lost attempt was sent, where it was not the client's own body."""
        outgoing, limit = state.outgoing, state.config.trace.body_limit_bytes
        if outgoing is not None and (outgoing.edits or outgoing.treatment != "pass"):
            sent = outgoing.body
            self.runtime.tracer.body(
                BodyRecord(
                    state.record.id, f"attempt-{number}-request", sent[:limit], len(sent), len(sent) > limit,
                    "application/json",
                )
            )  # fmt: skip

    def _give_up(self, flow: http.HTTPFlow, state: FlowState, failure: Failure) -> None:
        """The client gets the provider's own words; where there are none (or half of them), ours."""
        if state.asked is not None and state.asked.entrance.operation == "count":
            log.info("%s is answered with an estimate: %s", state.record.id, printable(failure.message))
            answer_estimate(flow, state)
            return
        state.gave_up = True
        state.record.error = failure.message
        if state.broken is None and flow.response is not None and _is_readable(flow.response):
            record = state.record
            if hides_the_words(flow.response.status_code, record.client, record.asked_model, record.model):
                words = f"{state.provider_name}/{record.model}: {failure.message}"
                respond(flow, error_answer(state.call.format, 400, failure.kind.value, printable(words, 500)))
                return
            self._in_clients_words(flow, state, flow.response)
            return
        status = 504 if "timeout" in (state.broken or "") else 502
        where = state.upstream.authority if state.upstream else state.provider_name
        message = f"{where} failed: {failure.message}. Tried {len(state.record.attempts)} times."
        respond(flow, error_answer(state.call.format, status, failure.kind.value, printable(message, 500)))

    def _in_clients_words(self, flow: http.HTTPFlow, state: FlowState, response: http.Response) -> None:
        """The provider's error, if it speaks another format than the client, has an envelope of its own, or came inside
        a stream that the client did not ask for."""
        client, provider = state.call.format, state.upstream_call.format
        failed = state.failed_watch
        if state.outgoing is None or failed is None:
            return
        passes = client == provider and state.outgoing.treatment == "pass"
        if passes and (failed.tap is not None or has_envelope(_opened(response, failed.encoding))):
            return
        if failed.tap is not None and failed.tap.error is not None:
            error = failed.tap.error
            status = classify(state.provider.kind, failed.outcome(None, "", b""), self.runtime.clock.now()).status
            respond(flow, translated_error(provider, client, status or 502, orjson.dumps(error), failed.headers))
            return
        body = _opened(response, failed.encoding)
        status = response.status_code if response.status_code >= 400 else 502
        respond(flow, translated_error(provider, client, status, body, failed.headers))


def _where_another_token_helps(verdict: Verdict, failure: Failure) -> Verdict:
    """The provider would not let this subscription pay, compatibility mode or not: that is about the token's kind, so
    an API key may pay. Nothing is tried to change the provider's mind."""
    if failure.status != 400 or SUBSCRIPTION_REFUSAL not in failure.message:
        return verdict
    return replace(verdict, action="next_token")


def _opened(response: http.Response, encoding: str) -> bytes:
    return inflate(response.data.content or b"", encoding, ERROR_READ_LIMIT) or b""


def _is_readable(response: http.Response) -> bool:
    """An HTML page is no answer to an API client: Claude Code ends the turn on it."""
    return "html" not in response.headers.get("content-type", "").lower()
