"""`/api/tokens`: the stored credentials, without themselves: listed, switched, put in order, tested."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from addons.api.busy_tokens import views_of
from addons.api.endpoint import Answer, Change, Endpoint, View
from addons.api.token_view import BusyTokenView, TokenView
from addons.runtime import Runtime
from router_core.errors import TokenError
from router_core.tokens.probe import probe
from router_core.tokens.token import Token
from router_core.tokens.view import token_view


class TokenChange(Change):
    """What is left out stays."""

    enabled: bool | None = None
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = None
    """Low ones pay first."""


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


class Tokens:
    """Reads and changes the tokens of this router's home."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        unknown = {400: "There is no such token, or it is kept in config.toml."}
        return [
            Endpoint(
                "GET", "/api/tokens", self.listed, "All tokens, with health, rests, windows and balances", TokenList,
                tag="tokens",
            ),
            Endpoint(
                "PATCH", "/api/tokens/{name}", self.change, "Switch a token on or off, or move it", TokenView,
                body=TokenChange, tag="tokens", errors=unknown, example={"enabled": False},
            ),
            Endpoint(
                "POST", "/api/tokens/{name}/test", self.test, "Try a token with a real minimal request", TokenTest,
                body=Nothing, tag="tokens", errors=unknown, example={},
                description="Costs a few tokens at most. One that works is healthy again.",
            ),
        ]  # fmt: skip

    async def listed(self) -> Answer:
        self.runtime.pool.refresh()
        return Answer({"tokens": await views_of(self.runtime, self.runtime.pool.all())})

    async def change(self, name: str, body: TokenChange) -> Answer:
        self.runtime.pool.settle()
        token = self.runtime.store.named(name)
        self.runtime.store.save(_changed(token, body.model_dump(exclude_none=True)))
        self.runtime.pool.reload()
        return Answer(token_view(self.runtime.store.named(token.id), self.runtime.clock.now()))

    async def test(self, name: str, body: Nothing) -> Answer:
        """Off the event loop; only this caller waits for it."""
        runtime = self.runtime
        token = await runtime.renewals.fresh(runtime.store.named(name))
        config = runtime.config
        if token.provider not in config.providers:
            raise TokenError(f"The provider {token.provider!r} of this token is not configured.")
        result = await asyncio.to_thread(probe, token, config.providers[token.provider], config, runtime.clock)
        if result.ok:
            runtime.pool.settle()
            runtime.store.heal(token.id)
        runtime.pool.reload()
        runtime.pool.observe(token.id, result.windows)
        view = token_view(runtime.pool.get(token.id) or token, runtime.clock.now())
        return Answer({"ok": result.ok, "detail": runtime.redactor.text(result.detail), "token": view})


def _changed(token: Token, values: dict[str, Any]) -> Token:
    if token.origin == "config":
        raise TokenError("This token is kept in config.toml: change it there.")
    return replace(token, **values)
