"""Each assumption we make about mitmproxy's internals, so that an upgrade fails here and not at a user's desk.

The retry layer (addons/retry_layer.py and its streams), the client connection and the deadlines stand on these.
"""

import inspect
from importlib.metadata import version

import pytest
from mitmproxy import addons as default_addons
from mitmproxy import connection, http, options
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import commands, context, events, layer, mode_specs
from mitmproxy.proxy.layers import http as http_layers
from mitmproxy.proxy.layers.http import GetHttpConnection, HttpLayer, HTTPMode, HttpStream
from mitmproxy.proxy.layers.http._http1 import Http1Client, Http1Server
from mitmproxy.proxy.server import ConnectionHandler
from mitmproxy.test import taddons, tflow

from addons.boot import KEPT_ADDONS, OPTIONS


def make_context() -> context.Context:
    client = connection.Client(
        peername=("127.0.0.1", 5000),
        sockname=("127.0.0.1", 8100),
        timestamp_start=1.0,
        state=ConnectionState.OPEN,
        proxy_mode=mode_specs.ProxyMode.parse("reverse:http://router.invalid"),
    )
    opts = options.Options()
    Proxyserver().load(_Loader(opts))
    made = context.Context(client, opts)
    made.server.address = ("router.invalid", 80)
    return made


class _Loader:
    def __init__(self, opts: options.Options) -> None:
        self.add_option = opts.add_option


def drive(generator: layer.CommandGenerator[None]) -> list[commands.Command]:
    return list(generator)


def test_the_version_is_the_one_these_tests_were_written_for() -> None:
    assert version("mitmproxy").startswith("12.2.")


def test_an_http_layer_makes_its_streams_in_make_stream_and_finds_them_by_id() -> None:
    source = inspect.getsource(HttpLayer.event_to_child)
    assert "self.make_stream(command.event.stream_id)" in source
    assert "self.streams[command.event.stream_id]" in source
    http_layer = HttpLayer(make_context(), HTTPMode.transparent)
    for name in ("streams", "connections", "command_sources", "waiting_for_establishment"):
        assert hasattr(http_layer, name), name


def test_events_for_an_unknown_stream_are_dropped() -> None:
    http_layer = HttpLayer(make_context(), HTTPMode.transparent)

    class Client(layer.Layer):
        def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
            yield http_layers.ReceiveHttp(http_layers.ResponseData(1_000_001, b"late"))

    child = Client(make_context())
    assert drive(http_layer.event_to_child(child, events.Start())) == []


def test_a_client_connection_put_there_before_the_start_is_kept() -> None:
    made = make_context()
    http_layer = HttpLayer(made, HTTPMode.transparent)
    ours = Http1Server(made.fork())
    http_layer.connections[made.client] = ours
    drive(http_layer.handle_event(events.Start()))
    assert http_layer.connections[made.client] is ours


def test_a_failed_connection_is_remembered_and_its_error_given_to_everybody_after() -> None:
    """The reason why RetryLayer.get_connection forgets failed connections."""
    made = make_context()
    http_layer = HttpLayer(made, HTTPMode.transparent)
    dead = connection.Server(address=("127.0.0.1", 9))
    dead.error = "connection refused"
    http_layer.connections[dead] = Http1Client(made.fork())
    told: list[events.Event] = []

    class Waiting(layer.Layer):
        def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
            told.append(event)
            yield from ()

    wanted = GetHttpConnection(("127.0.0.1", 9), False, None, "tcp")
    http_layer.command_sources[wanted] = Waiting(made.fork())
    opened = [c for c in drive(http_layer.get_connection(wanted)) if isinstance(c, commands.OpenConnection)]
    assert opened == []
    assert isinstance(told[0], http_layers.GetHttpConnectionCompleted)
    assert told[0].reply == (None, "connection refused")


def test_a_connection_request_is_answered_with_connection_and_error() -> None:
    assert list(inspect.signature(GetHttpConnection.__init__).parameters)[1:] == [
        "address", "tls", "via", "transport_protocol",
    ]  # fmt: skip
    completed = http_layers.GetHttpConnectionCompleted
    assert completed.__annotations__["reply"] == tuple[None, str] | tuple[connection.Connection, None]


