"""ChatGPT logins (auth.openai.com): where they are made and how they are renewed.

The refresh token is single-use. An answer may leave out any of its three tokens: the stored one then stays. Read
2026-11 from the Codex CLI.
"""

from dataclasses import replace
from typing import Any

from router_core.config.schema import Config
from router_core.oauth.fields import FORM, at_server, expiry, number, post_json, present, text
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.oauth.refusals import empty_answer, refusal, unusable
from router_core.oauth.token_set import TokenSet
from router_core.providers.auth import CHATGPT_CLAIM, jwt_claims
from router_core.tokens.token import Token

ISSUER = "https://auth.openai.com"
CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"
SCOPES = ("openid", "profile", "email", "offline_access")
PROFILE_CLAIM = "https://api.openai.com/profile"

CALLBACK_PORTS = (1455, 1457)
"""The only ones that are registered."""
CALLBACK_PATH = "/auth/callback"
MORE = {"id_token_add_organizations": "true", "codex_cli_simplified_flow": "true", "originator": "mitmrouter"}
"""Parameters of the authorization page beside those of the standard."""

LIFE_S = 10 * 86_400.0


def client_id(config: Config) -> str:
    return config.oauth.codex.client_id or CLIENT_ID


def exchange_call(code: str, verifier: str, redirect_uri: str, config: Config) -> HttpCall:
    """The call that turns an authorization code into a login."""
    from oauthlib.oauth2 import WebApplicationClient

    body: str = WebApplicationClient(client_id(config)).prepare_request_body(
        code=code, redirect_uri=redirect_uri, code_verifier=verifier
    )
    return HttpCall("POST", at_server(f"{ISSUER}/oauth/token", config.oauth.codex), FORM, body.encode())


def refresh_call(token: Token, config: Config, now: float) -> HttpCall:
    if not token.refresh_token:
        raise unusable(token, "it has no refresh token")
    body = {"client_id": client_id(config), "grant_type": "refresh_token", "refresh_token": token.refresh_token}
    return post_json(at_server(f"{ISSUER}/oauth/token", config.oauth.codex), body)


def read_refresh(answer: HttpAnswer, token: Token, now: float) -> TokenSet:
    if answer.status != 200:
        raise refusal(answer, token, now)
    found = read_set(answer, now)
    if found.access_token:
        return found
    if found.refresh_token or found.extra:
        # only another part of the set was renewed; a rotated refresh token that is not kept would be the end of it
        return replace(found, access_token=token.access_token, expires_at=token.expires_at)
    raise empty_answer(token)


def read_set(answer: HttpAnswer, now: float) -> TokenSet:
    """The credentials in an answer of the token endpoint; `access_token` is empty when it holds none."""
    body = answer.json
    access_token, id_token = text(body, "access_token"), text(body, "id_token")
    ends = number(jwt_claims(access_token), "exp")
    facts = account_facts(id_token or access_token)
    return TokenSet(
        access_token,
        text(body, "refresh_token") or None,
        ends if ends is not None else expiry(body, now) or now + LIFE_S,
        account_id=facts.pop("account_id", None),
        extra=present(id_token=id_token),
        facts=facts,
    )


def account_facts(jwt: str) -> dict[str, str]:
    """What a ChatGPT token says of its owner: `account_id` (the workspace), `user_id`, `email`, `plan`,
    `organization`."""
    claims = jwt_claims(jwt)
    auth = claims.get(CHATGPT_CLAIM)
    return present(
        account_id=text(auth, "chatgpt_account_id"),
        user_id=text(auth, "chatgpt_user_id") or text(auth, "user_id"),
        email=text(claims, "email") or text(claims, PROFILE_CLAIM, "email"),
        plan=text(auth, "chatgpt_plan_type"),
        organization=_workspace(auth),
    )


def _workspace(auth: Any) -> str:
    listed = auth.get("organizations") if isinstance(auth, dict) else None
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    found.sort(key=lambda one: one.get("is_default") is not True)
    return text(found[0], "title") if found else ""
