"""Write down each request: when it comes in, and when it is over. Only looks; sees what the client saw."""

import logging

from mitmproxy import http

from addons.failover import Failover
from addons.flowstate import FlowState, find_state
from addons.header_map import header
from addons.hooks import observing_hook
from addons.proofs import remember
from addons.runtime import Runtime
from router_core.asked_for import AskedFor
from router_core.errors import WireError
from router_core.oauth.want import Want
from router_core.providers.auth import HeaderPairs
from router_core.routing.facts import Facts
from router_core.text import printable
from router_core.trace.record import BodyRecord

log = logging.getLogger("mitmrouter")


class Tracing:
    """The last addon: what it records is final."""

    def __init__(self, runtime: Runtime, failover: Failover) -> None:
        self.runtime = runtime
        self.failover = failover

    @observing_hook
    def request(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None or state.is_handshake:
            return
        if self.runtime.telemetry.on:
            state.record.traceparent = _header(state.client_headers, b"traceparent")
        self.runtime.tracer.started(state.record)
        content = flow.request.raw_content
        encoding = header(flow.request.headers, b"content-encoding")
        if state.asked is not None:  # what the flow holds by now is the provider's
            content, encoding = state.asked.as_sent, ""
        if content and state.config.trace.bodies != "off":
            limit = state.config.trace.body_limit_bytes
            cut = len(content) > limit and not encoding
            self.runtime.tracer.body(
                BodyRecord(
                    state.record.id, "request", content[:limit] if cut else content, len(content), cut,
                    header(flow.request.headers, b"content-type"), encoding,
                )
            )  # fmt: skip

    @observing_hook
    def response(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None or flow.response is None:
            return
        self.failover.aiming.release(state)
        if state.is_handshake:
            remember(self.runtime, state)
            return
        state.record.status = flow.response.status_code
        if state.broke_after_content:
            self._broke(state)
        elif state.gave_up:
            state.record.state = "refused" if state.record.state == "refused" else "failed"
        else:
            tap = state.watch.tap if state.watch else None
            if tap is not None and tap.error is not None:
                self._broke(state)  # an error event after content: the client has seen it
            else:
                state.record.state = "ok"
                self._attempt_done(state, "answered", "done")
        self._finish(flow, state)

    @observing_hook
    def error(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is not None:
            self.failover.aiming.release(state)
        if state is None or state.is_handshake or state.record.finished_at is not None:
            return
        tap = state.watch.tap if state.watch else None
        if state.broke_after_content:
            self._broke(state)
        elif tap is not None and tap.terminal and tap.error is None:
            state.record.state = "ok"  # Codex closes the connection at response.completed: that is its normal end
            self._attempt_done(state, "answered", "done")
        elif self.runtime.ending:
            state.record.state, state.record.error = "lost", "the router was stopped while this was running"
            self._attempt_done(state, "lost", "cancelled")
        else:
            state.record.state = "client_closed"
            state.record.error = "the client went away"
            self._attempt_done(state, "client_closed", "cancelled")
        self._finish(flow, state)

    def _keep_bodies(self, flow: http.HTTPFlow, state: FlowState) -> None:
        """The answer as the client saw it, and what went to and came from the provider where that differs."""
        record, watch, limit = state.record, state.watch, state.config.trace.body_limit_bytes
        if (sent := _sent(flow, state)) is not None:
            cut = len(sent) > limit
            self.runtime.tracer.body(
                BodyRecord(record.id, "upstream-request", sent[:limit], len(sent), cut, "application/json")
            )
        if watch is None:
            if flow.response is not None and (content := flow.response.data.content):
                self.runtime.tracer.body(
                    BodyRecord(record.id, "response", content, len(content), False, "application/json")
                )
            return
        content_type, kept = watch.headers.get("content-type", ""), bytes(watch.kept)
        kind = "response" if state.answer is None else "upstream-response"
        cut = len(kept) < watch.size
        self.runtime.tracer.body(BodyRecord(record.id, kind, kept, watch.size, cut, content_type, watch.encoding))
        if state.answer is not None:
            mine = bytes(state.client_bytes)
            self.runtime.tracer.body(
                BodyRecord(record.id, "response", mine, len(mine), len(mine) >= limit, state.answer.content_type)
            )

    def _broke(self, state: FlowState) -> None:
        """The attempt failed after content had been sent: judge it for the token's sake, nothing can be sent again."""
        failure, verdict = self.failover.understand(state, b"")
        if state.token is not None:
            self.runtime.pool.punish(state.token.id, verdict, state.record.model, failure.kind.value)
            if verdict.action == "renew":
                self.runtime.renewals.begin(state.token, Want(refused=state.token.generation))
        if verdict.counts_against_host and state.upstream is not None:
            self.runtime.pool.breakers.failed(state.upstream.authority, verdict.because)
        state.record.state, state.record.error = "broken", failure.message
        self._attempt_done(state, failure.kind.value, "give_up")
        if state.attempt is not None:
            state.attempt.reason = "content had been sent already: " + verdict.because

    def _note_cache(self, state: FlowState) -> None:
        """What the provider holds of the session's prompt now; an answer cut short tells it, too."""
        if state.token is not None and not state.gave_up:
            record = state.record
            self.runtime.pool.answered(
                state.asker, state.provider_name, state.token.id, record.model, record.usage,
                state.upstream_call.format, self.runtime.clock.now(),
            )  # fmt: skip

    def _attempt_done(self, state: FlowState, outcome: str, action: str) -> None:
        attempt = state.attempt
        if attempt is None or attempt.finished_at is not None:
            return
        attempt.finished_at = self.runtime.clock.now()
        attempt.outcome, attempt.action = outcome, action
        if state.watch is not None:
            fields = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in state.watch.headers.items()]
            attempt.response_headers = self.runtime.redactor.headers(fields)

    def _finish(self, flow: http.HTTPFlow, state: FlowState) -> None:
        record = state.record
        record.finished_at = self.runtime.clock.now()
        if state.watch is not None:
            streamed = state.watch.tap is not None
            body = None if streamed or flow.response is None else state.raw_body or flow.response.data.content
            record.usage, record.stop_reason = state.watch.settle(body)
            if not state.gave_up:
                self.failover.spending.attempt_ended(flow, state, record.usage, whole=record.state == "ok")
            remember(self.runtime, state)
            if state.token is not None:
                self.runtime.quota.finished(state.token.id, record.usage)
                if state.watch.limits:
                    self.runtime.observe_quota(state.token.id, state.watch.limits)
            if state.call.inference and not state.gave_up and not _is_aside(state.asked):
                self.runtime.measured.note(record.session, record.agent, record.usage)
            self._note_cache(state)
        self.failover.spending.request_ended(flow, state)
        self._keep_bodies(flow, state)
        self.runtime.tracer.finished(record)
        total_ms = round((record.finished_at - record.started_at) * 1000)
        log.info(
            "%s %s %s: %s %s in %d ms, %d attempt(s)%s",
            record.id, record.provider, printable(record.model, 80), record.status, record.state, total_ms,
            len(record.attempts), f": {printable(record.error)}" if record.error else "",
        )  # fmt: skip


def _header(headers: HeaderPairs, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name), "")


def _sent(flow: http.HTTPFlow, state: FlowState) -> bytes | None:
    """The body as the provider got it, where that is not the client's own."""
    changed = state.asked is not None and bool(state.asked.edits)
    if (outgoing := state.outgoing) is not None and (changed or outgoing.edits or outgoing.treatment != "pass"):
        return outgoing.body if outgoing.envelope is None else flow.request.data.content or b""
    return state.mended


def _is_aside(asked: AskedFor | None) -> bool:
    """Asked beside the conversation. No body is parsed for that but those of errands, which are short."""
    if asked is None or not ("json" in vars(asked) or "haiku" in asked.model.lower()):
        return False
    try:
        return Facts(asked).aside
    except WireError:
        return False