@pytest.mark.parametrize(
    "name",
    ["state_wait_for_request_headers", "state_consume_request_body", "state_wait_for_response_headers", "state_done",
     "state_errored", "send_response", "check_killed", "check_invalid", "check_body_size", "handle_protocol_error",
     "flow_done"],
)  # fmt: skip
def test_a_stream_has_the_steps_that_ours_overrides_or_calls(name: str) -> None:
    assert callable(getattr(HttpStream, name))


def test_a_stream_asks_for_its_request_hook_and_then_needs_no_server_when_answered() -> None:
    source = inspect.getsource(HttpStream.state_consume_request_body)
    assert source.index("HttpRequestHook") < source.index("self.flow.response") < source.index("make_server_connection")


def test_whether_the_client_left_is_found_in_the_queue_of_a_paused_stream() -> None:
    assert "self._paused_event_queue" in inspect.getsource(HttpStream.check_killed)


def test_the_only_data_that_reading_request_headers_sends_is_the_error_page() -> None:
    made = make_context()
    server = Http1Server(made.fork())
    drive(server.handle_event(events.Start()))
    sent = drive(server.handle_event(events.DataReceived(made.client, b"NONSENSE\r\n\r\n")))
    pages = [c.data for c in sent if isinstance(c, commands.SendData)]
    assert len(pages) == 1
    assert pages[0].startswith(b"HTTP/1.1 400")
    good = Http1Server(made.fork())
    drive(good.handle_event(events.Start()))
    sent = drive(good.handle_event(events.DataReceived(made.client, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")))
    assert not [c for c in sent if isinstance(c, commands.SendData)]


def test_a_server_side_http1_connection_takes_any_stream_id_and_closes_when_told_to_cancel() -> None:
    made = make_context()
    client = Http1Client(made.fork())
    drive(client.handle_event(events.Start()))
    request = http.Request.make("GET", "http://127.0.0.1/")
    drive(client.handle_event(http_layers.RequestHeaders(1_000_003, request, True)))
    cancel = http_layers.RequestProtocolError(1_000_003, "abandoned", http_layers.ErrorCode.CANCEL)
    assert [type(c) for c in drive(client.handle_event(cancel))] == [commands.CloseConnection]


def test_connection_handlers_are_found_by_client_id_and_know_their_transports() -> None:
    assert "self.connections[connection_id] = handler" in inspect.getsource(Proxyserver.register_connection)
    assert "event.flow.client_conn.id" in inspect.getsource(Proxyserver.inject_event)
    assert "self.transports = {}" in inspect.getsource(ConnectionHandler.__init__)
    assert "asyncio.CancelledError" in inspect.getsource(ConnectionHandler.open_connection)


async def test_the_options_we_set_exist() -> None:
    with taddons.context(Proxyserver()) as tctx:
        for name in OPTIONS:
            assert name in tctx.options, name
        assert "store_streamed_bodies" in tctx.options


async def test_the_addons_we_keep_exist_and_the_client_playback_must_stay() -> None:
    names = {getattr(a, "name", type(a).__name__.lower()) for a in default_addons.default_addons()}
    assert {"core", "proxyserver", "nextlayer", "tlsconfig", "scriptloader", "clientplayback"} <= names & KEPT_ADDONS
    playback = next(a for a in default_addons.default_addons() if type(a).__name__ == "ClientPlayback")
    assert inspect.iscoroutinefunction(playback.done)


async def test_a_hook_that_raises_is_logged_and_the_request_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """The reason for addons/hooks.py."""

    class Raises:
        def request(self, flow: http.HTTPFlow) -> None:
            raise RuntimeError("boom")

    with taddons.context(Raises()) as tctx:
        flow = tflow.tflow()
        await tctx.master.addons.handle_lifecycle(http_layers.HttpRequestHook(flow))
        assert "Addon error: boom" in caplog.text
        assert flow.response is None
        assert flow.error is None


def test_the_upstream_protocol_follows_what_the_server_connection_offers() -> None:
    from mitmproxy.addons import tlsconfig

    source = inspect.getsource(tlsconfig.TlsConfig.tls_start_server)
    assert "if not server.alpn_offers" in source
