"""Tokens as listings show them, with forecasts, balances, and what uses them at this moment."""

import asyncio
from collections.abc import Sequence
from typing import Any

from addons.runtime import Runtime
from router_core.quota.view import NOTHING_KNOWN
from router_core.tokens.token import Token
from router_core.tokens.view import token_view


async def views_of(runtime: Runtime, tokens: Sequence[Token]) -> list[dict[str, Any]]:
    """Worked out in a thread."""
    known = await asyncio.to_thread(runtime.inquiry.known, tokens, runtime.config)
    now = runtime.clock.now()
    return [
        {**token_view(token, now, known.get(token.id, NOTHING_KNOWN)), **_in_flight(runtime, token.id, now)}
        for token in tokens
    ]


def _in_flight(runtime: Runtime, token_id: str, now: float) -> dict[str, Any]:
    """How many requests hold the token at this moment, and which, as `trace show` takes them."""
    held = runtime.pool.leases.held(token_id, now)
    return {"in_flight": len(held), "held_by": [lease.owner for lease in held]}
