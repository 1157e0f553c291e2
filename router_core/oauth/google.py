"""What the logins of Google have in common: the same servers, reusable refresh tokens, a client with a secret.

The secret of an installed program is no secret, but it is not ours to ship: it comes with the token, from the config,
or from the vendor's program on this machine (`google_client.py`).
"""

import os
from typing import Literal

from router_core.config.schema import Config
from router_core.oauth.fields import FORM, at_server, expiry, post_form, present, text
from router_core.oauth.google_client import Client, find_client
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.oauth.refusals import granted, unusable
from router_core.oauth.token_set import RefreshFailed, TokenSet
from router_core.providers.auth import jwt_claims
from router_core.tokens.token import Token

AUTHORIZE = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
SCOPES = tuple(
    f"https://www.googleapis.com/auth/{name}" for name in ("cloud-platform", "userinfo.email", "userinfo.profile")
)

type GoogleLogin = Literal["gemini", "antigravity"]


def refresh_call(login: GoogleLogin, token: Token, config: Config) -> HttpCall:
    if not token.refresh_token:
        raise unusable(token, "it has no refresh token")
    client = _client_of(login, token, config)
    return refresh_grant(at_server(TOKEN, getattr(config.oauth, login)), client, token.refresh_token)


def exchange_call(
    login: GoogleLogin, client: Client, code: str, verifier: str, redirect_uri: str, config: Config
) -> HttpCall:
    """The call that turns an authorization code into a login."""
    from oauthlib.oauth2 import WebApplicationClient

    body: str = WebApplicationClient(client.id).prepare_request_body(
        code=code, redirect_uri=redirect_uri, code_verifier=verifier, client_secret=client.secret
    )
    return HttpCall("POST", at_server(TOKEN, getattr(config.oauth, login)), FORM, body.encode())


def refresh_grant(url: str, client: Client, refresh_token: str) -> HttpCall:
    """The refresh-token grant at Google's token endpoint."""
    return post_form(
        url,
        {
            "client_id": client.id,
            "client_secret": client.secret,
            "refresh_token": refresh_token,
            "grant_type": "refresh_token",
        },
    )


def read_refresh(answer: HttpAnswer, token: Token, now: float) -> TokenSet:
    return granted(answer, token, now, read_set)


def read_set(answer: HttpAnswer, now: float) -> TokenSet:
    """The credentials in an answer of the token endpoint; `access_token` is empty when it holds none."""
    body = answer.json
    id_token = text(body, "id_token")
    claims = jwt_claims(id_token)
    return TokenSet(
        text(body, "access_token"),
        text(body, "refresh_token") or None,
        expiry(body, now) or now + 3599,
        account_id=text(claims, "sub") or None,
        extra=present(id_token=id_token),
        facts=present(email=text(claims, "email"), scopes=text(body, "scope")),
    )


def _client_of(login: GoogleLogin, token: Token, config: Config) -> Client:
    """The client that the refresh token was given to: no other one can renew it."""
    own = Client(token.extra.get("client_id", ""), token.extra.get("client_secret", ""))
    if own.id and own.secret:
        return own
    found = find_client(login, config, os.environ)
    if found is None:
        raise RefreshFailed(
            f"{token.name} cannot be renewed without the client id and secret of the program that logged in: put them "
            f"into [oauth.{login}] of config.toml, or install that program on this machine.",
            permanent=True,
            code="no_client",
        )
    return found
