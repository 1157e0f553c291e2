"""One client request on its way through the retry layer: hold the response back, judge it, send the next attempt, or
let it go and step out of the way.

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
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import (
    DropStream,
    ErrorCode,
    HttpErrorHook,
    HttpEvent,
    HttpLayer,
    HttpRequestHook,
    HttpResponseHeadersHook,
    HttpStream,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
    ResponseTrailers,
    SendHttp,
)

from addons.answers import answer_error
from addons.client_connection import ClientConnection
from addons.deadlines import Deadline, Deadlines
from addons.flowstate import FlowState, find_state
from addons.response_watch import ResponseWatch
from addons.runtime import Runtime
from addons.translation import make_answer, translated_response
from addons.websocket_attempt import get_socket
from addons.websocket_handshake import accepted_handshake, refuse_handshake
from addons.websocket_turns import warm_up_answer
from addons.websocket_upstream import GetPlain
from router_core.answer import MAX_WHOLE_BYTES, TOO_LARGE, Answer
from router_core.errors import RouterError, WireError
from router_core.providers.failure import Broken
from router_core.state.websocket_refusals import REFUSING
from router_core.wire.errors import KEEP_ALIVE, error_event
from router_core.wire.openai_responses.collect import OutputItems

log = logging.getLogger("mitmrouter")

type Commands = Generator[commands.Command, Any, None]

attempt_ids = itertools.count(1_000_001, 2)
"""Never meets a client's stream id: those begin at 1 for each connection."""


@dataclasses.dataclass
class UpstreamFailedHook(commands.StartHook):
    """One attempt failed and the client has seen nothing of it. Addons implement `upstream_failed(flow)`."""

    flow: http.HTTPFlow


@dataclasses.dataclass
class DeadlinePassed(events.MessageInjected[Any]):
    """A deadline of one attempt has passed (see deadlines.py)."""

    stream: "RetryStream"
    attempt_id: int
    deadline: Deadline

    def __init__(self, stream: "RetryStream", attempt_id: int, deadline: Deadline) -> None:
        super().__init__(stream.flow, None)
        self.stream, self.attempt_id, self.deadline = stream, attempt_id, deadline


