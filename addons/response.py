"""`responseheaders`: the winning response: read the token's windows, note what went well, add what streaming needs."""

from mitmproxy import http

from addons.flowstate import find_state
from addons.hooks import observing_hook
from addons.runtime import Runtime
from router_core.trace.record import lasted_ms


class Response:
    """Sees the response that the client is about to get."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @observing_hook
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None or flow.response is None or state.gave_up or state.watch is None:
            return
        now = self.runtime.clock.now()
        if state.token is not None:
            self.runtime.observe_quota(state.token.id, state.watch.headers)
            if state.call.inference:
                self.runtime.pool.succeeded(state.token.id, state.record.model)
        if state.upstream is not None:
            self.runtime.pool.breakers.succeeded(state.upstream.authority)
        state.record.status = flow.response.status_code
        state.record.ttft_ms = lasted_ms(state.record.started_at, now)
