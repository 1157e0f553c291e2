"""The answers to a request that goes nowhere, in the client's own format."""

import logging

from mitmproxy import http

from addons.answers import respond
from addons.counting import answer_estimate
from addons.flowstate import FlowState
from router_core.errors import BudgetExceeded, NoTokenAvailable
from router_core.text import printable
from router_core.wire.errors import budget_answer, error_answer, none_available_answer

log = logging.getLogger("mitmrouter")


def answer_none_available(flow: http.HTTPFlow, state: FlowState, error: NoTokenAvailable, now: float) -> None:
    """No token can pay: who comes back when. Or no budget has room: which one, and when it begins anew."""
    if state.counts:
        log.info("%s is answered with an estimate: %s", state.record.id, printable(error.message, 1000))
        answer_estimate(flow, state)
        return
    message = printable(error.message if isinstance(error, BudgetExceeded) else _with_reason(error, state), 1000)
    log.warning("%s refused: %s: %s", state.record.id, error.kind.replace("_", " "), message)
    state.gave_up = True
    state.record.error = message
    if not state.record.attempts:
        state.record.state = "refused"
    wait_s = error.retry_after_s
    if isinstance(error, BudgetExceeded):
        answer = budget_answer(state.call.format, error.kind, message, wait_s, now=now, is_codex=state.is_codex)
    else:
        answer = none_available_answer(state.call.format, message, wait_s, now=now, is_codex=state.is_codex)
    respond(flow, answer)


def _with_reason(error: NoTokenAvailable, state: FlowState) -> str:
    """Who has set a scenario's target a while ago is told what brought a request there."""
    route = state.route
    if route is None or route.scenario in ("", "default"):
        return error.message
    return f"{error.message.rstrip('.')}. It is asked because: {route.because}."


def answer_host_rests(flow: http.HTTPFlow, state: FlowState, wait_s: float, because: str) -> None:
    host = state.upstream.authority if state.upstream else ""
    if state.counts:
        answer_estimate(flow, state)
        return
    message = f"{host} has failed again and again and is asked again in {wait_s:.0f} s. Last: {because}"
    log.warning("%s refused: %s", state.record.id, message)
    state.gave_up = True
    state.record.error, state.record.state = message, "refused"
    answer = error_answer(state.call.format, 503, "host_resting", message)
    answer.headers.append(("retry-after", str(max(1, round(wait_s + 0.5)))))
    respond(flow, answer)
