"""What is told of a single token beside what listings show; read from the databases, in a thread."""

from contextlib import closing
from dataclasses import asdict
from typing import Any

from addons.api.endpoint import View
from addons.api.sums import TimedSumsView
from addons.api.token_view import BusyTokenView
from addons.runtime import Runtime
from router_core.clock import to_ms
from router_core.importing.words import shared_with
from router_core.quota.sample import Sample
from router_core.store.affinity import Affined
from router_core.store.database import open_read_only
from router_core.tokens.history import history_of
from router_core.tokens.token import Token

MOST_SAMPLES = 200
"""Of each window, the newest."""


class LoginView(View):
    """Whose login it is, and how it is kept alive; times in epoch milliseconds."""

    login: str
    """The authorization server; "" for a key."""
    email: str
    organization: str
    refreshed_at: int | None
    refresh_expires_at: int | None
    """When only a new login helps."""
    shared: str
    """The place that it is shared with; "": it is the router's own."""
    shared_with: str
    """In words."""


class SampleView(View):
    """What a window was at, at a moment."""

    at: int
    used: float
    own_tokens: float


class TokenUse(View):
    """What it was used for."""

    today: TimedSumsView
    days_7: TimedSumsView
    days_30: TimedSumsView


class BoundView(View):
    """A session that stays with the token."""

    session: str
    model: str
    bound_at: int
    used_at: int
    cached_tokens: int
    """Of its prompt, as far as the provider holds it …"""
    cache_until: int
    """… until then."""


class TokenDetail(BusyTokenView):
    """One token, with all that is known of it but its secrets."""

    login: LoginView
    samples: dict[str, list[SampleView]]
    """By window, oldest first."""
    used: TokenUse
    sessions: list[BoundView]
    """Used last, first."""


def detail_of(runtime: Runtime, token: Token) -> dict[str, Any]:
    """Blocking."""
    tokens_db, traces_db = open_read_only(runtime.home.tokens_db), open_read_only(runtime.home.traces_db)
    with closing(tokens_db.conn), closing(traces_db.conn):
        history = history_of(tokens_db, traces_db, token.id, token.name, runtime.clock.now())
    return {
        "login": _login(token),
        "samples": {
            window: [_sample(each) for each in told[-MOST_SAMPLES:]] for window, told in history.samples.items()
        },
        "used": {name: asdict(sums) for name, sums in history.used.items()},
        "sessions": [_bound(row) for row in history.sessions],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    return {"at": to_ms(sample.observed_at), "used": sample.used, "own_tokens": sample.own_tokens}


def _bound(row: Affined) -> dict[str, Any]:
    return {
        "session": row.session,
        "model": row.model,
        "bound_at": to_ms(row.bound_at),
        "used_at": to_ms(row.used_at),
        "cached_tokens": row.cached_tokens,
        "cache_until": to_ms(row.cache_until),
    }


def _login(token: Token) -> dict[str, Any]:
    facts = token.facts
    return {
        "login": token.login,
        "email": facts.get("email") or facts.get("user", ""),
        "organization": facts.get("organization") or facts.get("project", ""),
        "refreshed_at": None if token.refreshed_at is None else to_ms(token.refreshed_at),
        "refresh_expires_at": None if token.refresh_expires_at is None else to_ms(token.refresh_expires_at),
        "shared": token.shared,
        "shared_with": shared_with(token.shared),
    }
