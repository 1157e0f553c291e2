"""The connection for an attempt over WebSocket: the token's socket that is open already, or a new one in its place."""

import logging
from collections.abc import Generator
from typing import Any

from mitmproxy import http
from mitmproxy.connection import Connection
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import SendHttp

from addons.flowstate import FlowState
from addons.websocket_upstream import CloseSocket, GetSocket
from router_core.state.websocket_refusals import WebSocketRefusals

log = logging.getLogger("mitmrouter")

type Got = tuple[Connection | None, str | None]


def get_socket(
    flow: http.HTTPFlow, state: FlowState, attempt_id: int, websockets: WebSocketRefusals
) -> Generator[commands.Command, Any, Got]:
    """(connection, None) or (None, why there is none)."""
    link, token, request = state.link, state.token, flow.request
    if link is None or token is None:
        raise RuntimeError("a WebSocket attempt without a client's WebSocket")
    if (upstream := link.upstream) is not None:
        if (upstream.token_id, upstream.secret) == (token.id, token.access_token):
            return upstream.conn, None
        link.upstream = None
        yield SendHttp(CloseSocket(attempt_id), upstream.conn)
    name, provider = state.provider_name, state.provider

    def refused(because: str) -> None:
        log.warning("%s does not speak WebSocket: %s", name, because)
        websockets.refused(provider, because)

    got: Got = yield GetSocket(
        (request.host, request.port),
        request.scheme == "https",
        state.via,
        link=link,
        provider=name,
        token_id=token.id,
        secret=token.access_token,
        refused=refused,
    )
    return got
