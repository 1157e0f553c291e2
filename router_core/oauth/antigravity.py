"""Logins of Antigravity: Google's, with Antigravity's own client and two more scopes."""

from router_core.config.schema import Config
from router_core.oauth import google
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.oauth.token_set import TokenSet
from router_core.tokens.token import Token

CALLBACK_PORT = 51121
CALLBACK_PATH = "/oauth-callback"
SCOPES = (
    *google.SCOPES,
    "https://www.googleapis.com/auth/cclog",
    "https://www.googleapis.com/auth/experimentsandconfigs",
)


def refresh_call(token: Token, config: Config, now: float) -> HttpCall:
    return google.refresh_call("antigravity", token, config)


def read_refresh(answer: HttpAnswer, token: Token, now: float) -> TokenSet:
    return google.read_refresh(answer, token, now)
