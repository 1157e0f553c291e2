"""Leave to ask with one token only, for one request: given out by the admin API, taken at the door.

A client's own token opens the door and says nothing of who pays; that is for the rules, and for who holds the admin
token. So that the admin token itself never travels with a request to a model, it signs a ticket: good for some seconds,
once in each process of the router, and worth nothing afterwards.
"""

import base64
import binascii
import hashlib
import hmac
import secrets

HEADER = "x-mitmrouter-ticket"
GOOD_FOR_S = 30.0
_DIGEST_BYTES = 32


class Tickets:
    """Those of one admin token."""

    def __init__(self) -> None:
        self._taken: dict[bytes, float] = {}

    def give(self, token_id: str, admin_token: str, now: float) -> str:
        """A ticket for a token.

        Args:
            now: epoch seconds.
        """
        said = f"{now + GOOD_FOR_S:.3f} {secrets.token_hex(8)} {token_id}".encode()
        return base64.urlsafe_b64encode(_digest(said, admin_token) + said).decode()

    def take(self, ticket: str, admin_token: str, now: float) -> str | None:
        """The id of the token that it is for, and it is used up; None: it is none, or too old, or was used."""
        try:
            content = base64.urlsafe_b64decode(ticket.encode())
        except (ValueError, binascii.Error):
            return None
        digest, said = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if not hmac.compare_digest(digest, _digest(said, admin_token)):
            return None
        until, _, token_id = said.decode().split(" ", 2)
        self._taken = {taken: ends for taken, ends in self._taken.items() if ends > now}
        if float(until) <= now or digest in self._taken:
            return None
        self._taken[digest] = float(until)
        return token_id


def _digest(said: bytes, admin_token: str) -> bytes:
    return hmac.new(admin_token.encode(), b"ticket " + said, hashlib.sha256).digest()
