"""The client's side of the connection: mitmproxy's HTTP/1 server, with errors as JSON and a bound on the headers."""

from collections.abc import Generator
from typing import Any

from mitmproxy import http
from mitmproxy.connection import ConnectionState
from mitmproxy.net.http import http1
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import HttpEvent, ResponseData, ResponseHeaders, ResponseProtocolError
from mitmproxy.proxy.layers.http._http1 import Http1Server

from addons.websocket_client import ClientSocket
from addons.websocket_link import Link
from router_core.text import printable
from router_core.wire.errors import error_answer
from router_core.wire.format import format_of_path

type Commands = Generator[commands.Command, Any, None]

MAX_HEADER_BYTES = 256 * 1024


class ClientConnection(Http1Server):
    """What mitmproxy would answer as an HTML page, the client gets in its own format."""

    max_message_bytes = 0
    """Of a WebSocket."""
    link: Link | None = None
    """Of the WebSocket that a handshake has just been accepted for."""
    socket: ClientSocket | None = None
    is_tunnel = False
    """Another program speaks with the client from now on (tunnel.py)."""
    chunked = False
    """How the response under way is framed: mitmproxy would look through its headers again for each chunk."""

    def make_pipe(self) -> Commands:
        """After a 101: from now on a WebSocket."""
        if self.is_tunnel:
            yield from super().make_pipe()
            return
        if self.link is None:
            yield commands.CloseConnection(self.conn)  # no other protocol is spoken here
            return
        self.state = self.passthrough
        self.socket = ClientSocket(self.conn, self.link, self.stream_id, self.max_message_bytes)
        if self.buf and (already := self.buf.maybe_extract_at_most(len(self.buf))):
            yield from self.passthrough(events.DataReceived(self.conn, bytes(already)))

    def passthrough(self, event: events.Event) -> Commands:
        if self.socket is not None:
            yield from self.socket.receive(event)
        elif self.is_tunnel:
            yield from super().passthrough(event)

    def send(self, event: HttpEvent) -> Commands:
        if self.socket is not None:
            yield from self.socket.send(event)
        elif isinstance(event, ResponseData) and self.chunked and event.data:
            yield commands.SendData(self.conn, b"%x\r\n%b\r\n" % (len(event.data), event.data))
        elif isinstance(event, ResponseProtocolError):
            yield from self._end(event)
        else:
            yield from super().send(event)
            if isinstance(event, ResponseHeaders):
                self.chunked = "chunked" in event.response.headers.get("transfer-encoding", "").lower()

    def _end(self, event: ResponseProtocolError) -> Commands:
        if not self.conn.state & ConnectionState.CAN_WRITE:
            return
        status = event.code.http_status_code()
        if not self.response and status is not None:
            yield commands.SendData(self.conn, self._error(status, event.message))
        yield commands.CloseConnection(self.conn)

    def read_headers(self, event: events.ConnectionEvent) -> Commands:
        if isinstance(event, events.DataReceived) and len(self.buf) > MAX_HEADER_BYTES and not self._head_complete():
            yield commands.SendData(
                self.conn, self._error(431, f"The request headers exceed {MAX_HEADER_BYTES} bytes.")
            )
            yield commands.CloseConnection(self.conn)
            self.state = self.done
            return
        for command in super().read_headers(event):
            if isinstance(command, commands.SendData):  # its only data here is the error page
                command = commands.SendData(self.conn, self._error(400, "This is not a valid HTTP request."))
            yield command

    def _head_complete(self) -> bool:
        return b"\r\n\r\n" in bytes(self.buf)[:MAX_HEADER_BYTES]

    def _error(self, status: int, message: str) -> bytes:
        path = self.request.path if self.request else "/"
        answer = error_answer(format_of_path(path), status, "bad_request", printable(message))
        headers = http.Headers([(b"content-type", b"application/json"), (b"connection", b"close")])
        raw: bytes = http1.assemble_response(http.Response.make(status, answer.body, headers))
        return raw
