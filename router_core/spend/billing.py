"""Whether a request is paid by what it uses, or by a subscription that costs the same either way.

The cost of a request is noted at list prices in both cases: of a subscription it is what the same would have cost. So
that the two are not mixed up each record says which it was, and budgets in USD count what is metered, unless told
otherwise.
"""

from typing import Literal

from router_core.config.schema import ProviderConfig
from router_core.providers.auth import is_claude_oauth
from router_core.tokens.token import Token

Billing = Literal["metered", "subscription"]

_PLANS = frozenset({"codex", "copilot", "code-assist", "antigravity"})
"""Kinds that are the backend of a subscription."""


def billing_of(provider: ProviderConfig, token: Token) -> Billing:
    """How a request to this provider with this token is paid."""
    if provider.billing is not None:
        return provider.billing
    login = token.login not in ("", "vertex")
    plan = provider.kind in _PLANS or provider.keyless or login or is_claude_oauth(token)
    return "subscription" if plan else "metered"
