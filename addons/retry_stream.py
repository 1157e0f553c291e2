"""One client request on its way through the retry layer: hold the response back, judge it, send the next attempt, or
let it go (winning_stream.py) and step out of the way.

Each attempt has a stream id of its own towards the server: an HTTP/2 stream cannot be used twice, and what still
arrives for an abandoned attempt (also what was queued while a hook ran) can be told apart and dropped.
"""

import dataclasses
import itertools
import logging
import time
from collections.abc import Generator
from typing import Any

from mitmproxy import flow as mflow
from mitmproxy import http
from mitmproxy.connection import Connection
from mitmproxy.net.http.validate import validate_headers
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import (
    DropStream,
    HttpErrorHook,
    HttpEvent,
    HttpRequestHook,
    HttpResponseHeadersHook,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
    SendHttp,
)

from addons.answers import answer_error
from addons.deadlines import Deadline
from addons.flowstate import FlowState, find_state
from addons.live_answer import LivePiece, forget_pieces, pieces_of
from addons.response_watch import ResponseWatch
from addons.secret_mask import mask_response
from addons.translation import make_answer
from addons.tunnel import find_tunnel
from addons.websocket_attempt import get_socket
from addons.websocket_handshake import refuse_handshake
from addons.websocket_turns import warm_up_answer
from addons.websocket_upstream import GetPlain
from addons.winning_stream import Commands, WinningStream, why_untranslated
from router_core.answer import MAX_WHOLE_BYTES, TOO_LARGE, Answer
from router_core.providers.failure import Broken
from router_core.state.websocket_refusals import REFUSING
from router_core.trace.record import lasted_ms

log = logging.getLogger("mitmrouter")

attempt_ids = itertools.count(1_000_001, 2)
"""Never meets a client's stream id: those begin at 1 for each connection."""


@dataclasses.dataclass
class UpstreamFailedHook(commands.StartHook):
    """One attempt failed and the client has seen nothing of it. Addons implement `upstream_failed(flow)`."""

    flow: http.HTTPFlow


@dataclasses.dataclass
class DeadlinePassed(events.MessageInjected[Any]):
    """A deadline of one attempt has passed (see deadlines.py)."""

    stream: WinningStream
    attempt_id: int
    deadline: Deadline

    def __init__(self, stream: WinningStream, attempt_id: int, deadline: Deadline) -> None:
        super().__init__(stream.flow, None)
        self.stream, self.attempt_id, self.deadline = stream, attempt_id, deadline


