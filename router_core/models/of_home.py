"""The models of a home folder's providers, for commands: the lists that the router has kept, or the providers asked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from router_core.clock import Clock
from router_core.config.schema import Config
from router_core.errors import NoTokenAvailable
from router_core.home import Home
from router_core.models.discovery import ModelDirectory, Source
from router_core.models.fetch import fetch_models
from router_core.models.info import ModelInfo
from router_core.providers.catalogue import vendor_of
from router_core.store.tokens import open_tokens
from router_core.tokens.of_config import tokens_of_config
from router_core.tokens.token import Token


@dataclass(frozen=True, slots=True)
class Offered:
    """What one provider offers."""

    provider: str
    models: tuple[ModelInfo, ...]
    is_own_list: bool
    """False: it could not be asked, and this is what the configuration or we know of it."""
    problem: str
    """Why it could not be asked; ""."""


def models_of_home(
    home: Home, config: Config, clock: Clock, providers: Sequence[str] = (), *, refresh: bool = False
) -> list[Offered]:
    """Each provider that has a token of the user's, in the order of listings. A demo's tokens belong to its simulator:
    nobody is asked with them.

    Args:
        providers: only these; with or without a token.
        refresh: ask now, however fresh what is known may be.
    """
    tokens = _tokens(home, config, clock)
    names = sorted(config.providers, key=lambda name: (config.providers[name].order, name))
    wanted = [name for name in names if name in providers or (not providers and name in tokens)]
    return asyncio.run(
        _ask(home, config, clock, [name for name in wanted if config.providers[name].enabled], tokens, refresh)
    )


async def _ask(
    home: Home, config: Config, clock: Clock, names: Sequence[str], tokens: dict[str, Token], refresh: bool
) -> list[Offered]:
    async def fetch(name: str) -> tuple[int, object]:
        if name not in tokens:
            raise NoTokenAvailable(f"{name} has no token", None)
        return await fetch_models(name, tokens[name], config)

    directory = ModelDirectory(fetch, clock, file=home.models_file, patience_s=12.0)
    found = []
    try:
        if refresh:
            await asyncio.gather(*(directory.refresh(name) for name in names if name in tokens))
        for name in names:
            provider = config.providers[name]
            models = await directory.models_of(Source(name, provider.models, vendor_of(name, provider)))
            found.append(Offered(name, tuple(models), directory.knows(name), directory.problem(name) or ""))
    finally:
        await directory.close()
    return found


def _tokens(home: Home, config: Config, clock: Clock) -> dict[str, Token]:
    """The one of each provider that is best to ask with."""
    stored = open_tokens(home, clock).all() if home.tokens_db.exists() else []
    stored, now = [token for token in stored if token.origin == "user"], clock.now()
    usable = [token for token in (*stored, *tokens_of_config(config)) if token.status(now) in ("healthy", "resting")]
    best: dict[str, Token] = {}
    for token in sorted(usable, key=lambda token: (token.status(now) != "healthy", token.priority)):
        best.setdefault(token.provider, token)
    return best
