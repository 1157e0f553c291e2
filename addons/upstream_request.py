"""An attempt's body, and the client's headers as they go with it; the credentials are put in after that."""

from mitmproxy import http

from addons.flowstate import FlowState
from addons.mending import plain_body
from addons.proofs import turn_state_is_foreign
from addons.runtime import Runtime
from addons.upstream_form import with_body, with_headers
from addons.websocket_turns import without_socket_beta
from router_core.outgoing import Outgoing
from router_core.outgoing_copilot import headers_of_body
from router_core.providers.account import project_of
from router_core.providers.auth import HeaderPairs
from router_core.tokens.token import Token


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
