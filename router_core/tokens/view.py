"""A token as listings, the API and the TUI show it: everything but the secrets."""

from typing import Any

from router_core.clock import to_ms
from router_core.quota.known import NOTHING_KNOWN, Known, balance_view, poll_view, window_view
from router_core.tokens.remedy import remedy
from router_core.tokens.token import Token, credential_kind


def token_view(token: Token, now: float, known: Known = NOTHING_KNOWN) -> dict[str, Any]:
    """JSON values; times in epoch milliseconds, fractions 0..1.

    Args:
        now: epoch seconds; cooldowns that are over are left out.
        known: of its quota, beside the windows; left out where it would cost too much.
    """
    rest = token.cooling(now)
    because = token.health_because if token.health == "unhealthy" else rest.because if rest else ""
    return {
        "id": token.id,
        "name": token.name,
        "provider": token.provider,
        "kind": token.credential or credential_kind(token.access_token),
        "priority": token.priority,
        "weight": token.weight,
        "max_concurrent": token.max_concurrent,
        "enabled": token.enabled,
        "origin": token.origin,
        "claude_code_compat": token.claude_code_compat,
        "status": token.status(now),
        "because": because,
        "remedy": remedy(token),
        "account_id": token.account_id,
        "expires_at": None if token.expires_at is None else to_ms(token.expires_at),
        "can_refresh": token.refresh_token is not None,
        "cooldowns": [
            {"model": c.model, "until": to_ms(c.until), "kind": c.kind, "because": c.because}
            for c in token.cooldowns
            if c.until > now
        ],
        "plan": token.facts.get("plan", ""),
        "windows": [window_view(window, known.outlooks.get(window.name)) for window in token.windows],
        "balances": [balance_view(balance) for balance in known.balances],
        "poll": poll_view(known.poll),
        "created_at": to_ms(token.created_at),
    }
