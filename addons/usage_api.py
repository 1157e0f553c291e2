"""`/api/usage`: windows, forecasts and balances.

With `?refresh=1` the usage endpoints of providers are asked first, where what is known is old; with `?refresh=always`
also where it is not. Their own limits hold in any case. With `?session=ID` it also says who answered that session last.
"""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs

from addons.runtime import Runtime
from router_core.quota.poll import Polled
from router_core.quota.take import news_of
from router_core.quota.view import NOTHING_KNOWN
from router_core.store.database import open_read_only
from router_core.store.quota import learn_facts, write_balances
from router_core.store.traces import last_answered
from router_core.tokens.token import Token
from router_core.tokens.view import token_view


class UsageApi:
    """What the admin plane says of quota."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def views(self, tokens: Sequence[Token]) -> list[dict[str, Any]]:
        """The tokens with forecasts and balances; worked out in a thread."""
        known = await asyncio.to_thread(self.runtime.inquiry.known, tokens, self.runtime.config)
        now = self.runtime.clock.now()
        return [
            {**token_view(token, now, known.get(token.id, NOTHING_KNOWN)), **self._in_flight(token.id, now)}
            for token in tokens
        ]

    def _in_flight(self, token_id: str, now: float) -> dict[str, Any]:
        """How many requests hold the token at this moment, and which, as `trace show` takes them."""
        held = self.runtime.pool.leases.held(token_id, now)
        return {"in_flight": len(held), "held_by": [lease.owner for lease in held]}

    async def answer(self, query: str) -> dict[str, Any]:
        """The whole answer of `/api/usage`."""
        runtime = self.runtime
        runtime.pool.refresh()
        tokens = runtime.pool.all()
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        refresh = asked.get("refresh", "")
        why: dict[str, str] = {}
        if refresh in ("1", "always"):
            tokens = list(await asyncio.gather(*(runtime.renewals.fresh(token) for token in tokens)))
            polls = await asyncio.to_thread(runtime.inquiry.ask, runtime.config, tokens, forced=refresh == "always")
            for token, polled in polls:
                why[token.id] = runtime.redactor.text(polled.because)
                self._take(token, polled)
        await asyncio.to_thread(runtime.pool.settle)  # what answers have told is in the queue
        runtime.pool.refresh()
        tokens = runtime.pool.all()
        views = await self.views(tokens)
        told: dict[str, Any] = {"tokens": [{**view, "not_polled": why.get(view["id"], "")} for view in views]}
        if session := asked.get("session"):
            told["session"] = await asyncio.to_thread(self._last_answered, session, asked.get("model", ""))
        return told

    def _last_answered(self, session: str, model: str) -> dict[str, Any] | None:
        traces = open_read_only(self.runtime.home.traces_db)
        with closing(traces.conn):
            return last_answered(traces, session, model)

    def _take(self, token: Token, polled: Polled) -> None:
        report, runtime = polled.report, self.runtime
        if report is None:
            return
        runtime.observe_windows(token.id, report.windows)
        runtime.pool.relieved(token.id, report.windows)
        runtime.write_token(lambda connection: write_balances(connection, token.id, report.balances, whole=True))
        if facts := news_of(token, report):
            runtime.write_token(lambda connection: learn_facts(connection, token.id, facts))
