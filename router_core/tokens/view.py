"""A token as listings, the API and the TUI show it: everything but the secrets."""

from typing import Any

from router_core.clock import to_ms
from router_core.quota.view import NOTHING_KNOWN, Known, balance_view, poll_view, window_view
from router_core.tokens.remedy import remedy_for
from router_core.tokens.token import Health, Token, credential_kind, status_of


def token_view(token: Token, now: float, known: Known = NOTHING_KNOWN) -> dict[str, Any]:
    """JSON values; times in epoch milliseconds, fractions 0..1.

    Args:
        now: epoch seconds; cooldowns that are over are left out.
        known: of its quota, beside the windows; left out where it would cost too much.
    """
    rest = token.cooling(now)
    return stored_view(
        token.id,
        token.name,
        token.provider,
        token.account_id,
        None if token.expires_at is None else to_ms(token.expires_at),
        token.priority,
        token.enabled,
        token.origin,
        token.health,
        token.health_because,
        to_ms(token.created_at),
        token.claude_code_compat,
        token.login,
        token.credential or credential_kind(token.access_token),
        token.weight,
        token.max_concurrent,
        token.health_kind,
        token.refresh_token is not None,
        plan=token.facts.get("plan", ""),
        rest_because=rest.because if rest else None,
        cooldowns=[cooldown_view(c.model, to_ms(c.until), c.kind, c.because) for c in token.cooldowns if c.until > now],
        windows=[window_view(window, known.outlooks.get(window.name)) for window in token.windows],
        balances=[balance_view(balance) for balance in known.balances],
        poll=poll_view(known.poll),
    )


STORED = (
    "id", "name", "provider", "account_id", "expires_at", "priority", "enabled", "origin", "health", "health_because",
    "created_at", "claude_code_compat", "login", "credential", "weight", "max_concurrent", "health_kind",
)  # fmt: skip
"""The columns that `stored_view` takes first, in its order; then whether there is a refresh token."""


def stored_view(
    id_: str,
    name: str,
    provider: str,
    account_id: str | None,
    expires_at: int | None,
    priority: int,
    enabled: bool | int,
    origin: str,
    health: Health,
    health_because: str,
    created_at: int,
    claude_code_compat: bool | int,
    login: str,
    credential: str,
    weight: float,
    max_concurrent: int | None,
    health_kind: str,
    can_refresh: bool | int,
    plan: str,
    rest_because: str | None,
    cooldowns: list[dict[str, Any]],
    windows: list[dict[str, Any]],
    balances: list[dict[str, Any]],
    poll: dict[str, Any] | None,
) -> dict[str, Any]:
    """The view of a token's row: times are milliseconds already, yes and no may be 1 and 0.

    Args:
        rest_because: of the longest rest of the whole token that is not over; None: it does not rest.
    """
    ill = health == "unhealthy"
    return {
        "id": id_,
        "name": name,
        "provider": provider,
        "kind": credential,
        "priority": priority,
        "weight": weight,
        "max_concurrent": max_concurrent,
        "enabled": enabled == 1,
        "origin": origin,
        "claude_code_compat": claude_code_compat == 1,
        "status": status_of(enabled == 1, health, resting=rest_because is not None),
        "because": health_because if ill else rest_because or "",
        "remedy": remedy_for(name, provider, origin, login, health_because, health_kind) if ill else "",
        "account_id": account_id,
        "expires_at": expires_at,
        "can_refresh": can_refresh == 1,
        "cooldowns": cooldowns,
        "plan": plan,
        "windows": windows,
        "balances": balances,
        "poll": poll,
        "created_at": created_at,
    }


def cooldown_view(model: str, until: int, kind: str, because: str) -> dict[str, Any]:
    """One rest as JSON.

    Args:
        until: epoch milliseconds.
    """
    return {"model": model, "until": until, "kind": kind, "because": because}
