"""What a login of each provider can do; one row each. Sans-IO: calls go out and answers come in as values."""

from importlib import import_module
from typing import Protocol, cast

from router_core.config.schema import Config, Kind
from router_core.errors import TokenError
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.oauth.token_set import TokenSet
from router_core.tokens.token import Login, Token

LOGINS: tuple[Login, ...] = ("claude", "codex", "copilot", "gemini", "antigravity", "vertex")


class Renewal(Protocol):
    """How a stored credential is renewed: one module of this package per provider has these two functions."""

    def refresh_call(self, token: Token, config: Config, now: float) -> HttpCall:
        """The request that renews it.

        Raises:
            RefreshFailed: it holds nothing to be renewed with (permanent).
        """
        ...

    def read_refresh(self, answer: HttpAnswer, token: Token, now: float) -> TokenSet:
        """The new set.

        Raises:
            RefreshFailed: the server said no, or not now.
        """
        ...


LOGIN_OF_KIND: dict[Kind, Login] = {
    "anthropic": "claude",
    "codex": "codex",
    "code-assist": "gemini",
    "antigravity": "antigravity",
    "vertex": "vertex",
    "copilot": "copilot",
}
"""Which login a provider of a kind belongs to."""


def renewal_of(login: Login) -> Renewal:
    """How tokens of a login are renewed; its module is imported now.

    Raises:
        ValueError: nobody renews such a token.
    """
    if login not in LOGINS:
        raise ValueError(f"tokens of login {login!r} are not renewed")
    return cast(Renewal, import_module(f"router_core.oauth.{login}"))


def login_of(word: str, config: Config) -> tuple[str, Login]:
    """The provider and the login that somebody means by `word`: a provider's name, or a login's.

    Raises:
        TokenError: it is neither, or such a provider has no login.
    """
    provider = config.providers.get(word)
    if provider is not None and provider.kind in LOGIN_OF_KIND:
        return word, LOGIN_OF_KIND[provider.kind]
    known = {name: LOGIN_OF_KIND[one.kind] for name, one in config.providers.items() if one.kind in LOGIN_OF_KIND}
    by_order = sorted(known, key=lambda name: config.providers[name].order)
    for name in by_order:
        if known[name] == word:
            return name, known[name]
    if provider is not None:
        raise TokenError(f"{word} has no login, only keys: mitmrouter token add NAME --provider {word}")
    if word in LOGINS:
        raise TokenError(f"No provider of the kind that {word} logs in to is configured.")
    raise TokenError(f"There is no login {word!r}. Known: {', '.join(dict.fromkeys([*LOGINS, *by_order]))}.")
