"""Logins of the Gemini CLI (Gemini Code Assist): Google's, with the Gemini CLI's own client."""

from router_core.config.schema import Config
from router_core.oauth import google
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.oauth.token_set import TokenSet
from router_core.tokens.token import Token

CALLBACK_PATH = "/oauth2callback"
PASTE_REDIRECT = "https://codeassist.google.com/authcode"
SCOPES = google.SCOPES


def refresh_call(token: Token, config: Config, now: float) -> HttpCall:
    return google.refresh_call("gemini", token, config)


def read_refresh(answer: HttpAnswer, token: Token, now: float) -> TokenSet:
    return google.read_refresh(answer, token, now)
