"""The response of the attempt that has won, on its way to the client: framed, translated where the formats differ, and
ended visibly if the provider leaves in the middle.

From here on there is no other attempt. What comes before it is in retry_stream.py.
"""

import logging
import time
from abc import abstractmethod
from collections.abc import Generator
from typing import Any

from mitmproxy import flow as mflow
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import (
    DropStream,
    ErrorCode,
    HttpErrorHook,
    HttpEvent,
    HttpLayer,
    HttpResponseHeadersHook,
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
    ResponseTrailers,
    SendHttp,
)

from addons.client_connection import ClientConnection
from addons.deadlines import Deadlines
from addons.flowstate import FlowState
from addons.response_watch import ResponseWatch
from addons.runtime import Runtime
from addons.secret_mask import StreamMask, mask_headers, mask_response
from addons.translation import translated_response
from addons.tunnel import TunnelStream
from addons.websocket_handshake import accepted_handshake
from router_core.answer import Answer
from router_core.errors import RouterError, WireError
from router_core.providers.failure import Broken
from router_core.wire.errors import KEEP_ALIVE, error_event
from router_core.wire.openai_responses.collect import OutputItems

log = logging.getLogger("mitmrouter")

type Commands = Generator[commands.Command, Any, None]


class WinningStream(TunnelStream):
    """One request of a client, from the moment one attempt's response goes out."""

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
        self.mask: StreamMask | None = None
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

    @abstractmethod
    def attempt_failed(self, broken: Broken | None, detail: str) -> Commands:
        """The attempt failed after all, and the client has seen nothing of it."""

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
                    yield from self.attempt_failed(Broken.INVALID, why_untranslated(error))
                    return
            self.forget_attempt()
            self.flow.response.data.content = content
            self.frame(ended=True)
            if self.flow.response.status_code < 300:
                mask_headers(self.flow.response, self.runtime.redactor)
            else:
                mask_response(self.flow.response, self.runtime.redactor)
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
                yield from self.attempt_failed(Broken.INVALID, why_untranslated(error))
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
        mask_headers(self.flow.response, self.runtime.redactor)
        token = self.state.token if self.state else None
        self.mask = StreamMask(self.runtime.redactor, token.access_token if token else "")
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
            yield from self.broke_after_content(Broken.INVALID, why_untranslated(error))
            return
        yield from self.send_piece(data)
        if answer.fault is not None and not self._provider_failed():
            yield from self.broke_after_content(Broken.INVALID, answer.fault.message)  # what came was no answer

    def send_piece(self, data: bytes) -> Commands:
        """Some bytes in the client's format."""
        if self.mask is not None:
            data = self.mask.feed(data, failed=self._provider_failed())
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
        said = {name.lower(): value for name, value in response.headers.fields}
        chunked = b"transfer-encoding" in said
        if ended and (b"content-length" in said or not chunked):
            length = str(len(response.data.content or b""))
            if said.get(b"content-length") != length.encode():
                response.headers["content-length"] = length
        elif not ended and b"content-length" not in said and not chunked and request.http_version == "HTTP/1.1":
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
                watch.close()
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
                yield from self.broke_after_content(Broken.INVALID, why_untranslated(error))
                return
            if tail:
                yield from self.send_piece(tail)
            if (fault := self.translator.fault) is not None and not self._provider_failed():
                yield from self.broke_after_content(Broken.INVALID, fault.message)
                return
        if self.mask is not None and (held := self.mask.close()):
            yield SendHttp(ResponseData(self.stream_id, held), self.context.client)
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
        if upgraded and self.is_tunnel:
            yield from self.tunnel_done()
            return
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
        why = self.runtime.redactor.text(detail)
        message = f"The provider's stream broke off ({why}). What came before is incomplete."
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


def why_untranslated(error: Exception) -> str:
    """One line for the trace. What is not the provider's fault is ours, and belongs into the log."""
    if isinstance(error, RouterError):
        return error.message
    log.error("translating an answer failed", exc_info=error)
    return "the answer cannot be translated"
