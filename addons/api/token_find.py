"""The token that a path names: as the running router has it, else as it is stored."""

from addons.runtime import Runtime
from router_core.errors import TokenError
from router_core.tokens.token import Token


def named(runtime: Runtime, name: str) -> Token:
    """By name or id.

    Raises:
        TokenError: there is none.
    """
    runtime.pool.refresh(at_once=True)
    return _in_pool(runtime, name) or runtime.store.named(name)


def in_use(runtime: Runtime, name: str) -> Token:
    """The same, only of those that this router pays with.

    Raises:
        TokenError: there is none, or it is not one of them.
    """
    token = named(runtime, name)
    if runtime.pool.get(token.id) is None:
        raise TokenError(f"{token.name} is not used now: a demo runs on this home, with tokens of its own.")
    return token


def _in_pool(runtime: Runtime, name: str) -> Token | None:
    return next((token for token in runtime.pool.all() if name in (token.name, token.id)), None)
