"""The client's end: its messages become requests to the HTTP machinery, the answers become its messages.

One turn at a time, as with the provider: what comes meanwhile waits. An answer that is an error (also the router's own)
is told as an `error` message with its status; the connection lives on, as the provider's would.
"""

import logging
import time
from collections import deque
from collections.abc import Generator
from typing import Any

from mitmproxy import http
from mitmproxy.connection import Connection, ConnectionState
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import (
    ErrorCode,
    HttpEvent,
    ReceiveHttp,
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

from addons.websocket_link import Link, Turn, TurnRequest
from addons.websocket_upstream import CloseSocket, PassMessage
from router_core.errors import WireError
from router_core.text import printable
from router_core.wire.errors import error_answer
from router_core.wire.sse import RecordSplitter, records
from router_core.wire.ws_frames import (
    INTERNAL_ERROR,
    POLICY_VIOLATION,
    Closed,
    Reply,
    TextSocket,
)
from router_core.wire.ws_turn import ClientMessage, error_message, read_client_message

log = logging.getLogger("mitmrouter")

type Commands = Generator[commands.Command, Any, None]

MAX_WAITING = 16
"""Turns that a client may send ahead, together no larger than one may be."""
MAX_ERROR_BYTES = 1024 * 1024
MAX_EVENT_BYTES = 64 * 1024 * 1024
_OF_THE_HANDSHAKE = (b"connection", b"upgrade", b"content-length", b"content-type", b"transfer-encoding", b"accept")


class ClientSocket:
    """One client's WebSocket after its handshake.

    Args:
        stream_id: the handshake's; turns get those that follow.
        limit: most bytes of a message.
    """

    def __init__(self, conn: Connection, link: Link, stream_id: int, limit: int) -> None:
        self._conn, self._link, self._stream_id = conn, link, stream_id
        self._frames = TextSocket("server", limit)
        self._limit = limit
        self._waiting: deque[tuple[ClientMessage, int]] = deque()
        self._waiting_size = 0
        self._busy = False
        self._response: http.Response | None = None
        self._splitter = RecordSplitter(MAX_EVENT_BYTES)
        self._error_body = bytearray()

    # ---- from the client --------------------------------------------------------------------------------------------

    def receive(self, event: events.Event) -> Commands:
        """Bytes of the client, or its leaving."""
        if isinstance(event, events.ConnectionClosed):
            yield from self._leave()
        elif isinstance(event, events.DataReceived):
            for got in self._frames.receive(event.data):
                match got:
                    case str():
                        yield from self._message(got)
                    case Reply(data):
                        yield commands.SendData(self._conn, data)
                    case Closed(code, reason, ours):
                        if ours:
                            log.warning("a client's WebSocket was closed: %d %s", code, printable(reason, 200))
                        yield from self._leave()
                        return

    def _message(self, text: str) -> Commands:
        try:
            message = read_client_message(text)
        except WireError as error:
            yield self._error(400, "invalid_event", error.message, error.param)
            return
        if message.kind != "response.create":
            yield from self._other(message, text)
        elif not self._busy:
            yield from self._begin(message)
        elif len(self._waiting) < MAX_WAITING and self._waiting_size + len(text) <= self._limit:
            self._waiting.append((message, len(text)))
            self._waiting_size += len(text)
        else:
            yield from self._close(POLICY_VIOLATION, "too many turns at once")

    def _other(self, message: ClientMessage, text: str) -> Commands:
        """What only the provider may understand goes to its socket, if there is one."""
        upstream = self._link.upstream
        if upstream is not None:
            yield SendHttp(PassMessage(self._stream_id, text), upstream.conn)
        elif message.kind != "response.processed":  # an acknowledgement, of no use to anybody here
            yield self._error(400, "invalid_event", f"Unknown event type: {message.kind[:100]!r}.", "type")

    def _begin(self, message: ClientMessage) -> Commands:
        self._busy, self._response = True, None
        self._stream_id += 2
        id_, body = self._stream_id, message.http_body()
        request = self._request(message, body)
        yield ReceiveHttp(RequestHeaders(id_, request, end_stream=False))
        yield ReceiveHttp(RequestData(id_, body))
        yield ReceiveHttp(RequestEndOfMessage(id_))

    def _request(self, message: ClientMessage, body: bytes) -> TurnRequest:
        fields = [
            (name, value)
            for name, value in self._link.headers
            if name.lower() not in _OF_THE_HANDSHAKE and not name.lower().startswith(b"sec-websocket-")
        ]
        own = [
            (b"Accept", b"text/event-stream"),
            (b"Content-Type", b"application/json"),
            (b"Content-Length", str(len(body)).encode()),
        ]
        path = self._link.path.encode("latin-1", "replace")
        request = TurnRequest(
            "", 0, b"POST", b"", b"", path, b"HTTP/1.1", http.Headers([*fields, *own]), None, None, time.time(), None
        )
        request.turn = Turn(self._link, message.fields)
        return request

    # ---- to the client ----------------------------------------------------------------------------------------------

    def send(self, event: HttpEvent) -> Commands:
        """A piece of the answer to the turn under way."""
        if event.stream_id != self._stream_id or not self._busy:
            return
        if isinstance(event, ResponseHeaders):
            self._response = event.response
            self._splitter, self._error_body = RecordSplitter(MAX_EVENT_BYTES), bytearray()
        elif isinstance(event, ResponseData):
            if self._streams:
                yield from self._records(self._splitter.feed(event.data))
            elif len(self._error_body) < MAX_ERROR_BYTES:
                self._error_body += event.data
        elif isinstance(event, ResponseEndOfMessage):
            if self._streams:
                yield from self._records(self._splitter.close())
            elif self._response is not None:
                yield self._answered_with_error(self._response)
            yield from self._next()
        elif isinstance(event, ResponseProtocolError):
            self._busy = False
            yield from self._close(INTERNAL_ERROR, event.message)

    @property
    def _streams(self) -> bool:
        response = self._response
        return response is not None and "event-stream" in response.headers.get("content-type", "")

    def _records(self, complete: bytes) -> Commands:
        for record in records(complete):
            if record.data and record.data != b"[DONE]":
                yield self._text(record.data.decode("utf-8", "replace"))

    def _answered_with_error(self, response: http.Response) -> commands.SendData:
        status = response.status_code if response.status_code >= 400 else 502
        headers = {name.lower(): value for name, value in response.headers.items()}
        return self._text(error_message(status, bytes(self._error_body), headers))

    def _next(self) -> Commands:
        self._busy = False
        if self._waiting:
            message, size = self._waiting.popleft()
            self._waiting_size -= size
            yield from self._begin(message)

    def _error(self, status: int, kind: str, message: str, param: str = "") -> commands.SendData:
        answer = error_answer("openai-responses", status, kind, message, param=param)
        return self._text(error_message(status, answer.body, {}))

    def _text(self, message: str) -> commands.SendData:
        return commands.SendData(self._conn, self._frames.text(message))

    # ---- the end ----------------------------------------------------------------------------------------------------

    def _close(self, code: int, reason: str) -> Commands:
        if data := self._frames.close(code, printable(reason, 100)):
            yield commands.SendData(self._conn, data)
        yield from self._leave()

    def _leave(self) -> Commands:
        """Nobody is there any more: whatever is under way for this client ends."""
        self._waiting.clear()
        if self._conn.state is not ConnectionState.CLOSED:
            yield commands.CloseConnection(self._conn)
        if self._busy:
            self._busy = False
            gone = RequestProtocolError(self._stream_id, "Client disconnected.", ErrorCode.CLIENT_DISCONNECTED)
            yield ReceiveHttp(gone)
        if (upstream := self._link.upstream) is not None:
            yield SendHttp(CloseSocket(self._stream_id), upstream.conn)
