"""What to send after a refusal that can be mended: the request without the proofs that were refused, or with the whole
conversation instead of an id that only another account knows."""

import orjson
from mitmproxy import http

from addons.flowstate import FlowState
from addons.header_map import header
from router_core.errors import WireError
from router_core.providers.failure import Failure
from router_core.state.conversations import Conversations
from router_core.state.previous import resolve_previous
from router_core.state.repair import Repair, repair_after
from router_core.wire.encoding import inflate


def mended(flow: http.HTTPFlow, state: FlowState, failure: Failure, conversations: Conversations) -> Repair | None:
    """The mended request; None when the refusal is not one of the known ones, or there is nothing to mend."""
    content = plain_body(flow, state) if state.outgoing is None else state.outgoing.body
    try:
        body = orjson.loads(content or b"")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(body, dict):
        return None
    format, model = state.upstream_call.format, state.record.model
    if format == "openai-responses" and failure.code == "previous_response_not_found":
        try:
            resolved = resolve_previous(body, conversations)
        except WireError:
            return None
        return Repair(resolved.body, ["previous_response_id"], resolved.because) if resolved.because else None
    return repair_after(failure.code, failure.message, body, format, model=model)


def plain_body(flow: http.HTTPFlow, state: FlowState) -> bytes | None:
    """The body of a request that names its provider by the path, decompressed; None when it cannot be."""
    encoding = header(flow.request.headers, b"content-encoding")
    return inflate(flow.request.raw_content or b"", encoding, 2 * state.config.server.max_body_bytes)
