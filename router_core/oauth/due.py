"""When a credential has to be renewed: pure functions of the token and the time."""

import hashlib

from router_core.config.schema import Config
from router_core.oauth.lock import fingerprint
from router_core.oauth.logins import login_of_provider
from router_core.tokens.token import Login, Token

AHEAD_S = 300.0
"""Renewed this long before it expires …"""
AHEAD_PART = 0.2
"""… or in the last part of its life, when that is shorter."""
COPILOT_AHEAD_S = 60.0
"""Before the time that GitHub names itself (`refresh_in`)."""
JITTER_S = 60.0
"""Tokens that expire together are not renewed together."""
NEARLY_EXPIRED_S = 5.0
"""A request that begins now may reach the provider after the end."""


def login_of(token: Token, config: Config) -> Login:
    """Whose server renews it; "": nobody's. A refresh token that came without a login belongs to its provider's."""
    if token.origin != "user":
        return ""
    provider = config.providers.get(token.provider)
    return token.login or (login_of_provider(token.provider, provider) if token.refresh_token and provider else "")


def chain_of(token: Token, login: Login) -> str | None:
    """Fingerprint of what the next renewal is made with; None when there is nothing."""
    secret = token.refresh_token or token.extra.get("service_account")
    return fingerprint(login, secret) if login and secret else None


def due_at(token: Token) -> float | None:
    """Epoch seconds from which on it is renewed; None: it does not expire, or nobody knows."""
    if token.expires_at is None:
        return None
    refresh_in = token.facts.get("refresh_in", "")
    if refresh_in.isdecimal() and token.refreshed_at is not None:
        return token.refreshed_at + max(int(refresh_in) - COPILOT_AHEAD_S, int(refresh_in) / 2)
    ahead = AHEAD_S
    if token.refreshed_at is not None and token.expires_at > token.refreshed_at:
        ahead = min(AHEAD_S, (token.expires_at - token.refreshed_at) * AHEAD_PART)
    return token.expires_at - ahead


def needs_refresh(token: Token, now: float) -> bool:
    """True when it is time; a login without an access token is due at once."""
    if not token.access_token:
        return True
    due = due_at(token)
    return due is not None and now >= due


def is_dead(token: Token, now: float, ahead_s: float = NEARLY_EXPIRED_S) -> bool:
    """True when the provider would refuse it by the time a request gets there."""
    return not token.access_token or (token.expires_at is not None and token.expires_at <= now + ahead_s)


def jitter(token: Token) -> float:
    """Seconds that this token is renewed earlier than it must be; always the same for one token."""
    share = int.from_bytes(hashlib.blake2b(token.id.encode(), digest_size=4).digest()) / 2**32
    life = token.expires_at - token.refreshed_at if token.expires_at and token.refreshed_at else JITTER_S
    return share * min(JITTER_S, max(life, 0) * AHEAD_PART / 2)
