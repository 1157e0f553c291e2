"""The turns of a WebSocket, and how each of their attempts is made: over a provider's socket, or over HTTP.

A turn mostly holds only what is new, and the id of the response that it continues. That id is good on the socket that
made the response, so a session stays with the token of its socket as long as that token can pay; on any other socket
or over HTTP the turn is sent in full, out of what the router remembers.
"""

import orjson
from mitmproxy import http

from addons.flowstate import FlowState, find_state
from addons.header_map import header_map
from addons.hooks import request_hook
from addons.runtime import Runtime
from addons.websocket_link import TurnRequest
from router_core.asked_for import AskedFor
from router_core.errors import WireError
from router_core.outgoing import Outgoing, safe_query
from router_core.providers.auth import HeaderPairs
from router_core.routing.decide import Route
from router_core.routing.entrance import Entrance
from router_core.routing.target import RouteTarget
from router_core.state.previous import resolve_previous
from router_core.tokens.select import why_not
from router_core.tokens.token import Token
from router_core.wire.codec import RandomMinting, Target
from router_core.wire.edit import edits_between
from router_core.wire.ws_turn import warm_up_events

_STORES = frozenset({"openai", "openai-responses"})
"""Kinds of provider that may know a response by its id on any connection."""
_SOCKETS_OWN = frozenset({"generate", "stream_id"})


class WebSocketTurns:
    """After routing and ingress: what they noted of the POST becomes the notes of a turn."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @request_hook
    def request(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None or not isinstance(flow.request, TurnRequest):
            return
        turn = flow.request.turn
        state.link, state.turn = turn.link, turn
        state.record.method = "WS"
        if state.asked is None:  # a provider named by the path: one target, and its body stays as it is
            headers = header_map(flow.request.headers)
            query = safe_query(flow.request.path.partition("?")[2])
            entrance = Entrance("openai-responses", "generate")
            state.asked = AskedFor(entrance, flow.request.raw_content or b"", headers, query, state.record.session)
            target = RouteTarget(state.provider_name, state.asked.model)
            state.route = Route((target,), state.record.because)
            state.as_it_is = True


def prepare_attempt(runtime: Runtime, state: FlowState, token: Token) -> str:
    """Decide how the next attempt of a turn is made, and give it the body for that; says which way, for the trace.

    Raises:
        WireError: the turn continues a response that nobody knows any more.
    """
    link, asked, turn = state.link, state.asked, state.turn
    if link is None or asked is None or turn is None:
        return ""
    why = "no socket lives" if link.only_http else runtime.websockets.why_not(state.provider_name, state.provider)
    state.over_socket = not why
    body = asked.json
    changed = body
    if not state.over_socket and (own := _SOCKETS_OWN & body.keys()):
        changed = {name: value for name, value in body.items() if name not in own}
    previous = body.get("previous_response_id")
    if previous is not None and not (state.over_socket and link.knows(token, str(previous))):
        try:
            changed = resolve_previous(changed, runtime.conversations).body
        except WireError:
            if state.provider.kind not in _STORES:
                raise
    if changed is not body:
        asked.edits += edits_between(body, changed, "in full, for a connection that does not know the conversation")
        asked.use(changed)
        state.outgoing, state.upstream, state.body_replaced = None, None, True
    if why:
        return f"; over HTTP: {why}"
    return "; over the open WebSocket" if link.is_open_for(token) else "; over a new WebSocket"


def as_it_is(state: FlowState, asked: AskedFor) -> Outgoing:
    """A turn that names its provider by the path: nothing of its body changes."""
    provider = state.provider
    target = Target(state.provider_name, provider.kind, state.record.model)
    return Outgoing(target, "openai-responses", state.rest, asked.body, "pass", True)


def without_socket_beta(fields: HeaderPairs) -> HeaderPairs:
    """The headers of an attempt over HTTP: the beta that stands for the WebSocket is not asked for."""
    out: HeaderPairs = []
    for name, value in fields:
        if name.lower() != b"openai-beta":
            out.append((name, value))
        elif left := [part for part in value.split(b",") if not part.strip().startswith(b"responses_websockets")]:
            out.append((name, b",".join(left)))
    return out


def token_of_socket(runtime: Runtime, state: FlowState) -> Token | None:
    """The token whose socket is open for this client, while it can pay."""
    upstream = state.link.upstream if state.link is not None else None
    token = runtime.pool.get(upstream.token_id) if upstream is not None else None
    if upstream is None or token is None or token.provider != state.provider_name:
        return None
    if token.access_token != upstream.secret or why_not(token, state.record.model, runtime.clock.now(), state.tried):
        return None
    return token


def warm_up_answer(model: str, now: float) -> http.Response:
    """What a provider without WebSocket cannot be asked: to read a prompt and say nothing."""
    id_ = RandomMinting(int(now)).id("resp_")
    records = [b"data: " + orjson.dumps(event) + b"\n\n" for event in warm_up_events(id_, model, now)]
    return http.Response.make(200, b"".join(records), {"content-type": "text/event-stream"})
