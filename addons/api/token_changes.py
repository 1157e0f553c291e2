"""What their owner changes of the tokens: added, edited, put in order, removed. Secrets go in, and never out."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, SecretStr

from addons.api.endpoint import Answer, Change, Endpoint, View
from addons.api.token_find import named
from addons.api.token_view import TokenView
from addons.api.token_write import settled, write_tokens
from addons.api.tokens import UNKNOWN
from addons.outside import ask_outside
from addons.runtime import Runtime
from router_core.store.tokens import TokenStore
from router_core.tokens.given import (
    COMPAT_WARNING,
    CREDENTIAL_LIMIT,
    NO_KEY,
    Given,
    changed,
    check_provider,
    new_token,
    own,
    provider_meant,
)
from router_core.tokens.given import Change as Wanted
from router_core.tokens.order import ordered, priorities_of
from router_core.tokens.probe import probe
from router_core.tokens.view import token_view

Priority = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Weight = Annotated[float, Field(ge=0.01, le=1000)]


class NewToken(Change):
    """A credential under a name of its owner's choice."""

    name: str
    provider: str
    """`claude`, `codex`, `openai` …; see `/api/providers`."""
    access_token: SecretStr | None = None
    """Left out where the provider needs no key."""
    refresh_token: SecretStr | None = None
    account_id: str | None = None
    """Of ChatGPT; taken from the token itself when left out."""
    priority: Priority = 100
    """Low ones pay first."""
    weight: Weight = 1.0
    """Share of the requests under round_robin and least_used."""
    max_concurrent: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Most requests under way with it at once."""
    claude_code_compat: bool = False
    """A subscription token pays for other clients than Claude Code, too; the provider's terms may forbid it."""
    test: bool = False
    """Try it with a real minimal request first; one that does not work is not stored."""


class TokenChange(Change):
    """What is left out stays."""

    name: str | None = None
    enabled: bool | None = None
    priority: Priority | None = None
    """Low ones pay first."""
    weight: Weight | None = None
    max_concurrent: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """0 takes the limit off."""
    account_id: str | None = None
    claude_code_compat: bool | None = None
    """A subscription token pays for other clients than Claude Code, too; the provider's terms may forbid it."""
    access_token: SecretStr | None = None
    """A new credential; the token counts as healthy again."""


class TokenOrder(Change):
    """Names of tokens of one provider, the one that is taken first at the beginning."""

    names: Annotated[list[str], Field(min_length=1, max_length=10_000)]


class Added(View):
    """A token was stored, or not."""

    stored: bool
    """False: it was tried and does not work."""
    token: TokenView | None
    tested: str
    """What the provider said; "": it was not asked."""
    notes: list[str]


class TokensInOrder(View):
    """As they are taken from now on."""

    tokens: list[TokenView]


class Removed(View):
    """A token that is no longer there. The provider was not told."""

    name: str
    provider: str


