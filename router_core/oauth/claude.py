"""Logins of claude.ai: where they are made and how they are renewed.

The refresh token is single-use: each answer brings the next one, and the old one is dead from then on. Read 2026-11
from what Claude Code sends; the old host console.anthropic.com answers 404.
"""

from router_core.config.schema import Config
from router_core.oauth.fields import at_server, expiry, post_json, present, text
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.oauth.refusals import granted, unusable
from router_core.oauth.token_set import TokenSet
from router_core.tokens.token import Token

AUTHORIZE = "https://claude.ai/oauth/authorize"
TOKEN = "https://platform.claude.com/v1/oauth/token"  # noqa: S105 - an address
PASTE_REDIRECT = "https://platform.claude.com/oauth/code/callback"
CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e"
SCOPES = (
    "org:create_api_key", "user:profile", "user:inference", "user:sessions:claude_code", "user:mcp_servers",
    "user:file_upload",
)  # fmt: skip

LIFE_S = 8 * 3600.0
"""Of an access token, when the answer does not say."""
REFRESH_LIFE_S = 28 * 86_400.0
"""About what Claude Code writes down for a refresh token."""


def client_id(config: Config) -> str:
    return config.oauth.claude.client_id or CLIENT_ID


def exchange_call(code: str, verifier: str, state: str, redirect_uri: str, config: Config) -> HttpCall:
    """The call that turns an authorization code into a login: JSON, and with the state, unlike elsewhere."""
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": client_id(config),
        "code_verifier": verifier,
        "state": state,
    }
    return post_json(at_server(TOKEN, config.oauth.claude), body)


def refresh_call(token: Token, config: Config, now: float) -> HttpCall:
    if not token.refresh_token:
        raise unusable(token, "it has no refresh token (one from `claude setup-token` has none: it lives a year)")
    body = {"grant_type": "refresh_token", "refresh_token": token.refresh_token, "client_id": client_id(config)}
    return post_json(at_server(TOKEN, config.oauth.claude), body)


def read_refresh(answer: HttpAnswer, token: Token, now: float) -> TokenSet:
    return granted(answer, token, now, read_set)


def read_set(answer: HttpAnswer, now: float) -> TokenSet:
    """The credentials in an answer of the token endpoint; `access_token` is empty when it holds none."""
    body = answer.json
    refresh_token = text(body, "refresh_token") or None
    return TokenSet(
        text(body, "access_token"),
        refresh_token,
        expiry(body, now) or now + LIFE_S,
        expiry(body, now, "refresh_token_expires_in") or (now + REFRESH_LIFE_S if refresh_token else None),
        account_id=text(body, "account", "uuid") or None,
        facts=present(
            email=text(body, "account", "email_address"),
            organization=text(body, "organization", "name"),
            organization_id=text(body, "organization", "uuid"),
            scopes=text(body, "scope"),
        ),
    )
