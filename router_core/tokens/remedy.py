"""What to do about an unhealthy token, in one sentence that names the command."""

from router_core.providers.failure import FailureKind
from router_core.tokens.token import Token

UNREADABLE = "unreadable"
"""Kind of a token whose secret cannot be decrypted: the reason says what to do."""
_VALIDATION = ("VALIDATION_REQUIRED", "validation_required")


def remedy(token: Token) -> str:
    """What its owner can do; "" for a token that is not unhealthy, or whose reason says so itself."""
    if token.health != "unhealthy" or token.health_kind == UNREADABLE:
        return ""
    then = f"then: mitmrouter token test {token.name}"
    if any(word in token.health_because for word in _VALIDATION):
        return f"Confirm the account in a browser, at the address that the provider names; {then}"
    if token.health_kind == FailureKind.TOKEN_UNUSABLE:
        return (
            f"No new credential helps: change the account's plan or permissions, {then}; "
            f"or: mitmrouter token disable {token.name}"
        )
    if token.login:
        return f"Log in again: mitmrouter auth login {token.provider}"
    if token.origin == "config":
        return f"Put a valid key into api_key of [providers.{token.provider}] in config.toml"
    return f"Give it a valid credential: mitmrouter token edit {token.name} --access-token-stdin"
