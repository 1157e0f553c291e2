"""Runaway agents: looked for when a request is over, so that no request waits for it; said, or stopped, at the next."""

import logging
from dataclasses import replace

from mitmproxy import http

from addons.flowstate import FlowState, find_state
from addons.hooks import observing_hook, request_hook
from addons.mending import plain_body
from addons.runtime import Runtime
from router_core.errors import BudgetExceeded
from router_core.spend.last_turn import calls_of, last_turn
from router_core.spend.loops import LoopMemory
from router_core.text import printable

log = logging.getLogger("mitmrouter")

LOOP_HEADER = "x-mitmrouter-loop"
DIGESTED_BYTES = 64 * 1024


class LoopStopped(BudgetExceeded):
    """The session repeats itself, and the owner wants that stopped."""

    kind = "loop_stopped"


class Loops:
    """Before the attempt: is this session known to run away? After it: has it begun to?"""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.memory = LoopMemory()

    @request_hook
    def request(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None or not _watched(state):
            return
        key, action = _key(state), state.config.spend.loops.action
        alarm = self.memory.alarm(key)
        if not alarm.kind:
            return
        if action == "stop":
            body = _body(flow, state)
            if self.memory.goes_on(key, last_turn(body, state.call.format), _digest(body)):
                state.stopped = LoopStopped(
                    f"This session was stopped: {alarm.text}. Tell it something new to go on, or see [spend.loops] in "
                    "config.toml.",
                    None,
                    "refuse",
                )
                return
        state.loop_warning = alarm.text

    @observing_hook
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is not None and state.loop_warning and flow.response is not None:
            flow.response.headers[LOOP_HEADER] = ascii(state.loop_warning)[1:-1]

    def observe(self, flow: http.HTTPFlow, state: FlowState) -> None:
        """A request is over: remember what it tells of its session."""
        if not _watched(state) or state.stopped is not None:
            return
        config, record, usage = state.config.spend.loops, state.record, state.record.usage
        parts = usage.input_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens, usage.output_tokens
        tokens, now = sum(part or 0 for part in parts), self.runtime.clock.now()
        body, key = _body(flow, state), _key(state)
        turn = last_turn(body, state.call.format)
        if state.collector is not None and (state.turn is not None or state.continues) and not turn.calls:
            turn = replace(turn, answered=calls_of(state.collector.items()))
        before = self.memory.alarm(key).kind
        alarm = self.memory.observe(key, turn, _digest(body), tokens, record.cost_nano_usd or 0, config, now)
        if alarm.kind and alarm.kind != before:
            verb = "is stopped" if config.action == "stop" else "may run away"
            log.warning("session %s %s: %s", printable(record.session, 80), verb, printable(alarm.text))


def _watched(state: FlowState) -> bool:
    watched = state.call.inference and not state.counts and not state.is_handshake and bool(state.record.session)
    return watched and state.config.spend.loops.action != "off"


def _key(state: FlowState) -> str:
    """A subagent is a line of work of its own."""
    return f"{state.record.session}\0{state.asker.thread}"


def _body(flow: http.HTTPFlow, state: FlowState) -> bytes:
    return state.asked.as_sent if state.asked is not None else plain_body(flow, state) or b""


def _digest(body: bytes) -> bytes:
    """Python's own hash, salted in each process: nothing is as quick, and it is compared within this process only. Of a
    long body its length and its end, where two turns of a conversation differ."""
    return hash((len(body), body[-DIGESTED_BYTES:])).to_bytes(8, "big", signed=True)
