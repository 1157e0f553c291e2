"""What our WebSockets assume of mitmproxy's HTTP/1 connections and layers, so that an upgrade fails here."""

from dataclasses import fields

from mitmproxy import connection, http, options
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import commands, context, events, layer, mode_specs
from mitmproxy.proxy.layers.http import (
    GetHttpConnection,
    ReceiveHttp,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
)
from mitmproxy.test import taddons

from addons.client_connection import ClientConnection
from addons.websocket_link import Link
from addons.websocket_upstream import GetPlain, GetSocket, SocketServer, UpstreamSocket
from router_core.wire.ws_frames import TextSocket, accept_value

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = (
    b"GET /v1/responses HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY.encode() + b"\r\n\r\n"
)


def make_context() -> context.Context:
    client = connection.Client(
        peername=("127.0.0.1", 5000),
        sockname=("127.0.0.1", 8100),
        timestamp_start=1.0,
        state=ConnectionState.OPEN,
        proxy_mode=mode_specs.ProxyMode.parse("reverse:http://router.invalid"),
    )
    with taddons.context(Proxyserver(), loadcore=False) as loaded:
        chosen: options.Options = loaded.options
    made = context.Context(client, chosen)
    made.server = SocketServer(address=("provider.example", 80))
    made.server.state = ConnectionState.OPEN
    return made


def drive(child: layer.Layer, *happened: events.Event) -> list[commands.Command]:
    return [command for event in happened for command in child.handle_event(event)]


def received(done: list[commands.Command]) -> list[object]:
    return [command.event for command in done if isinstance(command, ReceiveHttp)]


def sent(done: list[commands.Command]) -> bytes:
    return b"".join(command.data for command in done if isinstance(command, commands.SendData))


def test_a_client_connection_becomes_a_websocket_after_our_101() -> None:
    made = make_context()
    client = ClientConnection(made)
    client.max_message_bytes, client.link = 1000, Link("/v1/responses", [(b"Authorization", b"Bearer the client's")])
    opened = drive(client, events.Start(), events.DataReceived(made.client, HANDSHAKE))
    assert [type(event) for event in received(opened)] == [RequestHeaders, RequestEndOfMessage]
    head = http.Response.make(101, b"", {"upgrade": "websocket"})
    drive(client, ResponseHeaders(1, head, True), ResponseEndOfMessage(1))

    peer = TextSocket("client", 1000)
    message = peer.text('{"type":"response.create","model":"m","input":[]}')
    begun = received(drive(client, events.DataReceived(made.client, message)))
    assert isinstance(begun[0], RequestHeaders)
    assert (begun[0].stream_id, begun[0].request.method, begun[0].request.path) == (3, "POST", "/v1/responses")
    assert begun[0].request.headers["authorization"] == "Bearer the client's"

    stream = http.Response.make(200, b"", {"content-type": "text/event-stream"})
    answered = drive(
        client,
        ResponseHeaders(3, stream, False),
        ResponseData(3, b'data: {"type":"response.com'),
        ResponseData(3, b'pleted"}\n\ndata: [DONE]\n\n'),
        ResponseEndOfMessage(3),
    )
    assert list(peer.receive(sent(answered))) == ['{"type":"response.completed"}']


def test_a_101_that_no_handshake_of_ours_led_to_closes_the_connection() -> None:
    made = make_context()
    client = ClientConnection(made)
    drive(client, events.Start(), events.DataReceived(made.client, HANDSHAKE))
    done = drive(client, ResponseHeaders(1, http.Response.make(101), True), ResponseEndOfMessage(1))
    assert any(isinstance(command, commands.CloseConnection) for command in done)


def upstream_with_turn() -> tuple[context.Context, UpstreamSocket, bytes]:
    """An upstream that was asked a turn; with the handshake that it sent."""
    made = make_context()
    wanted = GetSocket(
        ("provider.example", 80), False, None,
        link=Link("/", []), provider="codex", token_id="t", secret="s", refused=lambda because: None,
    )  # fmt: skip
    upstream = UpstreamSocket(made, wanted)
    body = b'{"model":"m","input":[]}'
    headers = http.Headers([(b"Host", b"x"), (b"Authorization", b"Bearer t"), (b"Content-Length", b"24")])
    request = http.Request("x", 80, b"POST", b"http", b"", b"/responses", b"HTTP/1.1", headers, body, None, 1.0, 1.0)
    asked = drive(
        upstream, events.Start(), RequestHeaders(7, request, False), RequestData(7, body), RequestEndOfMessage(7)
    )
    return made, upstream, sent(asked)


def key_in(handshake: bytes) -> str:
    (line,) = (line for line in handshake.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key: "))
    return line.partition(b": ")[2].decode()


def test_an_upstream_shakes_hands_with_the_tokens_credentials_then_sends_the_turn() -> None:
    made, upstream, handshake = upstream_with_turn()
    assert handshake.startswith(b"GET /responses HTTP/1.1\r\n")
    assert b"Authorization: Bearer t" in handshake
    assert b"Content-Length" not in handshake
    accepted = (
        f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_value(key_in(handshake))}\r\n\r\n"
    ).encode()
    peer = TextSocket("server", 1000)
    turn = drive(upstream, events.DataReceived(made.server, accepted))
    assert received(turn) == []  # the handshake's answer is not the turn's
    assert list(peer.receive(sent(turn))) == ['{"type":"response.create","model":"m","input":[]}']
    answer = received(drive(upstream, events.DataReceived(made.server, peer.text('{"type":"response.completed"}'))))
    assert [type(event) for event in answer] == [ResponseHeaders, ResponseData, ResponseEndOfMessage]


def test_a_101_without_the_right_proof_is_a_failure_of_the_attempt() -> None:
    made, upstream, _ = upstream_with_turn()
    wrong = b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n"
    done = drive(upstream, events.DataReceived(made.server, wrong))
    assert any(isinstance(command, commands.CloseConnection) for command in done)
    assert [getattr(event, "stream_id", None) for event in received(done)] == [7]
    assert upstream.link.upstream is None


def test_a_plain_request_never_takes_a_sockets_connection() -> None:
    socket, plain = SocketServer(address=("a", 80)), connection.Server(address=("a", 80))
    wanted = GetPlain(("a", 80), False, None)
    assert GetHttpConnection(("a", 80), False, None).connection_spec_matches(socket)  # but for ours, it would
    assert wanted.connection_spec_matches(plain)
    assert not wanted.connection_spec_matches(socket)
    assert {field.name for field in fields(GetHttpConnection)} == {"address", "tls", "via", "transport_protocol"}
    assert wanted.blocking
