"""An attempt's path, body and headers as its target is asked; the credentials are put in after that."""

from collections.abc import Sequence

from mitmproxy import http

from addons.flowstate import FlowState
from addons.mending import plain_body
from addons.proofs import turn_state_is_foreign
from addons.runtime import Runtime
from addons.websocket_turns import without_socket_beta
from router_core.asked_for import AskedFor
from router_core.config.schema import ProviderConfig
from router_core.models.info import Endpoint
from router_core.outgoing import Outgoing, put
from router_core.outgoing_compact import put_compact, put_compaction_turn
from router_core.outgoing_copilot import headers_of_body
from router_core.providers.account import project_of
from router_core.providers.auth import HeaderPairs
from router_core.routing.target import RouteTarget
from router_core.tokens.token import Token


def put_to(
    asked: AskedFor, target: RouteTarget, provider: ProviderConfig, *, compat: bool, offered: Sequence[Endpoint]
) -> Outgoing:
    """The request as this target is asked.

    Raises:
        WireError: the target cannot be told what the client asks for.
    """
    if asked.entrance.operation == "compact":
        return put_compact(asked, target, provider, compat=compat, offered=offered)
    turn = put_compaction_turn(asked, target, provider, compat=compat, offered=offered)
    return turn or put(asked, target, provider, compat=compat, offered=offered)


def put_in_form(runtime: Runtime, flow: http.HTTPFlow, state: FlowState, token: Token) -> HeaderPairs:
    """Put the body in that the present target gets from this token; returns the headers for it."""
    fields = [
        (name, value)
        for name, value in state.client_headers
        if name.lower() != b"x-codex-turn-state" or not turn_state_is_foreign(runtime, state, value, token.id)
    ]
    if state.turn is not None and not state.over_socket:
        fields = without_socket_beta(fields)
    if (outgoing := state.outgoing) is not None:
        return with_headers(_put_body(flow, state, outgoing, fields, token), outgoing.added)
    if state.mended is not None:
        flow.request.data.content = state.mended
        fields = with_body(fields, state.mended)
    if state.provider.kind == "copilot" and state.call.inference:
        fields = with_headers(fields, headers_of_body(state.call.format, plain_body(flow, state) or b""))
    return fields


def _put_body(
    flow: http.HTTPFlow, state: FlowState, outgoing: Outgoing, fields: HeaderPairs, token: Token
) -> HeaderPairs:
    """Put a routed request's own body in; the client's bytes stay where nothing of them changes."""
    if outgoing.treatment == "pass" and not outgoing.edits and not state.body_replaced:
        return fields
    state.body_replaced = True
    body = outgoing.body
    if outgoing.envelope is not None:
        body = outgoing.envelope.wrap(body, project_of(state.provider, token))
    flow.request.data.content = body
    if outgoing.headers is not None:
        fields = outgoing.headers
    elif outgoing.treatment != "pass":  # its stream is read here
        fields = [(name, value) for name, value in fields if name.lower() not in (b"accept-encoding", b"accept")]
    elif outgoing.dropped:
        fields = [(name, value) for name, value in fields if name.lower() not in outgoing.dropped]
    return with_body(fields, body)


def with_headers(fields: HeaderPairs, more: Sequence[tuple[str, str]]) -> HeaderPairs:
    """The headers with those that the provider wants; what the client says itself stays."""
    if not more:
        return fields
    said = {name.lower() for name, _ in fields}
    return [*fields, *((n.encode(), v.encode()) for n, v in more if n.lower().encode() not in said)]


def with_body(fields: HeaderPairs, body: bytes) -> HeaderPairs:
    """The headers for a body of ours instead of the client's."""
    framing = (b"content-length", b"content-encoding", b"transfer-encoding")
    kept = [(name, value) for name, value in fields if name.lower() not in framing]
    return [*kept, (b"Content-Length", str(len(body)).encode())]
