"""What needs a look among the tokens, the most urgent first, and what to do about it: seen before anything else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from router_core.providers.failure import FailureKind
from router_core.quota.view import NOTHING_KNOWN, Known
from router_core.quota.words import clock_time
from router_core.text import plain
from router_core.tokens.remedy import UNREADABLE
from router_core.tokens.token import Token, Window
from tui.figures import countdown
from tui.widgets.quota_bar import used_now

NEARLY = 0.9
SOON_S = 3 * 86400.0
"""A credential that ends within this time is told of."""
NAMED = 3


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to look at."""

    token: Token
    style: str
    what: str
    do: str
    urgency: float
    """Lower comes first: 0 does not work, 1 rests, 2 nearly used up, 3 will be, 4 ends soon."""


def notices(tokens: Sequence[Token], known: Mapping[str, Known], now: float) -> list[Notice]:
    """At most one of each token."""
    found = []
    for token in tokens:
        if token.enabled and token.origin != "config":
            others = _others(token, tokens, now)
            if notice := next(_of(token, known.get(token.id, NOTHING_KNOWN), others, now), None):
                found.append(notice)
    return sorted(found, key=lambda notice: notice.urgency)


def _of(token: Token, known: Known, others: Sequence[Token], now: float) -> Iterator[Notice]:
    if token.health == "unhealthy":
        why = plain(token.health_because) or "it does not work"
        yield Notice(token, "bad", why, _cure(token), 0)
    if (rest := token.cooling(now)) is not None:
        left = countdown(rest.until - now)
        yield Notice(token, "warn", f"rests {left}: {plain(rest.because) or rest.kind}", _instead(token, others), 1)
    full = max(
        (window for window in token.windows if (used_now(window, now) or 0) >= NEARLY),
        key=lambda window: used_now(window, now) or 0, default=None,
    )  # fmt: skip
    if full is not None:
        used = used_now(full, now) or 0
        yield Notice(
            token, "warn", f"{full.name} {used:.0%} used{_resets(full, now)}", _instead(token, others), 3 - used
        )
    ends = [
        (said.used_up_at, window)
        for window in token.windows
        if (outlook := known.outlooks.get(window.name)) and (said := outlook.forecast) and (window.reset_at or 0) > now
    ]
    if ends:
        at, window = min(ends, key=lambda end: end[0])
        before = f", {countdown((window.reset_at or at) - at)} before its reset"
        what = f"{window.name} used up about {clock_time(at, now)}{before}"
        yield Notice(token, "warn", what, _instead(token, others), 3 + min(0.9, (at - now) / SOON_S))
    end, renewed = token.expires_at, token.refresh_token is not None
    if renewed or token.login == "vertex":
        end = token.refresh_expires_at
    if end is not None and end - now < SOON_S:
        what = f"ends in {countdown(end - now)}" if end > now else "has run out"
        yield Notice(token, "warn", f"its credential {what} and cannot be renewed", _cure(token), 4)


def _cure(token: Token) -> str:
    if token.health_kind == UNREADABLE:
        return "t tests it"
    if token.health_kind == FailureKind.TOKEN_UNUSABLE:
        return "the account must change; then t tests it"
    return "l logs in again" if token.login else "⏎ gives it a new credential; t tests it"


def _others(token: Token, tokens: Sequence[Token], now: float) -> list[Token]:
    """Those of its provider that can pay meanwhile."""
    return [
        other
        for other in tokens
        if other.provider == token.provider and other.id != token.id and other.status(now) == "healthy"
    ]


def _instead(token: Token, others: Sequence[Token]) -> str:
    if not others:
        return f"no other of {token.provider}: a adds one, l logs in"
    names = ", ".join(other.name for other in others[:NAMED])
    return f"meanwhile {names} pay{'s' if len(others) == 1 else ''}"


def _resets(window: Window, now: float) -> str:
    return f", resets in {countdown(window.reset_at - now)}" if window.reset_at and window.reset_at > now else ""