class RetryStream(HttpStream):
    """One request of a client, and the attempts made for it."""

    def __init__(self, context: Context, stream_id: int, runtime: Runtime, deadlines: Deadlines) -> None:
        super().__init__(context, stream_id)
        self.runtime = runtime
        self.deadlines = deadlines
        self.attempt_id = 0
        self.held: list[HttpEvent] = []
        self.held_bytes = 0
        self.response_ended = False
        self.keeps_body = False
        """mitmproxy's option, looked up once: that takes longer than all else we do with a chunk."""
        self.watch: ResponseWatch | None = None
        self.translator: Answer | None = None
        self.collector: OutputItems | None = None
        """Gathers a streamed answer that the client may continue by its id."""
        self.last_sent = 0.0
        """Monotonic seconds; when the client was last sent something of a stream."""
        self.state: FlowState | None = None
        self.last_activity = 0.0
        """Monotonic seconds; the idle deadline counts from here."""

    @property
    def parent(self) -> HttpLayer:
        found = self.context.layers[self.context.layers.index(self) - 1]
        if not isinstance(found, HttpLayer):
            raise TypeError(f"unexpected layer above a stream: {found!r}")
        return found

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

    def keep_alive(self) -> Commands:
        """Between two events of an event stream the client can be told that its answer lives."""
        state, watch = self.state, self.watch
        if self.server_state != self.state_relay or state is None or watch is None or watch.tap is None:
            return
        if self.translator is not None:
            data = self.translator.keep_alive()
        else:
            data = KEEP_ALIVE[state.call.format] if watch.tap.between_records and not watch.encoding else b""
        if data:
            yield SendHttp(ResponseData(self.stream_id, data), self.context.client)

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
            if self.flow.response is not None:
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
        yield HttpResponseHeadersHook(self.flow)
        if (yield from self.check_killed(True)):
            return
        yield from self.send_response()

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
                (request.host, request.port), request.scheme == "https", self.flow.server_conn.via, "tcp"
            )
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

    def forget_attempt(self) -> None:
        """Nothing more is expected of this attempt."""
        self.parent.streams.pop(self.attempt_id, None)
        self.attempt_id = 0
        self.deadlines.end(self)

    def abandon(self) -> Commands:
        """Cancel the attempt: HTTP/2 resets the stream, HTTP/1 closes the connection; unless it is over anyway."""
        abandoned = self.attempt_id
        self.forget_attempt()
        if abandoned and not self.response_ended and self.context.server in self.parent.connections:
            cancel = RequestProtocolError(abandoned, "attempt abandoned", ErrorCode.CANCEL)
            yield SendHttp(cancel, self.context.server)

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
            state.attempt.first_byte_ms = round((self.runtime.clock.now() - state.attempt.started_at) * 1000)
        self.deadlines.answered(self)
        self.server_state = self.state_hold

    def _answer_of(self, state: FlowState, watch: ResponseWatch) -> Answer | None:
        """What turns the answer into the client's; None when its bytes pass as they are."""
        outgoing, asked = state.outgoing, state.asked
        if outgoing is None or asked is None or outgoing.treatment == "pass" or watch.status >= 400:
            return None
        return make_answer(
            outgoing, asked, is_sse=watch.is_sse, content_encoding=watch.encoding, now=int(self.runtime.clock.now())
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
                    yield from self.attempt_failed(Broken.INVALID, _why_untranslated(error))
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

    # ---- its response, once it has won ------------------------------------------------------------------------------

    def release(self) -> Commands:
        """The response has won: send what was held, stream the rest."""
        held, self.held = self.held, []
        head = held[0]
        if not isinstance(head, ResponseHeaders):
            raise TypeError(f"held no headers but {head!r}")
        self.flow.response = head.response
        if self.state is not None and self.state.is_handshake:
            self.flow.response = accepted_handshake(self.flow.request, self.state.client_headers, head.response)
        if self.response_ended:
            content = b"".join(e.data for e in held if isinstance(e, ResponseData))
            if self.translator is not None:
                try:
                    content = self.translated(content, self.translator)
                except Exception as error:  # noqa: BLE001 - a fault of ours must end the request, not leave it hanging
                    self.held = held
                    yield from self.attempt_failed(Broken.INVALID, _why_untranslated(error))
                    return
            self.forget_attempt()
            self.flow.response.data.content = content
            self.frame(ended=True)
            yield HttpResponseHeadersHook(self.flow)
            if not (yield from self.check_killed(True)):
                yield from self.send_response()
            return
        pieces = [event.data for event in held[1:] if isinstance(event, ResponseData)]
        if self.translator is not None:
            try:
                pieces = [self.translator.feed(piece) for piece in pieces]
            except Exception as error:  # noqa: BLE001 - as above
                self.held = held
                yield from self.attempt_failed(Broken.INVALID, _why_untranslated(error))
                return
            if self.translator.fault is not None and not self._provider_failed():  # no answer, and nothing sent yet
                self.held = held
                yield from self.attempt_failed(Broken.INVALID, self.translator.fault.message)
                return
            self.flow.response = translated_response(self.flow.response, self.translator.content_type)
        self.flow.response.stream = True
        self.keeps_body = self.context.options.store_streamed_bodies
        self.frame(ended=False)
        self.server_state = self.state_relay
        self.collector = (
            self.state.collector if self.state and not self.flow.response.headers.get("content-encoding") else None
        )
        self.deadlines.relaying(self)
        yield HttpResponseHeadersHook(self.flow)
        if (yield from self.check_killed(True)):
            yield from self.abandon()
            return
        yield SendHttp(ResponseHeaders(self.stream_id, self.flow.response, end_stream=False), self.context.client)
        for piece in pieces:
            yield from self.send_piece(piece)

    def relay(self, data: bytes) -> Commands:
        """Hand some bytes of the winning response on, in the client's format."""
        answer = self.translator
        if answer is None:
            yield from self.send_piece(data)
            return
        try:
            data = answer.feed(data)
        except Exception as error:  # noqa: BLE001 - a fault of ours must end the stream visibly, not lose a piece of it
            yield from self.broke_after_content(Broken.INVALID, _why_untranslated(error))
            return
        yield from self.send_piece(data)
        if answer.fault is not None and not self._provider_failed():
            yield from self.broke_after_content(Broken.INVALID, answer.fault.message)  # what came was no answer

    def send_piece(self, data: bytes) -> Commands:
        """Some bytes in the client's format."""
        if self.translator is not None:
            self.keep_client_bytes(data)
            if not data:
                return
        self.last_sent = self.last_activity
        if self.collector is not None:
            self.collector.feed(data)
        if self.keeps_body:
            self.response_body_buf += data
        yield SendHttp(ResponseData(self.stream_id, data), self.context.client)

    def translated(self, content: bytes, answer: Answer) -> bytes:
        """The client's whole body. Raises RouterError when the answer is an error or unreadable."""
        if self.flow.response is None:
            raise RuntimeError("no response to translate")
        tail = b""
        if not answer.holds:
            tail = answer.feed(content)
        data = tail + answer.close()
        if answer.fault is not None and not self._provider_failed():
            raise WireError(answer.fault.message, status=502)  # nothing has been sent yet
        if self.state is not None:
            self.state.raw_body = content
        self.keep_client_bytes(data)
        self.flow.response = translated_response(self.flow.response, answer.content_type)
        return data

    def keep_client_bytes(self, data: bytes) -> None:
        """For the trace: what the client sees of a translated answer."""
        if self.state is not None:
            room = self.state.config.trace.body_limit_bytes - len(self.state.client_bytes)
            if room > 0:
                self.state.client_bytes += data[:room]

    def frame(self, *, ended: bool) -> None:
        """An HTTP/1 client must be able to tell the end of the answer from a cut connection, also when the server
        (HTTP/2, or HTTP/1.0 style) needed no framing of its own."""
        response, request = self.flow.response, self.flow.request
        if response is None or request.method == "HEAD" or response.status_code in (101, 204, 304):
            return
        if "content-length" in response.headers or "transfer-encoding" in response.headers:
            if ended and "content-length" in response.headers:
                response.headers["content-length"] = str(len(response.data.content or b""))
            return
        if ended:
            response.headers["content-length"] = str(len(response.data.content or b""))
        elif request.http_version == "HTTP/1.1":
            response.headers["transfer-encoding"] = "chunked"

    def state_relay(self, event: events.Event) -> Commands:
        watch = self.watch
        if isinstance(event, ResponseData):
            self.last_activity = time.monotonic()
            data = event.data
            try:
                if watch is not None:
                    watch.feed(data)
            except Exception:  # reading along must never cost the client a byte
                log.exception("reading along failed")
                self.watch = None
            yield from self.relay(data)
        elif isinstance(event, ResponseTrailers):
            if self.flow.response is not None and self.translator is None:
                self.flow.response.trailers = event.trailers
        elif isinstance(event, ResponseEndOfMessage):
            self.response_ended = True
            if watch is not None and watch.tap is not None:
                watch.tap.close()
                if not watch.complete:
                    yield from self.broke_after_content(Broken.CLOSED, "the stream ended without its final event")
                    return
            yield from self.end_stream()

    def end_stream(self) -> Commands:
        """The provider has said all there is."""
        if self.translator is not None:
            try:
                tail = self.translator.close()
            except Exception as error:  # noqa: BLE001 - as above
                yield from self.broke_after_content(Broken.INVALID, _why_untranslated(error))
                return
            if tail:
                yield from self.send_piece(tail)
            if (fault := self.translator.fault) is not None and not self._provider_failed():
                yield from self.broke_after_content(Broken.INVALID, fault.message)
                return
        self.forget_attempt()
        yield from self.finish_stream()

    def _provider_failed(self) -> bool:
        return self.watch is not None and self.watch.tap is not None and self.watch.tap.error is not None

    def finish_stream(self) -> Commands:
        if self.keeps_body and self.flow.response is not None:
            self.flow.response.data.content = bytes(self.response_body_buf)
            self.response_body_buf.clear()
        yield from self.send_response(already_streamed=True)

    def flow_done(self) -> Commands:
        """A stream refers to itself (its states are bound methods), so it stays until the garbage collector comes by;
        the bodies need not."""
        upgraded = self.flow.response is not None and self.flow.response.status_code == 101
        if upgraded and self.state is not None and self.state.is_handshake:
            yield from self.handshake_done(self.state)
            upgraded = False
        else:
            yield from super().flow_done()
        if not upgraded:
            if self.watch is not None and self.watch.tap is not None:
                self.watch.tap.look = None  # it refers back to the watch, and that to a copy of the body
            self.held, self.watch, self.translator, self.state = [], None, None, None
            self.collector = None
            del self.flow

    def handshake_done(self, state: FlowState) -> Commands:
        """The client's connection is a WebSocket now; its turns have streams of their own."""
        client = self.parent.connections[self.context.client]
        if isinstance(client, ClientConnection):
            client.link = state.link
        self.flow.websocket, self.flow.live = None, False
        yield DropStream(self.stream_id)
        yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)

    def broke_after_content(self, broken: Broken, detail: str) -> Commands:
        """No splice: the client's stream ends with its format's own error event, or visibly cut, never as complete."""
        state = self.state
        if broken is not Broken.INVALID and self._said_all():
            yield from self.abandon()
            self.server_state = self.state_errored
            yield from self.end_stream()
            return
        yield from self.abandon()
        self.server_state = self.state_errored
        if state is None:
            raise RuntimeError("an attempt without notes")
        state.broken, state.broken_detail, state.broke_after_content = broken, detail, True
        watch = self.watch
        message = f"The provider's stream broke off ({detail}). What came before is incomplete."
        tail = b""
        if self.translator is not None:
            tail = self.translator.fail(message)
            self.keep_client_bytes(tail)
        elif watch is not None and watch.tap is not None and not watch.encoding:
            tail = b"\n\n" + error_event(
                state.call.format, 502, "upstream_failed", message, response=watch.tap.response
            )
        if tail:
            yield SendHttp(ResponseData(self.stream_id, tail), self.context.client)
        if tail or (self.translator is not None and self.translator.ended):
            yield from self.finish_stream()
            return
        self.flow.error = mflow.Error(detail)
        yield HttpErrorHook(self.flow)
        cut = ResponseProtocolError(self.stream_id, detail, ErrorCode.GENERIC_SERVER_ERROR)
        yield SendHttp(cut, self.context.client)
        self.flow.live = False
        self.client_state = self.state_errored
        yield DropStream(self.stream_id)

    def _said_all(self) -> bool:
        """The provider's last event has come: what happens to its connection now is of no interest."""
        return self.watch is not None and self.watch.tap is not None and self.watch.tap.terminal

    # ---- when one side goes away ------------------------------------------------------------------------------------

    def handle_protocol_error(self, event: RequestProtocolError | ResponseProtocolError) -> Commands:
        if isinstance(event, ResponseProtocolError):
            self.response_ended = True  # the connection or the HTTP/2 stream is gone: nothing to cancel
            if self.server_state in (self.state_wait_for_response_headers, self.state_hold):
                yield from self.attempt_failed(Broken.CLOSED, event.message)
            elif self.server_state == self.state_relay:
                yield from self.broke_after_content(Broken.CLOSED, event.message)
            return
        over = self.server_state in (self.state_done, self.state_errored) or self.client_state == self.state_errored
        yield from self.abandon()
        if not over:
            self.flow.error = mflow.Error(event.message)
            yield HttpErrorHook(self.flow)
        self.client_state = self.server_state = self.state_errored
        self.flow.live = False
        yield DropStream(self.stream_id)


def _why_untranslated(error: Exception) -> str:
    """One line for the trace. What is not the provider's fault is ours, and belongs into the log."""
    if isinstance(error, RouterError):
        return error.message
    log.error("translating an answer failed", exc_info=error)
    return "the answer cannot be translated"
