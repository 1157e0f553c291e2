"""The HTTP layer that holds a response back and can send the request upstream again, on the same client stream.

Ordinary hooks cannot fail over: a response set by an addon is not streamed, and a flow cannot be sent again after
`responseheaders`. So in reverse mode we put our own stream in mitmproxy's place. While nothing has been sent to the
client, each failure of an attempt (an error status, an error event inside a 200 stream, a broken or silent connection)
triggers `upstream_failed(flow)`, an ordinary hook; if an addon prepared another attempt, it is sent. The client sees
the winning attempt only, streamed as it arrives.

What happens to one request is in retry_stream.py and winning_stream.py; here its streams and connections are put
together.

These are mitmproxy's internals (12.2): tests/addons/test_mitmproxy_contract.py pins each assumption.
"""

from collections.abc import Generator
from typing import Any

from mitmproxy.proxy import commands, events, layer, mode_specs, tunnel
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers import modes, tls
from mitmproxy.proxy.layers.http import GetHttpConnection, HttpLayer, HTTPMode, _upstream_proxy

from addons.client_connection import ClientConnection
from addons.deadlines import Deadlines
from addons.live_answer import LivePiece
from addons.merged_sends import merged_sends
from addons.retry_stream import DeadlinePassed, RetryStream
from addons.runtime import Runtime
from addons.websocket_upstream import GetSocket, SocketOpener, SocketServer

type Commands = Generator[commands.Command, Any, None]


class RetryLayer(HttpLayer):
    """mitmproxy's HTTP layer with our streams and our client connection."""

    def __init__(self, context: Context, runtime: Runtime, deadlines: Deadlines) -> None:
        super().__init__(context, HTTPMode.transparent)
        self.runtime = runtime
        self.deadlines = deadlines

    def _handle_event(self, event: events.Event) -> Commands:
        return merged_sends(self._handle(event))

    def _handle(self, event: events.Event) -> Commands:
        if type(event) is events.DataReceived and event.connection in self.connections:
            return self.event_to_child(self.connections[event.connection], event)
        return self._handle_other(event)

    def _handle_other(self, event: events.Event) -> Commands:
        if isinstance(event, events.Start):
            client = ClientConnection(self.context.fork())
            client.max_message_bytes = self.runtime.config.server.max_body_bytes if self.runtime.ready else 0
            self.connections.setdefault(self.context.client, client)
        elif isinstance(event, DeadlinePassed):
            if event.attempt_id in self.streams:
                yield from self.event_to_child(event.stream, event)
            return
        elif isinstance(event, LivePiece):
            if event.stream.stream_id in self.streams:
                yield from self.event_to_child(event.stream, event)
            return
        elif (
            isinstance(event, events.ConnectionEvent)
            and not isinstance(event, events.CommandCompleted)
            and event.connection is not self.context.server
            and event.connection not in self.connections
        ):
            return  # a late word on a connection that was forgotten
        yield from super()._handle_event(event)

    def make_stream(self, stream_id: int) -> Commands:
        stream = RetryStream(self.context.fork(), stream_id, self.runtime, self.deadlines)
        self.streams[stream_id] = stream
        yield from self.event_to_child(stream, events.Start())

    def get_connection(self, event: GetHttpConnection, *, reuse: bool = True) -> Commands:
        """Forget connections that failed or have ended: mitmproxy keeps them as long as the client stays, and would
        answer every later attempt at that host with the old error."""
        for connection in list(self.connections):
            gone = connection.error or (connection.timestamp_end and not connection.connected)
            if gone and connection is not self.context.client and connection not in self.waiting_for_establishment:
                del self.connections[connection]
        if isinstance(event, GetSocket):
            yield from self.open_socket(event)
            return
        yield from super().get_connection(event, reuse=reuse)

    def open_socket(self, event: GetSocket) -> Commands:
        """As mitmproxy's `get_connection` makes a new one, but for WebSocket, which is HTTP/1.1's."""
        context, stack = self.context.fork(), tunnel.LayerStack()
        server = context.server = SocketServer(address=event.address)
        if event.via:
            server.via = event.via
            stack /= _upstream_proxy.HttpUpstreamProxy.make(context, True)
        if event.tls:
            server.sni, server.alpn_offers = event.address[0], (b"http/1.1",)
            stack /= tls.ServerTLSLayer(context)
        stack /= SocketOpener(context, event)
        self.connections[server] = stack[0]
        self.waiting_for_establishment[server].append(event)
        yield from self.event_to_child(stack[0], events.Start())


class RetryLayerAddon:
    """Puts the layer in place for every client of a reverse proxy."""

    name = "retry_layer"

    def __init__(self, runtime: Runtime, deadlines: Deadlines) -> None:
        self.runtime = runtime
        self.deadlines = deadlines

    def next_layer(self, nextlayer: layer.NextLayer) -> None:
        context = nextlayer.context
        reverse = isinstance(context.client.proxy_mode, mode_specs.ReverseMode)
        if reverse and len(context.layers) == 1 and isinstance(context.layers[0], modes.ReverseProxy):
            nextlayer.layer = RetryLayer(context, self.runtime, self.deadlines)
