"""`/api/usage`: windows, forecasts and balances."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Literal

from addons.api.busy_tokens import views_of
from addons.api.endpoint import Answer, Endpoint, Question, View
from addons.api.token_view import BusyTokenView
from addons.outside import ask_outside
from addons.runtime import Runtime
from router_core.quota.poll import Polled
from router_core.quota.take import news_of
from router_core.store.database import open_read_only
from router_core.store.quota import learn_facts, write_balances
from router_core.store.sessions import agents
from router_core.store.traces import last_answered
from router_core.tokens.token import Token


class UsageQuestion(Question):
    """Whether providers are asked first, and whose last answer is told, too."""

    refresh: Literal["", "0", "1", "always"] = ""
    """`1`: the usage endpoints of providers are asked first where what is known is old; `always`: also where it is not.
    Their own limits hold in any case."""
    session: str = ""
    """Also say who answered this session last."""
    model: str = ""
    """With `session`: an answer to who asked for this model comes first."""


class PolledTokenView(BusyTokenView):
    """A token, and whether its provider was asked for this answer."""

    not_polled: str
    """Why its provider was not asked; "": it was, or nobody wanted it."""


class LastAnswer(View):
    """Who answered a session last."""

    provider: str
    model: str
    token: str
    cost_nano_usd: int
    """Of the whole session so far, its subagents included; at list prices where a subscription pays."""
    metered_nano_usd: int
    """The part of it that is billed by the token."""


class Windows(View):
    """Of all tokens."""

    tokens: list[PolledTokenView]
    session: LastAnswer | None = None
    """Only when a session was asked for; null: nobody has answered it."""


class Usage:
    """What the API says of quota."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "GET", "/api/usage", self.answer, "Windows, forecasts and balances", Windows,
                query=UsageQuestion, tag="tokens",
            ),
        ]  # fmt: skip

    async def answer(self, query: UsageQuestion) -> Answer:
        runtime = self.runtime
        runtime.pool.refresh()
        tokens = runtime.pool.all()
        why: dict[str, str] = {}
        if query.refresh in ("1", "always"):
            forced = query.refresh == "always"
            tokens = list(await asyncio.gather(*(runtime.renewals.fresh(token) for token in tokens)))
            polls = await ask_outside(runtime.inquiry.ask, runtime.config, tokens, forced=forced)
            for token, polled in polls:
                why[token.id] = runtime.redactor.text(polled.because)
                self._take(token, polled)
        await asyncio.to_thread(runtime.pool.settle)  # what answers have told is in the queue
        runtime.pool.refresh(at_once=True)  # also what was looked for a moment ago
        views = await views_of(runtime, runtime.pool.all())
        told: dict[str, Any] = {"tokens": [{**view, "not_polled": why.get(view["id"], "")} for view in views]}
        if query.session:
            told["session"] = await asyncio.to_thread(self._last_answered, query.session, query.model)
        return Answer(told)

    def _last_answered(self, session: str, model: str) -> dict[str, Any] | None:
        traces = open_read_only(self.runtime.home.traces_db)
        with closing(traces.conn):
            last = last_answered(traces, session, model)
            lines = agents(traces, session) if last else []
        costs = {name: sum(getattr(line, name) for line in lines) for name in ("cost_nano_usd", "metered_nano_usd")}
        return last and {**last, **costs}

    def _take(self, token: Token, polled: Polled) -> None:
        report, runtime = polled.report, self.runtime
        if report is None:
            return
        runtime.observe_windows(token.id, report.windows)
        runtime.pool.relieved(token.id, report.windows)
        runtime.write_token(lambda connection: write_balances(connection, token.id, report.balances, whole=True))
        if facts := news_of(token, report):
            runtime.write_token(lambda connection: learn_facts(connection, token.id, facts))
