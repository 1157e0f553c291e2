"""A login that a vendor's own program uses, too: whose set is the newer one, and what follows from that."""

from collections.abc import Callable
from typing import Literal

from router_core.oauth.token_set import TokenSet
from router_core.tokens.token import Token
from router_core.vendors.login import VendorLogin

Next = Literal["nothing", "adopt", "write"]
SAME_EXPIRY_S = 2.0
"""The vendors' programs keep whole seconds or milliseconds."""


def compare(token: Token, theirs: VendorLogin | None, is_used_up: Callable[[str], bool]) -> Next:
    """Say what to do about what the vendor's store holds.

    Args:
        token: as it is stored here.
        theirs: None: it holds no login. Its program was logged out, or has emptied it after losing a race: that is
            never taken over, and nothing is written to where the owner may have logged out on purpose.
        is_used_up: True for a refresh token that is known to have been replaced.

    Returns:
        `adopt` their set, `write` ours to them, or `nothing`: both have the same, or theirs is another account.
    """
    if theirs is None or not ours_to_share(token, theirs):
        return "nothing"
    if theirs.refresh_token and is_used_up(theirs.refresh_token):
        return "write" if theirs.refresh_token != token.refresh_token else "nothing"
    if theirs.refresh_token == token.refresh_token:
        if not theirs.access_token or theirs.access_token == token.access_token:
            return "nothing"
        if _expires_later(theirs, token):
            return "adopt"
        return "write" if token.write_back else "nothing"
    if not theirs.refresh_token:
        return "nothing"
    if theirs.expires_at is None or _expires_later(theirs, token) or not token.refresh_token:
        return "adopt"
    return "write" if token.write_back else "nothing"


def ours_to_share(token: Token, theirs: VendorLogin) -> bool:
    """False when the vendor's program is logged in to another account by now."""
    return theirs.is_account_of(as_login(token))


def as_login(token: Token) -> VendorLogin:
    """The token as its vendor's store takes it."""
    return VendorLogin(
        token.access_token,
        token.refresh_token,
        token.expires_at,
        token.refresh_expires_at,
        token.account_id,
        token.extra,
        token.facts,
    )


def as_set(theirs: VendorLogin) -> TokenSet:
    """The vendor's login as an answer of a token endpoint."""
    return TokenSet(
        theirs.access_token,
        theirs.refresh_token,
        theirs.expires_at,
        theirs.refresh_expires_at,
        theirs.account_id,
        theirs.extra,
        theirs.facts,
    )


def _expires_later(theirs: VendorLogin, token: Token) -> bool:
    mine = token.expires_at
    return mine is None or theirs.expires_at is None or theirs.expires_at > mine + SAME_EXPIRY_S
