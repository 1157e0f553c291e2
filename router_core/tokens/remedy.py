"""What to do about an unhealthy token, in one sentence that names the command."""

from router_core.providers.failure import FailureKind
from router_core.tokens.token import Token

UNREADABLE = "unreadable"
"""Kind of a token whose secret cannot be decrypted: the reason says what to do."""
_VALIDATION = ("VALIDATION_REQUIRED", "validation_required")


_BY_LOGIN = frozenset({"codex", "copilot", "gemini-cli", "antigravity", "vertex"})
"""Providers of the catalogue whose accounts one logs in to; most have no keys at all."""


def how_to_add(provider: str) -> str:
    """The command that gets a provider its first token."""
    if provider in _BY_LOGIN:
        return f"Log in: mitmrouter auth login {provider}"
    return f"Add one: mitmrouter token add NAME --provider {provider} --access-token-stdin"


def remedy(token: Token) -> str:
    """What its owner can do; "" for a token that is not unhealthy, or whose reason says so itself."""
    if token.health != "unhealthy":
        return ""
    return remedy_for(token.name, token.provider, token.origin, token.login, token.health_because, token.health_kind)


def remedy_for(name: str, provider: str, origin: str, login: str, because: str, kind: str) -> str:
    """The same for an unhealthy token that is known by these."""
    if kind == UNREADABLE or "mitmrouter auth login" in because:
        return ""
    then = f"then: mitmrouter token test {name}"
    if any(word in because for word in _VALIDATION):
        return f"Confirm the account in a browser, at the address that the provider names; {then}"
    if kind == FailureKind.TOKEN_UNUSABLE:
        return (
            f"No new credential helps: change the account's plan or permissions, {then}; "
            f"or: mitmrouter token disable {name}"
        )
    if login:
        return f"Log in again: mitmrouter auth login {provider}"
    if origin == "config":
        return f"Put a valid key into api_key of [providers.{provider}] in config.toml"
    return f"Give it a valid credential: mitmrouter token edit {name} --access-token-stdin"