class RetryStream(WinningStream):
    """One request of a client, and the attempts made for it."""

    # ---- events -----------------------------------------------------------------------------------------------------

    def _handle_event(self, event: events.Event) -> Commands:
        if type(event) is ResponseData and self.server_state == self.state_relay and event.stream_id == self.attempt_id:
            return self.state_relay(event)  # one more chunk of the winning response: nothing may stand in its way
        return self._handle_other(event)

    def _handle_other(self, event: events.Event) -> Commands:
        if isinstance(event, DeadlinePassed):
            if event.attempt_id == self.attempt_id:
                yield from self.deadline_passed(event.deadline)
            return
        if isinstance(event, LivePiece):
            yield from self.live_piece(event.data)
            return
        if isinstance(event, HttpEvent) and event.stream_id != self.stream_id:
            if event.stream_id != self.attempt_id:
                return  # of an attempt that was abandoned
            if isinstance(event, ResponseProtocolError):
                event = ResponseProtocolError(self.stream_id, event.message, event.code)
        dispatch = self.runtime.dispatch
        handling = super()._handle_event(event)
        yield from handling if dispatch is None else dispatch.call_hooks(handling)

    def deadline_passed(self, deadline: Deadline) -> Commands:
        if deadline == "keep_alive":
            yield from self.keep_alive()
        elif self.server_state == self.state_relay:
            yield from self.broke_after_content(Broken(deadline), "the provider fell silent")
        elif deadline == "hold":
            if self.held and self.watch and self.watch.tap and not (self.translator and self.translator.holds):
                yield from self.release()
        elif self.server_state in (self.state_wait_for_response_headers, self.state_hold):
            yield from self.attempt_failed(Broken(deadline), "timed out")

    # ---- the client's request ---------------------------------------------------------------------------------------

    def check_body_size(self, request: bool) -> Generator[commands.Command, Any, bool]:
        """Sizes are the guard's business (declared) and `state_consume_request_body`'s (real); responses are never
        cut, because they are streamed or held within bounds."""
        yield from ()
        return False

    def state_consume_request_body(self, event: events.Event) -> Commands:
        if isinstance(event, RequestData):
            if self.flow.response is not None:
                return  # refused already: the rest of the body is read and forgotten
            if len(self.request_body_buf) + len(event.data) > self.runtime.config.server.max_body_bytes:
                self.request_body_buf.clear()
                limit = self.runtime.config.server.max_body_bytes
                answer_error(self.flow, 413, "request_too_large", f"The request body exceeds {limit} bytes.")
                return
            self.request_body_buf += event.data
        elif isinstance(event, RequestEndOfMessage):
            self.flow.request.timestamp_end = time.time()
            self.flow.request.data.content = bytes(self.request_body_buf)
            self.request_body_buf.clear()
            self.client_state = self.state_done
            yield HttpRequestHook(self.flow)
            if (yield from self.check_killed(True)):
                return
            self.state = find_state(self.flow)
            if self.flow.response is None and self.state is None:  # nobody said where to: fail closed
                answer_error(self.flow, 500, "internal_error", "No addon took this request.")
            if (tunnel := find_tunnel(self.flow)) is not None:
                yield from self.open_tunnel(tunnel)
            elif self.flow.response is not None:
                yield from self.answer()
            else:
                yield from self.attempt()
        else:
            yield from super().state_consume_request_body(event)

    def answer(self) -> Commands:
        """Send `flow.response`, which is complete."""
        state = self.state
        if state is not None and state.is_handshake and self.flow.response and self.flow.response.status_code != 426:
            refuse_handshake(self.flow, state.record.error or "no provider can be reached")
        if self.flow.response is not None:
            self.flow.response.timestamp_start = time.time()
            mask_response(self.flow.response, self.runtime.redactor)
        yield HttpResponseHeadersHook(self.flow)
        if (yield from self.check_killed(True)):
            return
        if self.flow.response is not None and (pieces := pieces_of(self.flow)) is not None:
            self.frame(ended=False)
            self.server_state = self.state_live
            yield SendHttp(ResponseHeaders(self.stream_id, self.flow.response, end_stream=False), self.context.client)
            self.runtime.live.begin(self, pieces)
            return
        yield from self.send_response()

    def live_piece(self, data: bytes | None) -> Commands:
        """The next piece of an answer of our own; None: that was all."""
        if self.server_state != self.state_live:
            return
        if data is not None:
            yield SendHttp(ResponseData(self.stream_id, data), self.context.client)
        else:
            yield from self.send_response(already_streamed=True)

    def state_live(self, event: events.Event) -> Commands:
        """No server is asked: nothing comes from one."""
        yield from ()

    # ---- one attempt ------------------------------------------------------------------------------------------------

    def attempt(self) -> Commands:
        """Send `flow.request` upstream; the answer arrives as events."""
        state = self.state
        if state is None:
            raise RuntimeError("an attempt without notes")
        if state.turn is not None and state.turn.is_warm_up and not state.over_socket:
            self.flow.response = warm_up_answer(state.record.model, self.runtime.clock.now())
            yield from self.answer()
            return
        self.attempt_id = next(attempt_ids)
        self.parent.streams[self.attempt_id] = self
        self.held, self.held_bytes, self.watch, self.response_ended = [], 0, None, False
        self.translator = None
        self.server_state = self.state_wait_for_response_headers
        self.deadlines.begin(self)
        request = self.flow.request
        connection: Connection | None
        if state.over_socket:
            connection, error = yield from get_socket(self.flow, state, self.attempt_id, self.runtime.websockets)
        else:
            connection, error = yield GetPlain(
                (request.host, request.port), request.scheme == "https", state.via, "tcp"
            )
        if state.attempt is not None:
            state.attempt.connect_ms = lasted_ms(state.attempt.started_at, self.runtime.clock.now())
        if connection is None:
            broken = Broken.CONNECT_TIMEOUT if self.deadlines.expired(self) else Broken.CONNECT
            yield from self.attempt_failed(broken, str(error))
            return
        self.context.server = self.flow.server_conn = connection  # type: ignore[assignment]  # GetHttpConnection says Connection
        self.deadlines.connected(self)
        content = request.raw_content
        yield SendHttp(RequestHeaders(self.attempt_id, request, not content), self.context.server)
        if content:
            yield SendHttp(RequestData(self.attempt_id, content), self.context.server)
        yield SendHttp(RequestEndOfMessage(self.attempt_id), self.context.server)

    # ---- its response, while nothing of it has been sent ------------------------------------------------------------

    def state_wait_for_response_headers(self, event: events.Event) -> Commands:
        if not isinstance(event, ResponseHeaders):
            return
        self.held = [event]
        self.flow.response = None
        try:
            validate_headers(event.response)
        except ValueError as error:
            yield from self.attempt_failed(Broken.INVALID, str(error))
            return
        state = self.state
        if state is None:
            raise RuntimeError("an attempt without notes")
        limit = state.config.trace.body_limit_bytes
        watch = self.watch = state.watch = ResponseWatch(event.response, state.upstream_call, limit)
        try:
            self.translator = state.answer = self._answer_of(state, watch)
        except Exception:  # a fault of ours must end the request, not leave it hanging
            log.exception("preparing the translation of an answer failed")
            yield from self.attempt_failed(Broken.INVALID, "the answer cannot be translated")
            return
        if state.attempt is not None:
            state.attempt.status = event.response.status_code
            state.attempt.first_byte_ms = lasted_ms(state.attempt.started_at, self.runtime.clock.now())
        self.deadlines.answered(self)
        self.server_state = self.state_hold

    def _answer_of(self, state: FlowState, watch: ResponseWatch) -> Answer | None:
        """What turns the answer into the client's; None when its bytes pass as they are."""
        outgoing, asked = state.outgoing, state.asked
        if outgoing is None or asked is None or outgoing.treatment == "pass" or watch.status >= 400:
            return None
        edits = state.attempt.edits if state.attempt is not None else []
        return make_answer(
            outgoing,
            asked,
            is_sse=watch.is_sse,
            content_encoding=watch.encoding,
            now=int(self.runtime.clock.now()),
            note=lambda path, rule: edits.append((path, rule)),
        )

    def state_hold(self, event: events.Event) -> Commands:
        watch, state = self.watch, self.state
        if watch is None or state is None or not isinstance(event, HttpEvent):
            return
        answer = self.translator
        whole = answer is not None and answer.holds
        self.response_ended = ended = isinstance(event, ResponseEndOfMessage)
        if isinstance(event, ResponseData):
            self.last_activity = time.monotonic()
            self.held_bytes += len(event.data)
            watch.feed(event.data)
            if answer is not None and answer.holds and watch.status < 400:
                try:
                    answer.feed(event.data)
                except Exception as error:  # noqa: BLE001 - as above
                    self.held = self.held[:1]
                    yield from self.attempt_failed(Broken.INVALID, why_untranslated(error))
                    return
        if not (whole and watch.is_sse and isinstance(event, ResponseData)):  # what is collected need not be held, too
            self.held.append(event)
        holding = watch.holding(ended, whole=whole)
        limit = MAX_WHOLE_BYTES if whole else state.config.failover.hold_bytes
        if holding == "wait" and self.held_bytes > limit:
            if whole:
                self.held = self.held[:1]
                yield from self.attempt_failed(Broken.INVALID, TOO_LARGE)
                return
            holding = "release" if watch.status < 400 else "failed"
        if holding == "release":
            yield from self.release()
        elif holding == "failed":
            if watch.status < 400 and (watch.tap is None or watch.tap.error is None):
                yield from self.attempt_failed(Broken.CLOSED, "the stream ended before its answer")
            else:
                yield from self.attempt_failed(None, "")

    def attempt_failed(self, broken: Broken | None, detail: str) -> Commands:
        """Ask the addons what to do about it; send the next attempt, or the final answer."""
        state = self.state
        if state is None:
            raise RuntimeError("an attempt without notes")
        yield from self.abandon()
        self.server_state = self.state_errored  # swallows what is still queued for this attempt
        if state.is_handshake and broken is None and self.watch is not None and self.watch.status in REFUSING:
            because = f"{state.provider_name} answered {self.watch.status}"
            self.runtime.websockets.refused(state.provider, because)
            refuse_handshake(self.flow, because)
            yield from self.answer()
            return
        self.flow.response = None
        if self.held and isinstance(self.held[0], ResponseHeaders):
            self.flow.response = self.held[0].response
            self.flow.response.data.content = b"".join(e.data for e in self.held if isinstance(e, ResponseData))
        self.flow.error = mflow.Error(detail) if broken else None
        state.broken, state.broken_detail, state.retry = broken, detail, False
        yield UpstreamFailedHook(self.flow)
        if (yield from self.check_killed(True)):
            return
        self.flow.error = None
        if state.retry:
            self.flow.response = None
            yield from self.attempt()
            return
        if broken is not None and self.flow.response is not None and self.held and self._is_held_response():
            self.flow.response = None  # half an answer must not pass for a whole one
        if self.flow.response is None:
            answer_error(self.flow, 502, "upstream_failed", detail or "the provider failed", format=state.call.format)
        self.frame(ended=True)
        yield from self.answer()

    def _is_held_response(self) -> bool:
        head = self.held[0]
        return isinstance(head, ResponseHeaders) and self.flow.response is head.response

    # ---- when one side goes away ------------------------------------------------------------------------------------

    def check_killed(self, emit_error_hook: bool) -> Generator[commands.Command, Any, bool]:
        if not (yield from super().check_killed(emit_error_hook)):
            return False
        forget_pieces(self.flow)
        return True

    def handle_protocol_error(self, event: RequestProtocolError | ResponseProtocolError) -> Commands:
        if isinstance(event, ResponseProtocolError):
            self.response_ended = True  # the connection or the HTTP/2 stream is gone: nothing to cancel
            if self.server_state in (self.state_wait_for_response_headers, self.state_hold):
                yield from self.attempt_failed(Broken.CLOSED, event.message)
            elif self.server_state == self.state_relay:
                yield from self.broke_after_content(Broken.CLOSED, event.message)
            elif self.is_tunnel:
                yield from self.tunnel_failed(event.message)
            return
        if self.server_state == self.state_live:
            self.runtime.live.gone(self)
        over = self.server_state in (self.state_done, self.state_errored) or self.client_state == self.state_errored
        yield from self.abandon()
        if not over:
            self.flow.error = mflow.Error(event.message)
            yield HttpErrorHook(self.flow)
        self.client_state = self.server_state = self.state_errored
        self.flow.live = False
        yield DropStream(self.stream_id)
