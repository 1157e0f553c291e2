"""The token that a path names: as the running router has it, else as it is stored."""

from addons.runtime import Runtime
from router_core.errors import Refused, TokenError
from router_core.tokens.token import Token


def named(runtime: Runtime, name: str) -> Token:
    """By name or id.

    Raises:
        Refused: there is none.
    """
    runtime.pool.refresh(at_once=True)
    if token := next((token for token in runtime.pool.all() if name in (token.name, token.id)), None):
        return token
    try:
        return runtime.store.named(name)
    except TokenError as error:
        raise Refused(404, "not_found", error.message) from None


def in_use(runtime: Runtime, name: str) -> Token:
    """The same, only of those that this router pays with.

    Raises:
        Refused: there is none.
        TokenError: it is not one of them.
    """
    token = named(runtime, name)
    if runtime.pool.get(token.id) is None:
        raise TokenError(f"{token.name} is not used now: a demo runs on this home, with tokens of its own.")
    return token
