"""A provider's end: one upgraded connection that answers requests, one after the other, as an HTTP server would.

A request's body goes out as a `response.create` message. What comes back is an event stream, or, when the first word
is an error that names a status, that error answer: so the failover sees over a socket what it sees over HTTP. The quota
told in messages is put into headers for the same reason.
"""

from collections import OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from mitmproxy import http
from mitmproxy.connection import Connection, ConnectionState, Server
from mitmproxy.net.server_spec import ServerSpec
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import (
    ErrorCode,
    GetHttpConnection,
    HttpEvent,
    ReceiveHttp,
    RegisterHttpConnection,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
)
from mitmproxy.proxy.layers.http._http1 import Http1Client

from addons.websocket_link import Link
from router_core.state.websocket_refusals import REFUSING
from router_core.text import printable
from router_core.wire.model import JsonObject
from router_core.wire.ws_frames import (
    ABNORMAL,
    NORMAL,
    POLICY_VIOLATION,
    Closed,
    Reply,
    TextSocket,
    accept_value,
    new_key,
)
from router_core.wire.ws_turn import (
    ENDS,
    GONE,
    PREAMBLE,
    Refusal,
    as_record,
    create_message,
    event_of,
    may_end,
    refusal_of,
    window_headers,
)

type Commands = Generator[commands.Command, Any, None]

MAX_MESSAGE = 64 * 1024 * 1024
"""Characters; the largest is `response.completed`, which repeats the whole answer."""
MAX_PREAMBLE, MAX_WAITING_TEXT = 16, 64 * 1024
"""Messages before the first one that counts, and characters of each."""
MAX_MADE = 200
"""Responses whose ids are remembered per socket."""
_NOT_OF_A_HANDSHAKE = frozenset(
    {
        b"connection", b"upgrade", b"content-length", b"content-type", b"content-encoding", b"transfer-encoding",
        b"accept", b"accept-encoding",
    }
)  # fmt: skip
_KEPT = ("x-", "openai-")
"""Headers of the upgrade that mean something to the client and to whoever reads quota."""


@dataclass
class PassMessage(HttpEvent):
    """A client's message that is for the provider's ears only."""

    text: str


@dataclass
class CloseSocket(HttpEvent):
    """The client has left, or goes on with another socket."""


class SocketServer(Server):
    """The connection of a WebSocket: no request but its own turns can use it."""


class GetPlain(GetHttpConnection):
    """A connection for HTTP; never a socket's."""

    def connection_spec_matches(self, connection: Connection) -> bool:
        return not isinstance(connection, SocketServer) and super().connection_spec_matches(connection)


class GetSocket(GetHttpConnection):
    """Open a WebSocket's connection; never one that is there already.

    Args:
        refused: told when the provider closes in a way that says "not here".
    """

    def __init__(
        self,
        address: tuple[str, int],
        tls: bool,
        via: ServerSpec | None,
        *,
        link: Link,
        provider: str,
        token_id: str,
        secret: str,
        refused: Callable[[str], None],
    ) -> None:
        super().__init__(address, tls, via)
        self.link, self.provider, self.token_id, self.secret, self.refused = link, provider, token_id, secret, refused


class SocketOpener(layer.Layer):
    """Connects, then is an `UpstreamSocket` (as mitmproxy's `HttpClient` is, for HTTP)."""

    def __init__(self, context: Context, wanted: GetSocket) -> None:
        super().__init__(context)
        self._wanted = wanted

    def _handle_event(self, event: events.Event) -> Commands:
        error = yield commands.OpenConnection(self.context.server)
        if not error:
            child = UpstreamSocket(self.context, self._wanted)
            self._handle_event = child.handle_event  # type: ignore[method-assign]
            yield from child.handle_event(event)
        yield RegisterHttpConnection(self.context.server, error)


