"""What an authorization server gives: a set of credentials, or a reason why not."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from router_core.errors import RouterError
from router_core.tokens.token import NOTHING, Token


@dataclass(frozen=True, slots=True)
class TokenSet:
    """One answer of a token endpoint. What is None or missing was not in it: the stored value stays."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    """Epoch seconds."""
    refresh_expires_at: float | None = None
    account_id: str | None = None
    extra: Mapping[str, str] = field(default=NOTHING, repr=False)
    facts: Mapping[str, str] = NOTHING

    def put_into(self, token: Token, now: float) -> Token:
        """The token with this set in place of its own; what the answer left out is kept."""
        return replace(
            token,
            access_token=self.access_token,
            refresh_token=self.refresh_token or token.refresh_token,
            expires_at=self.expires_at,
            refresh_expires_at=self.refresh_expires_at or token.refresh_expires_at,
            account_id=self.account_id or token.account_id,
            extra={**token.extra, **self.extra},
            facts={**token.facts, **self.facts},
            refreshed_at=now,
        )


class LoginFailed(RouterError):
    """A login or its exchange was refused; the message says what to do."""

    status = 502
    kind = "login_failed"


class RefreshFailed(RouterError):
    """A credential could not be renewed.

    Args:
        permanent: only a new login helps; else it is worth trying again.
        code: the server's own word (`invalid_grant`, `refresh_token_reused` …).
        not_before: epoch seconds before which the server wants no further try; None: it did not say.
    """

    status = 502
    kind = "refresh_failed"

    def __init__(self, message: str, *, permanent: bool, code: str = "", not_before: float | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.code = code
        self.not_before = not_before
