"""What each attempt has cost, and the sum of them for its request."""

from dataclasses import replace

from mitmproxy import http

from addons.budgets import Budgets
from addons.flowstate import FlowState
from addons.loops import Loops
from addons.runtime import Runtime
from router_core.spend.billing import billing_of
from router_core.spend.budget import Amount
from router_core.spend.cost import Cost, cost_of, prompt_tokens
from router_core.spend.streamed import streamed_tokens
from router_core.trace.record import Usage


class Spending:
    """Used by `Failover` for attempts that lost, by `Tracing` for the one that the client saw."""

    def __init__(self, runtime: Runtime, budgets: Budgets, loops: Loops) -> None:
        self.runtime = runtime
        self.budgets = budgets
        self.loops = loops

    def attempt_ended(self, flow: http.HTTPFlow, state: FlowState, usage: Usage, *, whole: bool) -> None:
        """Note what the attempt under way has cost, and settle what was reserved for it.

        Args:
            usage: as far as the provider told it.
            whole: the answer came to its end; else, or when the client has not asked for the usage of a chat stream,
                what was said is estimated.
        """
        attempt, token = state.attempt, state.token
        if attempt is None or token is None or attempt.billing or not state.call.inference:
            self.budgets.release(state)
            return
        told = usage.output_tokens is not None or usage.reported_nano_usd is not None
        usage, estimated = (usage, False) if whole and told else self._completed(flow, state, usage)
        cost = cost_of(
            usage,
            attempt.model,
            provider=attempt.provider,
            at=attempt.started_at,
            overrides=state.config.prices,
        )
        billing = billing_of(state.provider, token)
        if usage.input_tokens is None and usage.output_tokens is None and cost.nano_usd is None:
            self.budgets.settle(state, None if whole else Amount())
            return
        attempt.billing = billing
        attempt.cost_nano_usd, attempt.cost_basis = cost.nano_usd, cost.basis
        if estimated and cost.basis == "price":
            attempt.cost_basis = "estimated"
        self._add(state, cost)
        used = Amount(1, prompt_tokens(usage), usage.output_tokens or 0, cost.nano_usd or 0)
        self.budgets.settle(state, used, metered=billing == "metered")

    def request_ended(self, flow: http.HTTPFlow, state: FlowState) -> None:
        """The client has all it will get: nothing is held any more, and what the session does is looked at."""
        self.budgets.release(state)
        self.loops.observe(flow, state)

    def attempt_lost(self, flow: http.HTTPFlow, state: FlowState) -> None:
        """An attempt failed while nothing had been sent to the client. A provider bills it when it had begun to answer:
        an answer that is held back for its translation may break in its middle."""
        tap = state.watch.tap if state.watch is not None else None
        if tap is not None and tap.content:
            self.attempt_ended(flow, state, tap.usage, whole=False)
        else:
            self.budgets.release(state)

    def _completed(self, flow: http.HTTPFlow, state: FlowState, usage: Usage) -> tuple[Usage, bool]:
        """The usage of an answer with estimates for what the provider has not told."""
        watch = state.watch
        if watch is None or watch.tap is None or not watch.tap.content:
            return usage, False
        model = state.record.model
        said = streamed_tokens(bytes(watch.kept), watch.size, watch.encoding, model)
        usage = replace(usage, output_tokens=max(usage.output_tokens or 0, said))
        if usage.input_tokens is None:
            usage.input_tokens = self.budgets.input_tokens(flow, state)
        return usage, True

    def _add(self, state: FlowState, cost: Cost) -> None:
        record, attempt = state.record, state.attempt
        if attempt is None:
            return
        if record.billing != "metered":
            record.billing = attempt.billing
        if cost.nano_usd is None:
            return
        record.cost_nano_usd = (record.cost_nano_usd or 0) + cost.nano_usd
        record.cost_basis = attempt.cost_basis
        if attempt.billing == "metered":
            record.metered_nano_usd += cost.nano_usd
