"""What a login of each provider can do; one row each. Sans-IO: calls go out and answers come in as values."""

from importlib import import_module
from typing import Protocol, cast

from router_core.config.schema import Config, Kind, ProviderConfig
from router_core.errors import TokenError
from router_core.netloc import is_loopback
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.oauth.token_set import TokenSet
from router_core.providers.catalogue import ALIASES
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
"""Which login a provider of a kind may belong to."""

OWN_PROVIDER: dict[Login, str] = {
    "claude": "claude",
    "codex": "codex",
    "gemini": "gemini-cli",
    "antigravity": "antigravity",
    "vertex": "vertex",
    "copilot": "copilot",
}
"""What the vendor's own service is called in the catalogue."""

_HOSTS: dict[Login, tuple[str, ...]] = {
    "claude": ("anthropic.com",),
    "codex": ("chatgpt.com",),
    "gemini": ("googleapis.com",),
    "antigravity": ("googleapis.com",),
    "vertex": ("googleapis.com",),
    "copilot": ("githubcopilot.com", "ghe.com"),
}
"""Where the vendor's own service is."""


def renewal_of(login: Login) -> Renewal:
    """How tokens of a login are renewed; its module is imported now.

    Raises:
        ValueError: nobody renews such a token.
    """
    if login not in LOGINS:
        raise ValueError(f"tokens of login {login!r} are not renewed")
    return cast(Renewal, import_module(f"router_core.oauth.{login}"))


def login_of_provider(name: str, provider: ProviderConfig) -> Login:
    """Whose logins pay for a provider's requests; "": nobody's, it takes keys.

    Other services speak a vendor's dialect, too: a login of the vendor must never be sent there. What the owner has put
    under the vendor's own name (a gateway of a company) is the owner's word.
    """
    login = LOGIN_OF_KIND.get(provider.kind, "")
    host = provider.host
    if not login or OWN_PROVIDER[login] == name or is_loopback(host):
        return login
    return login if any(host == own or host.endswith(f".{own}") for own in _HOSTS[login]) else ""


def login_of(word: str, config: Config) -> tuple[str, Login]:
    """The provider and the login that somebody means by `word`: a provider's name, or a login's.

    Raises:
        TokenError: it is neither, or such a provider has no login.
    """
    if word not in config.providers and word not in LOGINS:
        word = ALIASES.get(word, word)
    known = {name: login for name, one in config.providers.items() if (login := login_of_provider(name, one))}
    if word in known:
        return word, known[word]
    for name in sorted(known, key=lambda name: (name != OWN_PROVIDER[known[name]], config.providers[name].order)):
        if known[name] == word:
            return name, known[name]
    if word in LOGINS:
        raise TokenError(f"No provider of the kind that {word} logs in to is configured.")
    if word in config.providers:
        raise TokenError(f"{word} has no login, only keys: mitmrouter token add NAME --provider {word}")
    raise TokenError(f"There is no login {word!r}. Known: {', '.join(dict.fromkeys([*LOGINS, *known]))}.")
