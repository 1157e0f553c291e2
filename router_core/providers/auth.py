"""How each kind of provider wants a token presented, and which of the client's headers are credentials to strip."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import orjson

from router_core.config.schema import AuthForm, Kind
from router_core.netloc import is_loopback
from router_core.tokens.token import Token

CLIENT_CREDENTIALS = frozenset(
    {
        b"authorization", b"x-api-key", b"x-goog-api-key", b"api-key", b"proxy-authorization", b"cookie",
        b"chatgpt-account-id", b"openai-organization", b"openai-project",
    }
)  # fmt: skip
"""Never sent upstream: the client's placeholder, its own login, and what belongs to the account of that login."""

OAUTH_BETA = "oauth-2025-04-20"
CLAUDE_CODE_BETA = "claude-code-20250219"
CHATGPT_CLAIM = "https://api.openai.com/auth"

type HeaderPairs = list[tuple[bytes, bytes]]


def is_claude_oauth(token: Token) -> bool:
    """A Claude subscription token (`sk-ant-oat…`): a Bearer that needs a beta flag."""
    return is_claude_secret(token.access_token)


def is_claude_secret(secret: str) -> bool:
    """The same of a credential that is no token yet."""
    return secret.startswith("sk-ant-oat")


def is_google_key(token: Token) -> bool:
    """An API key of Google's, for kinds that take a login's access token (`ya29.…`) as well."""
    return bool(token.access_token) and not token.login and not token.access_token.startswith("ya29.")


def auth_headers(kind: Kind, token: Token, form: AuthForm | None = None) -> HeaderPairs:
    """The headers that carry the token; none for one without a secret. `anthropic-beta` is merged separately.

    Args:
        form: the service's own, instead of what is usual for the kind.
    """
    secret = token.access_token.encode()
    if not secret:  # a provider that needs no key
        return []
    if form in ("x-api-key", "api-key") and not is_claude_oauth(token):
        return [(form.encode(), secret)]
    if kind == "anthropic" and form is None and not is_claude_oauth(token):
        return [(b"x-api-key", secret)]
    if kind in ("gemini", "vertex") and is_google_key(token):
        return [(b"x-goog-api-key", secret)]
    headers = [(b"Authorization", b"Bearer " + secret)]
    if kind == "codex" and (account := token.account_id or account_of_jwt(token.access_token)):
        headers.append((b"ChatGPT-Account-Id", account.encode()))
    return headers


def with_oauth_beta(fields: Sequence[tuple[bytes, bytes]]) -> HeaderPairs:
    """The headers with `oauth-2025-04-20` added to the client's `anthropic-beta` list, order and rest untouched.

    A client set up with an API key cannot know that the router picked a subscription token.
    """
    flag = OAUTH_BETA.encode()
    out: HeaderPairs = []
    done = False
    for name, value in fields:
        if name.lower() == b"anthropic-beta" and not done:
            listed = [part.strip() for part in value.split(b",")]
            out.append((name, value if flag in listed else b",".join([*filter(None, listed), flag])))
            done = True
        else:
            out.append((name, value))
    return out if done else [*out, (b"anthropic-beta", flag)]


def without_betas(fields: Sequence[tuple[bytes, bytes]], *, vendors_own: bool) -> HeaderPairs:
    """The headers without what `anthropic-beta` must not say to an API key.

    `oauth-2025-04-20` comes from a client with a login of its own. A compatible service of somebody else's does not
    know `claude-code-20250219` either.

    Args:
        vendors_own: the key is for Anthropic itself.
    """
    flags = {OAUTH_BETA.encode()} if vendors_own else {OAUTH_BETA.encode(), CLAUDE_CODE_BETA.encode()}
    out: HeaderPairs = []
    for name, value in fields:
        if name.lower() != b"anthropic-beta" or not any(flag in value for flag in flags):
            out.append((name, value))
        elif left := b",".join(part for part in value.split(b",") if part.strip() not in flags):
            out.append((name, left))
    return out


def is_anthropics(host: str) -> bool:
    """Anthropic itself, or loopback: that is the simulator, or a tunnel to the vendor."""
    return host == "anthropic.com" or host.endswith(".anthropic.com") or is_loopback(host)


def account_of_jwt(jwt: str) -> str | None:
    """The ChatGPT account id claimed by a login's JWT; None when it is no such JWT. The signature is not checked:
    the token is the owner's own, and the provider checks it."""
    claims = jwt_claims(jwt).get(CHATGPT_CLAIM)
    account = claims.get("chatgpt_account_id") if isinstance(claims, dict) else None
    return account if isinstance(account, str) else None


def jwt_claims(jwt: str) -> dict[str, Any]:
    """The payload of a JWT; {} when it is none."""
    parts = jwt.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, orjson.JSONDecodeError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
