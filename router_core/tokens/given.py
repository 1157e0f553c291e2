"""What a person may give as a token: names and credentials are checked before they are stored.

A credential is refused only when it cannot work at all; what merely looks unusual may belong to a compatible service.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from router_core.config.schema import Config, ProviderConfig
from router_core.config.spelling import ALL_PROVIDERS, did_you_mean, near
from router_core.errors import TokenError
from router_core.providers.auth import account_of_jwt, is_claude_oauth, is_claude_secret, jwt_claims
from router_core.tokens.token import Token

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CREDENTIAL_LIMIT = 16 * 1024
DEMO_PREFIX = "demo-"
NO_KEY = "no-key-needed"
"""What is stored for a provider that needs none, so that it is listed and chosen like any other."""
COMPAT_WARNING = (
    "with --claude-code-compat, requests of other clients are sent in the form of Claude Code's own. "
    "Anthropic's terms may forbid this use of a subscription: it may refuse, bill or close the account. "
    "An API key has no such limit."
)
COMPAT_OFF = "the new credential is no subscription token, so --claude-code-compat is off again."


@dataclass(frozen=True, slots=True)
class Given:
    """A token as its owner describes it."""

    name: str
    provider: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    account_id: str | None = None
    priority: int = 100
    weight: float = 1.0
    max_concurrent: int | None = None
    claude_code_compat: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What its owner wants otherwise; None: as it is."""

    name: str | None = None
    priority: int | None = None
    weight: float | None = None
    max_concurrent: int | None = None
    """0 takes the limit off."""
    enabled: bool | None = None
    account_id: str | None = None
    claude_code_compat: bool | None = None
    access_token: str | None = field(default=None, repr=False)


def new_token(given: Given, provider: ProviderConfig, tokens: Iterable[Token]) -> Token:
    """The token to be stored.

    Args:
        provider: settings of its provider.
        tokens: every one that is registered.

    Raises:
        TokenError: something in it cannot be, or the credential is registered already. No message repeats a secret.
    """
    secret = check_credential(given.access_token)
    refresh_token = None if given.refresh_token is None else check_credential(given.refresh_token, "refresh token")
    account_id = None if given.account_id is None else check_credential(given.account_id, "account id")
    new = Token(
        "",
        check_name(given.name),
        given.provider,
        secret,
        refresh_token,
        priority=given.priority,
        weight=given.weight,
        max_concurrent=given.max_concurrent,
        claude_code_compat=given.claude_code_compat,
    )
    new = replace(new, **facts_of(secret, provider, account_id))
    for other in tokens:
        if (other.provider, other.access_token) == (given.provider, secret):
            raise TokenError(f"This credential is registered already, as {other.name!r}.")
    if given.claude_code_compat:
        check_compat(secret)
    return new


def changed(token: Token, change: Change, provider_named: Callable[[str], ProviderConfig]) -> Token:
    """The token as it shall be. How the demo's are chosen from may be tried out; what they are is the demo's.

    Args:
        provider_named: the settings of a provider; asked for only where there is a new credential.

    Raises:
        TokenError: something in it cannot be.
    """
    if token.origin == "config" or (change.name, change.account_id, change.claude_code_compat, change.access_token) != (
        (None,) * 4
    ):
        own(token)
    after = token
    if change.name is not None:
        after = replace(after, name=check_name(change.name))
    if change.priority is not None:
        after = replace(after, priority=change.priority)
    if change.weight is not None:
        after = replace(after, weight=change.weight)
    if change.max_concurrent is not None:
        after = replace(after, max_concurrent=change.max_concurrent or None)
    if change.enabled is not None:
        after = replace(after, enabled=change.enabled)
    if change.account_id is not None:
        after = replace(after, account_id=check_credential(change.account_id, "account id"))
    if change.access_token is not None:
        secret = check_credential(change.access_token)
        facts = facts_of(secret, provider_named(after.provider), change.account_id)
        after = replace(after, access_token=secret, **facts)
        if after.claude_code_compat and change.claude_code_compat is None and not is_claude_oauth(after):
            after = replace(after, claude_code_compat=False)
    if change.claude_code_compat:
        check_compat(after.access_token)
    if change.claude_code_compat is not None:
        after = replace(after, claude_code_compat=change.claude_code_compat)
    return after


def own(found: Token) -> Token:
    """A demo token belongs to the running demo, and must never reach a real provider.

    Raises:
        TokenError: it is one, or it is written in config.toml.
    """
    if found.origin == "demo":
        raise TokenError(f"{found.name} belongs to the demo, which removes it at its end: leave it as it is.")
    if found.origin == "config":
        raise TokenError("This token is kept in config.toml: change it there.")
    return found


