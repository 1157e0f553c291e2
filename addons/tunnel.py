"""A request whose connection becomes another program's on this machine: the bytes of both sides pass, unread.

The addon that wants it sets an answer of 101 and a `Tunnel` beside the flow; without the latter such an answer ends the
connection. What passes is not kept: a page that stays open all day would fill the memory.
"""

from abc import abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from mitmproxy import http
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import (
    GetHttpConnection,
    HttpLayer,
    HttpStream,
    RequestEndOfMessage,
    RequestHeaders,
    ResponseEndOfMessage,
    ResponseHeaders,
    SendHttp,
)
from mitmproxy.proxy.layers.tcp import TCPLayer

from addons.answers import answer_error
from addons.client_connection import ClientConnection

type Commands = Generator[commands.Command, Any, None]


@dataclass(frozen=True, slots=True)
class Tunnel:
    """Where a connection goes. `request`: what is sent there in place of the client's."""

    port: int
    request: http.Request


_tunnels: WeakKeyDictionary[http.HTTPFlow, Tunnel] = WeakKeyDictionary()


def dig(flow: http.HTTPFlow, tunnel: Tunnel) -> None:
    """Have the flow's connection go there."""
    _tunnels[flow] = tunnel
    flow.response = http.Response.make(101)


def find_tunnel(flow: http.HTTPFlow) -> Tunnel | None:
    return _tunnels.get(flow) if flow.response is not None and flow.response.status_code == 101 else None


class TunnelStream(HttpStream):
    """What a stream does for it."""

    is_tunnel = False

    @property
    @abstractmethod
    def parent(self) -> HttpLayer: ...

    @abstractmethod
    def answer(self) -> Commands:
        """Send `flow.response`, which is complete."""

    def open_tunnel(self, tunnel: Tunnel) -> Commands:
        self.is_tunnel, self.flow.response = True, None
        connection, error = yield GetHttpConnection(("127.0.0.1", tunnel.port), False, None, "tcp")
        if connection is None:
            yield from self.tunnel_failed(str(error))
            return
        self.context.server = self.flow.server_conn = connection
        self.server_state = self.state_tunnel_opens
        yield SendHttp(RequestHeaders(self.stream_id, tunnel.request, end_stream=True), self.context.server)
        yield SendHttp(RequestEndOfMessage(self.stream_id), self.context.server)

    def state_tunnel_opens(self, event: events.Event) -> Commands:
        if isinstance(event, ResponseHeaders):
            self.flow.response = event.response
        elif isinstance(event, ResponseEndOfMessage) and self.flow.response is not None:
            if self.flow.response.status_code == 101:
                yield from self.send_response()
            else:
                yield from self.tunnel_failed(f"it answered {self.flow.response.status_code}")

    def tunnel_failed(self, why: str) -> Commands:
        self.is_tunnel, self.flow.response, self.server_state = False, None, self.state_errored
        answer_error(self.flow, 502, "portal_failed", f"The portal's own process cannot be reached ({why}). Try again.")
        yield from self.answer()

    def tunnel_done(self) -> Commands:
        """From now on only bytes."""
        client = self.parent.connections[self.context.client]
        if isinstance(client, ClientConnection):
            client.is_tunnel = True
        self.flow.websocket, self.flow.live = None, False
        self.child_layer = TCPLayer(self.context, ignore=True)
        self._handle_event = self.passthrough
        yield from self.child_layer.handle_event(events.Start())
        yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)
