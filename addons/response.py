"""`responseheaders`: the winning response: read the token's windows, note what went well, say who answers."""

from mitmproxy import http

from addons.flowstate import FlowState, find_state
from addons.hooks import observing_hook
from addons.runtime import Runtime

REQUEST_HEADER, TARGET_HEADER = "x-mitmrouter-request", "x-mitmrouter-target"


class Response:
    """Sees the response that the client is about to get."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @observing_hook
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None or flow.response is None or state.is_handshake:
            return
        _name(flow.response, state)
        if state.gave_up or state.watch is None:
            return
        now = self.runtime.clock.now()
        if state.token is not None:
            self.runtime.observe_quota(state.token.id, state.watch.headers)
            if state.call.inference:
                self.runtime.pool.succeeded(state.token.id, state.record.model)
        if state.upstream is not None:
            self.runtime.pool.breakers.succeeded(state.upstream.authority)
        state.record.status = flow.response.status_code
        state.record.ttft_ms = round((now - state.record.started_at) * 1000)


def _name(response: http.Response, state: FlowState) -> None:
    """Under which id the trace has it, and who was asked last; a model's name may come from the client."""
    record = state.record
    response.headers[REQUEST_HEADER] = record.id
    if record.attempts:
        response.headers[TARGET_HEADER] = ascii(f"{record.provider}/{record.model}")[1:-1]