def check_name(name: str) -> str:
    """Raises TokenError for a name that could not be typed, shown and put into a URL as it is."""
    if not NAME.fullmatch(name):
        raise TokenError(
            "A token's name is up to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit."
        )
    if name.startswith(DEMO_PREFIX):
        raise TokenError(f"Names that begin with {DEMO_PREFIX!r} belong to the demo: choose another.")
    return name


def provider_meant(typed: str, config: Config) -> str:
    """What the provider is called here that somebody means.

    Raises:
        TokenError: there is no such provider.
    """
    from router_core.providers.catalogue import ALIASES

    if typed in config.providers:
        return typed
    name = ALIASES.get(typed.lower(), typed.lower())
    if name in config.providers:
        return name
    close = near(typed, [*config.providers, *ALIASES])
    guess = f"Did you mean {ALIASES.get(close, close)!r}? " if close else ""
    raise TokenError(
        f"There is no provider {typed!r}. {guess}{ALL_PROVIDERS}. "
        "A service of your own: give --base-url and --kind as well."
    )


def check_provider(name: str, config: Config) -> ProviderConfig:
    """Raises TokenError for a provider that is not configured."""
    if name not in config.providers:
        raise TokenError(f"There is no provider {name!r}. {did_you_mean(name, config.providers)}{ALL_PROVIDERS}.")
    return config.providers[name]


def check_credential(secret: str, what: str = "access token") -> str:
    """The credential without the white space around it.

    Raises:
        TokenError: it is empty, or holds what no header can carry. The message does not repeat it.
    """
    secret = secret.strip()
    if not secret:
        raise TokenError(f"The {what} is empty.")
    if len(secret) > CREDENTIAL_LIMIT:
        raise TokenError(f"The {what} has {len(secret)} characters: that is no credential.")
    if not re.fullmatch(r"[\x21-\x7e]+", secret):
        raise TokenError(f"The {what} holds white space, control or non-ASCII characters. Copy it again, on one line.")
    return secret


_PREFIXES = {
    "sk-ant-": "claude", "sk-proj-": "openai", "sk-svcacct-": "openai", "sk-or-": "openrouter",
    "AIza": "gemini", "gsk_": "groq", "xai-": "xai",
}  # fmt: skip
"""How vendors' credentials begin, where no other one's do."""


def seems_of_another(secret: str, provider: str) -> str | None:
    """The provider whose credential this looks like, if that is another one than it was given for.

    Only between these vendors: anything may stand behind a service of one's own, and Vertex takes Google's keys, too.
    """
    meant = provider.removesuffix("-anthropic")
    looks = next((vendor for prefix, vendor in _PREFIXES.items() if secret.startswith(prefix)), None)
    return looks if looks is not None and looks != meant and meant in _PREFIXES.values() else None


def check_compat(secret: str) -> None:
    """Raises TokenError for a credential that needs no compatibility mode."""
    if not is_claude_secret(secret):
        raise TokenError(
            "--claude-code-compat is for Claude subscription tokens (sk-ant-oat…, from `claude setup-token`) only. "
            "Leave it out: an API key serves every client as it is."
        )


def facts_of(secret: str, provider: ProviderConfig, account_id: str | None) -> dict[str, Any]:
    """What the credential itself says: `account_id` and `expires_at` (epoch seconds) of a JWT.

    Raises:
        TokenError: the provider needs an account id and there is none.
    """
    if provider.kind == "copilot":
        return _copilot_facts(secret)
    expires = jwt_claims(secret).get("exp")
    account_id = account_id or account_of_jwt(secret)
    if provider.kind == "codex" and not account_id:
        raise TokenError(
            "This is not the access token of a ChatGPT login (a JWT that names its account). "
            "API keys belong to --provider openai; for another login give --account-id."
        )
    return {"account_id": account_id, "expires_at": float(expires) if isinstance(expires, int | float) else None}


def _copilot_facts(secret: str) -> dict[str, Any]:
    """Of a Copilot API token (`tid=…;exp=…`), which lives for half an hour and tells its end itself.

    Raises:
        TokenError: it is a GitHub token, of which Copilot's API tokens are made.
    """
    if secret.startswith(("gho_", "ghu_", "ghp_", "github_pat_")):
        raise TokenError(
            "This is a GitHub token; Copilot's API takes short-lived ones that are made of it and must be kept fresh. "
            "Log in instead: mitmrouter auth login copilot"
        )
    parts = dict(part.split("=", 1) for part in secret.split(";") if "=" in part)
    expires = parts.get("exp", "")
    return {"expires_at": float(expires) if expires.isdecimal() else None}
