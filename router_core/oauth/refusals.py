"""What an authorization server means by an answer that is no credential: its own word, and whether to try again.

The servers say no in five forms, all of them seen in the wild (2026-11): RFC 6749's `{"error": "invalid_grant"}`, the
API's envelope `{"type": "error", "error": {"type", "message"}}`, OpenAI's `{"error": {"code", "message"}}`, a `code` at
the top, and `{"detail": …}`, a text or an object. A status is no reason to drop a login: only a word that means "this
credential is dead" is. Everything else is tried again later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from router_core.oauth.http import HttpAnswer
from router_core.oauth.token_set import RefreshFailed, TokenSet
from router_core.text import printable
from router_core.tokens.token import Login, Token

LEAST_WAIT_S, MOST_WAIT_S = 5.0, 300.0
"""Bounds for what a `Retry-After` may ask of us; it has been seen as 0 and as hours."""

DEAD = frozenset(
    {
        # RFC 6749 and 7009: another try with the same credential and client gives the same answer
        "invalid_grant", "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
        # auth.openai.com
        "refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated", "token_invalidated",
        "token_expired", "app_session_terminated", "account_session_expired", "account_deactivated",
        "account_suspended", "account_deleted",
    }
)  # fmt: skip
"""The words after which only a new login helps."""

_DEAD_TEXTS = ("refresh token not found or invalid", "invalid_grant", "token has been expired or revoked")
"""The same inside the message of an envelope whose type says less (`invalid_request_error`)."""

NAMES: Mapping[Login, str] = {
    "claude": "Claude",
    "codex": "ChatGPT",
    "copilot": "GitHub",
    "gemini": "Google",
    "antigravity": "Google",
    "vertex": "Google",
}


@dataclass(frozen=True, slots=True)
class Said:
    """Why an authorization server refused, in its own words, made safe to show."""

    code: str
    text: str

    @property
    def is_dead(self) -> bool:
        return self.code in DEAD or any(text in self.text.lower() for text in _DEAD_TEXTS)

    def __str__(self) -> str:
        return f"{self.code}: {self.text}" if self.code and self.text else self.code or self.text or "no reason given"


def said(answer: HttpAnswer) -> Said:
    """The code and the text of a refusal, whichever form it has; empty when it has none (an HTML page)."""
    body = answer.json
    error = body.get("error")
    inner = error if isinstance(error, dict) else {}
    detail = body.get("detail")
    deep = detail if isinstance(detail, dict) else {}
    code = _first(
        error if isinstance(error, str) else None,
        inner.get("code"), inner.get("type"), body.get("code"), deep.get("code"),
    )  # fmt: skip
    text = _first(
        body.get("error_description"), inner.get("message"), body.get("message"),
        detail if isinstance(detail, str) else None, deep.get("message"),
    )  # fmt: skip
    return Said(printable(code, 80), printable(text, 200))


def refusal(
    answer: HttpAnswer, token: Token, now: float, *, dead_statuses: frozenset[int] = frozenset()
) -> RefreshFailed:
    """Why a renewal failed, and whether it is worth trying again.

    Args:
        dead_statuses: statuses that mean a dead credential by themselves (GitHub's 401).
    """
    why = said(answer)
    who = NAMES.get(token.login, token.provider)
    if answer.status == 429 or answer.status >= 500 or answer.status == 408:
        wait = retry_after_s(answer, now)
        return RefreshFailed(
            f"{who} did not renew {token.name} now (HTTP {answer.status}, {why}). It is tried again by itself.",
            permanent=False,
            code=why.code or str(answer.status),
            not_before=None if wait is None and answer.status != 429 else now + (wait or LEAST_WAIT_S),
        )
    if why.is_dead or answer.status in dead_statuses:
        return RefreshFailed(
            f"{who} refused to renew {token.name} (HTTP {answer.status}, {why}). {remedy(token)}",
            permanent=True,
            code=why.code or str(answer.status),
        )
    return RefreshFailed(
        f"{who} did not renew {token.name} (HTTP {answer.status}, {why}). It is tried again by itself.",
        permanent=False,
        code=why.code or str(answer.status),
    )


def granted(
    answer: HttpAnswer, token: Token, now: float, read_set: Callable[[HttpAnswer, float], TokenSet]
) -> TokenSet:
    """The set in an answer.

    Raises:
        RefreshFailed: the server said no, or gave no access token.
    """
    if answer.status != 200:
        raise refusal(answer, token, now)
    found = read_set(answer, now)
    if not found.access_token:
        raise empty_answer(token)
    return found


def unusable(token: Token, why: str) -> RefreshFailed:
    """A token that holds nothing to be renewed with."""
    return RefreshFailed(f"{token.name} cannot be renewed: {why}. {remedy(token)}", permanent=True, code="no_material")


def empty_answer(token: Token) -> RefreshFailed:
    """A 200 without a credential in it: never stored."""
    who = NAMES.get(token.login, token.provider)
    return RefreshFailed(
        f"{who} answered without an access token for {token.name}; the stored one is kept.",
        permanent=False,
        code="empty_answer",
    )


def remedy(token: Token) -> str:
    """What a person does about a dead login."""
    return f"Log in again: mitmrouter auth login {token.login or token.provider}"


def retry_after_s(answer: HttpAnswer, now: float) -> float | None:
    """`Retry-After`, seconds or a date, within our bounds; None when there is none that can be read."""
    value = answer.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        wait = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        wait = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - datetime.fromtimestamp(now, UTC).timestamp()
    return min(max(wait, LEAST_WAIT_S), MOST_WAIT_S) if wait == wait else None  # a NaN says nothing


def _first(*values: Any) -> str:
    return next((value for value in values if isinstance(value, str) and value), "")
