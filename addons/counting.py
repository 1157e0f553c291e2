"""`count_tokens` in all its forms: the provider's own endpoint where it has one, else an estimate that says so."""

from mitmproxy import http

from addons.answers import answer_json
from addons.flowstate import FlowState, find_state
from addons.hooks import request_hook
from addons.runtime import Runtime
from router_core.counting.answer import count_response
from router_core.outgoing_count import put_count

ESTIMATED = "x-mitmrouter-estimate"


class Counting:
    """Answers requests to count tokens, or sends them on to whoever can count."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @request_hook
    def request(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None or state.asked is None or state.route is None or state.asked.entrance.operation != "count":
            return
        outgoing = put_count(state.asked, state.route.targets[0], state.provider)
        if outgoing is None:
            answer_estimate(flow, state)
        else:
            state.outgoing, state.rest = outgoing, outgoing.rest


def answer_estimate(flow: http.HTTPFlow, state: FlowState) -> None:
    """The router's own count; a header says that it is one."""
    if state.asked is None:
        raise RuntimeError("only routed requests are counted here")
    answer_json(flow, count_response(state.asked.entrance.format, state.asked.input_tokens))
    if flow.response is not None:
        flow.response.headers[ESTIMATED] = "input_tokens"
