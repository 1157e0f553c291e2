"""`/api/tokens`: the stored credentials, without themselves: listed, looked at, tested, renewed, woken from a rest.

What their owner changes of them is in token_changes.py.
"""

import asyncio
from collections.abc import Sequence
from typing import Literal

from addons.api.busy_tokens import views_of
from addons.api.endpoint import Answer, Change, Endpoint, Question, View
from addons.api.token_detail import TokenDetail, detail_of
from addons.api.token_find import in_use, named
from addons.api.token_view import BusyTokenView, TokenView
from addons.api.token_write import settled, write_tokens
from addons.outside import ask_outside
from addons.runtime import Runtime
from router_core.clock import to_ms
from router_core.errors import TokenError
from router_core.oauth.due import chain_of, login_of
from router_core.oauth.want import Want
from router_core.text import printable
from router_core.tokens.probe import probe
from router_core.tokens.view import token_view

RENEWAL_WAIT_S = 50.0
UNKNOWN = {400: "This cannot be done with it.", 404: "There is no such token."}


class Nothing(Change):
    """`{}`."""


class TokenList(View):
    """All tokens, in the order in which they are listed everywhere."""

    tokens: list[BusyTokenView]


class TokenTest(View):
    """What came of a real minimal request."""

    ok: bool
    detail: str
    token: TokenView


class TokenRefresh(View):
    """What came of a renewal."""

    ok: bool
    state: Literal["fresh", "renewed", "adopted", "failed"]
    """`adopted`: the vendor's own program had renewed it."""
    because: str
    expires_at: int | None
    """Epoch milliseconds."""
    token: TokenView


class WhichRest(Question):
    """Which rests to end."""

    model: str | None = None
    """Only the rest of the token for this model; "" is that of the whole token. Left out: all of them."""


class Tokens:
    """Reads the tokens of this router's home, and has them tried."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "GET", "/api/tokens", self.listed, "All tokens, with health, rests, windows and balances", TokenList,
                tag="tokens",
            ),
            Endpoint(
                "GET", "/api/tokens/{name}", self.shown,
                "One token: also its login, samples of its windows, what it was used for, and its sessions",
                TokenDetail, tag="tokens", errors=UNKNOWN,
            ),
            Endpoint(
                "POST", "/api/tokens/{name}/test", self.test, "Try a token with a real minimal request", TokenTest,
                body=Nothing, tag="tokens", errors=UNKNOWN, example={},
                description="Costs a few tokens at most. One that works is healthy again.",
            ),
            Endpoint(
                "POST", "/api/tokens/{name}/refresh", self.refresh, "Renew a login now", TokenRefresh,
                body=Nothing, tag="tokens", errors=UNKNOWN, example={},
                description="Done once, however many ask; a login that is shared is handed over to its other owner.",
            ),
            Endpoint(
                "DELETE", "/api/tokens/{name}/cooldowns", self.wake, "End the rests of a token", TokenView,
                query=WhichRest, tag="tokens", errors=UNKNOWN,
                description="The next request may be paid with it again; if the provider still refuses, it rests anew.",
            ),
        ]  # fmt: skip

    async def listed(self) -> Answer:
        self.runtime.pool.refresh()
        return Answer({"tokens": await views_of(self.runtime, self.runtime.pool.all())})

    async def shown(self, name: str) -> Answer:
        runtime = self.runtime
        token = named(runtime, name)
        tokens = [other for other in runtime.pool.all() if other.provider == token.provider]
        views = {view["id"]: view for view in await views_of(runtime, tokens if token in tokens else [token])}
        return Answer({**views[token.id], **await asyncio.to_thread(detail_of, runtime, token)})

    async def test(self, name: str, body: Nothing) -> Answer:
        """Off the event loop; only this caller waits for it."""
        runtime = self.runtime
        token = await runtime.renewals.fresh(in_use(runtime, name))
        config = runtime.config
        if token.provider not in config.providers:
            raise TokenError(f"The provider {token.provider!r} of this token is not configured.")
        result = await ask_outside(probe, token, config.providers[token.provider], config, runtime.clock)
        if result.ok:
            await settled(runtime)
            await write_tokens(runtime, lambda store: store.heal(token.id))
        runtime.pool.observe(token.id, result.windows)
        view = token_view(runtime.pool.get(token.id) or token, runtime.clock.now())
        return Answer({"ok": result.ok, "detail": runtime.redactor.text(result.detail), "token": view})

    async def refresh(self, name: str, body: Nothing) -> Answer:
        runtime = self.runtime
        token = in_use(runtime, name)
        if chain_of(token, login_of(token, runtime.config)) is None:
            raise TokenError(f"{token.name} is no login that could be renewed: it is used as it is.")
        done = await runtime.renewals.renewed(token, Want(refused=token.generation, owner=True), RENEWAL_WAIT_S)
        stored = runtime.pool.get(token.id) or token
        return Answer(
            {
                "ok": done.ok,
                "state": done.state,
                "because": runtime.redactor.text(printable(done.because, 1000)),
                "expires_at": None if stored.expires_at is None else to_ms(stored.expires_at),
                "token": token_view(stored, runtime.clock.now()),
            }
        )

    async def wake(self, name: str, query: WhichRest) -> Answer:
        runtime = self.runtime
        token = in_use(runtime, name)
        runtime.pool.wake(token.id, query.model)
        return Answer(token_view(runtime.pool.get(token.id) or token, runtime.clock.now()))