class UpstreamSocket(Http1Client):
    """One provider's socket; its handshake carries one token, so it is that token's."""

    def __init__(self, context: Context, wanted: GetSocket) -> None:
        super().__init__(context)
        self.link, self.provider, self.token_id, self.secret = (
            wanted.link,
            wanted.provider,
            wanted.token_id,
            wanted.secret,
        )
        self.made: OrderedDict[str, None] = OrderedDict()
        """Ids of the responses that can be continued here."""
        self._refused = wanted.refused
        self._frames = TextSocket("client", MAX_MESSAGE)
        self._key = new_key()
        self._upgraded = False
        self._spoken = False
        """The provider has said something of a turn."""
        self._asked: http.Request | None = None
        self._body = bytearray()
        self._turn_id: int | None = None
        """The attempt that waits for its answer."""
        self._begun = False
        self._preamble: list[str] = []
        self._headers: list[tuple[str, str]] = []
        """Of the upgrade; told once, with the first answer."""
        self.link.upstream = self

    # ---- a request --------------------------------------------------------------------------------------------------

    def send(self, event: HttpEvent) -> Commands:
        if isinstance(event, RequestProtocolError):  # a turn cannot be called back otherwise
            if event.stream_id == self._turn_id:
                self._turn_id = None
                yield from self.cut()
        elif isinstance(event, CloseSocket):
            yield from self.leave(NORMAL)
        elif isinstance(event, PassMessage):
            yield from self._say(event.text)
        elif isinstance(event, RequestHeaders):
            self._turn_id, self._asked, self._begun, self._preamble = event.stream_id, event.request, False, []
            self._body.clear()
        elif isinstance(event, RequestData):
            self._body += event.data
        elif isinstance(event, RequestEndOfMessage) and self._asked is not None:
            if self._upgraded:
                yield from self._say(create_message(bytes(self._body)))
            else:
                yield from super().send(RequestHeaders(event.stream_id, self._handshake(self._asked), True))
                yield from super().send(event)

    def _handshake(self, asked: http.Request) -> http.Request:
        request = asked.copy()
        fields = [
            (name, value)
            for name, value in asked.headers.fields
            if name.lower() not in _NOT_OF_A_HANDSHAKE and not name.lower().startswith(b"sec-websocket-")
        ]
        own = [
            (b"Connection", b"Upgrade"),
            (b"Upgrade", b"websocket"),
            (b"Sec-WebSocket-Version", b"13"),
            (b"Sec-WebSocket-Key", self._key.encode()),
        ]
        request.data.headers, request.data.method, request.data.content = http.Headers([*fields, *own]), b"GET", None
        return request

    def _say(self, text: str) -> Commands:
        if data := self._frames.text(text):
            yield commands.SendData(self.conn, data)

    # ---- the handshake's answer -------------------------------------------------------------------------------------

    def _handle_event(self, event: events.Event) -> Commands:
        for command in super()._handle_event(event):
            if not self._upgraded and isinstance(command, ReceiveHttp):
                told = command.event
                if isinstance(told, ResponseHeaders) and told.response.status_code == 101:
                    if told.response.headers.get("sec-websocket-accept", "") != accept_value(self._key):
                        self.state = self.done
                        yield from self._gone(ABNORMAL, "not a WebSocket handshake")
                        return
                    self._headers = [
                        (name.lower(), value)
                        for name, value in told.response.headers.items()
                        if name.lower().startswith(_KEPT)
                    ]
                elif isinstance(told, ResponseHeaders) and self._body and told.response.status_code in REFUSING:
                    self.state = self.done
                    self._refused(f"it answered {told.response.status_code}")
                    yield from self._gone(ABNORMAL, f"the handshake was answered {told.response.status_code}")
                    return
                upgrading = self.response is not None and self.response.status_code == 101
                if self._body and upgrading:
                    continue  # the answer to a turn is what follows
                if isinstance(told, ResponseProtocolError):
                    self.link.fresh_deaths += 1
                    self._turn_id = None
                    self._forget()
                elif isinstance(told, ResponseEndOfMessage) and not upgrading:  # a refusal, as HTTP
                    self._turn_id = None
                    self._forget()
                    yield command
                    yield commands.CloseConnection(self.conn)
                    continue
            yield command

    def make_pipe(self) -> Commands:
        """From now on frames."""
        self._upgraded = True
        self.state = self.passthrough
        already = self.buf.maybe_extract_at_most(len(self.buf)) or b"" if self.buf else b""
        if self._body:
            yield from self._say(create_message(bytes(self._body)))
        else:
            self._turn_id = None
        if already:
            yield from self.state(events.DataReceived(self.conn, bytes(already)))

    # ---- messages ---------------------------------------------------------------------------------------------------

    def passthrough(self, event: events.Event) -> Commands:
        if isinstance(event, events.ConnectionClosed):
            yield from self._gone(ABNORMAL, "the connection was cut")
        elif isinstance(event, events.DataReceived):
            for got in self._frames.receive(event.data):
                match got:
                    case str():
                        yield from self._message(got)
                    case Reply(data):
                        yield commands.SendData(self.conn, data)
                    case Closed(code, reason):
                        yield from self._gone(code, reason)
                        return

    def _message(self, text: str) -> Commands:
        if self._turn_id is None:
            return  # between turns there is nothing to hear
        self._spoken = True
        if not self._begun:
            event = event_of(text)
            if event is not None and event["type"] in PREAMBLE and self._may_wait(text):
                self._preamble.append(text)
                return
            if event is not None and (refusal := refusal_of(event)) is not None:
                yield from self._refuse(refusal)
                return
            yield from self._begin()
        turn_id = self._turn_id
        if turn_id is None:
            return  # the attempt was given up while its beginning was looked at
        yield ReceiveHttp(ResponseData(turn_id, as_record(text)))
        if may_end(text) and (event := event_of(text)) is not None and event["type"] in ENDS:
            self._note(event)
            self._turn_id = None
            yield ReceiveHttp(ResponseEndOfMessage(turn_id))

    def _may_wait(self, text: str) -> bool:
        return len(self._preamble) < MAX_PREAMBLE and len(text) < MAX_WAITING_TEXT

    def _begin(self) -> Commands:
        """The first word of the answer: until now it could have been a refusal."""
        turn_id = self._turn_id
        if turn_id is None:
            return
        self._begun = True
        self.link.fresh_deaths = 0
        response = self._answer(200, [("content-type", "text/event-stream")])
        yield ReceiveHttp(ResponseHeaders(turn_id, response, end_stream=False))
        for text in self._preamble:
            if self._turn_id is not None:
                yield ReceiveHttp(ResponseData(turn_id, as_record(text)))

    def _refuse(self, refusal: Refusal) -> Commands:
        turn_id = self._turn_id
        if refusal.code in GONE or turn_id is None:
            yield from self._gone(NORMAL, refusal.code)
            return
        if refusal.code == "previous_response_not_found":
            self.made.clear()
        self._turn_id = None
        self.link.fresh_deaths = 0
        response = self._answer(refusal.status, [("content-type", "application/json"), *refusal.headers])
        yield ReceiveHttp(ResponseHeaders(turn_id, response, end_stream=False))
        yield ReceiveHttp(ResponseData(turn_id, refusal.body))
        yield ReceiveHttp(ResponseEndOfMessage(turn_id))

    def _answer(self, status: int, own: list[tuple[str, str]]) -> http.Response:
        told, self._headers = self._headers, []
        for text in self._preamble:
            told += window_headers(event_of(text) or {})
        fields = dict(told) | dict(own)
        raw = [
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in fields.items()
        ]
        response = http.Response.make(status, b"", http.Headers(raw))
        response.headers.pop("content-length", None)
        response.data.content = None
        return response

    def _note(self, event: JsonObject) -> None:
        """A finished response can be continued here."""
        response = event.get("response")
        id_ = response.get("id") if isinstance(response, dict) else None
        if isinstance(id_, str) and event["type"] != "response.failed":
            self.made[id_] = None
            if len(self.made) > MAX_MADE:
                self.made.popitem(last=False)

    # ---- the end ----------------------------------------------------------------------------------------------------

    def leave(self, code: int) -> Commands:
        """Close from our side."""
        if self._upgraded and (data := self._frames.close(code)):
            yield commands.SendData(self.conn, data)
        yield from self.cut()

    def cut(self) -> Commands:
        """Without a word, as HTTP/1 is cancelled: a provider that is busy with a turn may not read before its end."""
        self._forget()
        if self.conn.state is not ConnectionState.CLOSED:
            yield commands.CloseConnection(self.conn)

    def _gone(self, code: int, reason: str) -> Commands:
        """The provider has left, or must be left; a turn under way has failed."""
        turn_id, self._turn_id = self._turn_id, None
        says = f"the provider closed the WebSocket: {code} {printable(reason, 200)}".rstrip()
        if not self._spoken:
            self.link.fresh_deaths += 1
            if code == POLICY_VIOLATION:
                self._refused(says)
        yield from self.leave(NORMAL)
        if turn_id is not None:
            yield ReceiveHttp(ResponseProtocolError(turn_id, says, ErrorCode.GENERIC_SERVER_ERROR))

    def _forget(self) -> None:
        if self.link.upstream is self:
            self.link.upstream = None