class TokenChanges:
    """Changes the tokens of this router's home."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._one_at_a_time = asyncio.Lock()
        """A token is read, changed and written as a whole."""

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "POST", "/api/tokens", self.add, "Add a token", Added, body=NewToken, status=201, tag="tokens",
                errors={400: "Its name, provider or credential cannot be."},
                example={"name": "work", "provider": "openai", "access_token": "sk-…", "test": True},
            ),
            Endpoint(
                "PUT", "/api/tokens/order", self.order, "Put the tokens of a provider in order", TokensInOrder,
                body=TokenOrder, tag="tokens", errors=UNKNOWN, example={"names": ["work", "home"]},
                description="Priorities change as little as that takes.",
            ),
            Endpoint(
                "PATCH", "/api/tokens/{name}", self.change, "Change a token", TokenView,
                body=TokenChange, tag="tokens", errors=UNKNOWN, example={"enabled": False},
            ),
            Endpoint(
                "DELETE", "/api/tokens/{name}", self.remove, "Forget a token and its credential", Removed,
                tag="tokens", errors=UNKNOWN,
                description="The provider is not told: revoke it there as well if need be.",
            ),
        ]  # fmt: skip

    async def add(self, body: NewToken) -> Answer:
        runtime, config = self.runtime, self.runtime.config
        self._learn(body.access_token, body.refresh_token)
        provider = provider_meant(body.provider, config)
        settings = config.providers[provider]
        secret = _open(body.access_token)
        given = Given(
            body.name, provider, NO_KEY if secret is None and settings.keyless else secret or "",
            _open(body.refresh_token), body.account_id, body.priority, body.weight, body.max_concurrent,
            body.claude_code_compat,
        )  # fmt: skip
        new = new_token(given, settings, runtime.store.all())
        notes = [f"{body.provider} is called {provider} here."] if provider != body.provider else []
        if new.claude_code_compat:
            notes.append(f"Note: {COMPAT_WARNING}")
        tested, test = "", body.test and not runtime.is_demo
        if test:
            result = await ask_outside(probe, new, settings, config, runtime.clock)
            tested = runtime.redactor.text(result.detail)
            if not result.ok:
                return Answer({"stored": False, "token": None, "tested": tested, "notes": notes}, status=200)
        stored = await write_tokens(runtime, lambda store: store.add(new))
        if test:
            runtime.pool.observe(stored.id, result.windows)
        if runtime.is_demo:
            notes.append("It was not tried, and is not used now: a demo runs on this home, with tokens of its own.")
        view = token_view(runtime.pool.get(stored.id) or stored, runtime.clock.now())
        return Answer({"stored": True, "token": view, "tested": tested, "notes": notes})

    async def change(self, name: str, body: TokenChange) -> Answer:
        runtime = self.runtime
        self._learn(body.access_token)
        values = body.model_dump(exclude_none=True, exclude={"access_token"})
        wanted = Wanted(**values, access_token=_open(body.access_token))
        is_new = wanted.access_token is not None
        async with self._one_at_a_time:
            await settled(runtime)
            after = changed(named(runtime, name), wanted, lambda provider: check_provider(provider, runtime.config))

            def write(store: TokenStore) -> None:
                store.save(after, new_credential=is_new)
                if is_new:
                    store.heal(after.id)  # whatever was wrong was wrong with the old credential

            await write_tokens(runtime, write)
        return Answer(self._view(after.id))

    async def order(self, body: TokenOrder) -> Answer:
        runtime = self.runtime
        async with self._one_at_a_time:
            await settled(runtime)
            runtime.pool.refresh(at_once=True)
            known = {token.id: token for token in (*runtime.store.all(), *runtime.pool.all())}
            tokens = ordered(body.names, list(known.values()))
            by_id = {token.id: token for token in tokens}
            moved = [
                changed(by_id[token_id], Wanted(priority=priority), lambda each: check_provider(each, runtime.config))
                for token_id, priority in priorities_of(tokens).items()
            ]

            def write(store: TokenStore) -> None:
                for token in moved:
                    store.save(token)

            await write_tokens(runtime, write)
        return Answer({"tokens": [self._view(token.id) for token in tokens]})

    async def remove(self, name: str) -> Removed:
        runtime = self.runtime
        async with self._one_at_a_time:
            await settled(runtime)
            gone = own(named(runtime, name))
            await write_tokens(runtime, lambda store: store.remove(gone.id))
        return Removed(name=gone.name, provider=gone.provider)

    def _view(self, token_id: str) -> dict[str, Any]:
        return token_view(named(self.runtime, token_id), self.runtime.clock.now())

    def _learn(self, *given: SecretStr | None) -> None:
        """Masked wherever it turns up, from now on, whatever becomes of it."""
        secrets = [secret.strip() for each in given if (secret := _open(each))]
        self.runtime.redactor.know(secret for secret in secrets if len(secret) <= CREDENTIAL_LIMIT)


def _open(given: SecretStr | None) -> str | None:
    return None if given is None else given.get_secret_value()
