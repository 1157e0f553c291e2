"""The tokens that the configuration itself holds: an `api_key`, or none where a provider needs none."""

from collections.abc import Mapping

from router_core.config.schema import Config
from router_core.tokens.token import Token, credential_kind

LAST = 1_000_000
"""Their priority: registered tokens come first."""


def tokens_of_config(config: Config) -> tuple[Token, ...]:
    """One per provider that has one."""
    found = []
    for name, provider in config.providers.items():
        if provider.api_key and (secret := provider.api_key.get_secret_value()):
            id_ = f"config:{name}"
            sort = credential_kind(secret)
            found.append(Token(id_, id_, name, secret, priority=LAST, origin="config", credential=sort))
        elif provider.keyless and provider.models:  # the owner says what it serves: it is listed like any other
            found.append(keyless_token(name))
    return tuple(found)


def keyless_token(provider: str) -> Token:
    """What pays at a provider that needs no key. It is registered nowhere: such a provider is used where a target or a
    path names it, and is neither asked for a list nor guessed at while nobody says that it is there."""
    return Token(f"keyless:{provider}", f"keyless:{provider}", provider, "", priority=LAST, origin="config")


def with_state_kept(token: Token, known: Mapping[str, Token]) -> Token:
    """How it is doing is kept unless it holds another credential now."""
    before = known.get(token.id)
    return before if before is not None and before.access_token == token.access_token else token
