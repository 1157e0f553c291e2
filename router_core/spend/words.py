"""What is said of budgets: that one is used up, that one nearly is, that a request is too large for any."""

from datetime import datetime
from typing import Any

import orjson

from router_core.money import to_nano, usd_text
from router_core.spend.budget import Amount, Budget
from router_core.spend.periods import resets_at
from router_core.store.spend import Standing, Wanted
from router_core.text import duration, printable

_KINDS = ("request", "input token", "output token", "USD")
USD = 3


def amount_text(kind: int, value: int) -> str:
    """`$4.90`, `1 request`, or `12,000 input tokens`."""
    return usd_text(value) if kind == USD else f"{value:,} {_KINDS[kind]}{'' if value == 1 else 's'}"


def scope_text(scope: str) -> str:
    """` (session abc)`; "" for a count of everything."""
    if not scope:
        return ""
    parts = [f"{name.replace('_', ' ')} {value or '(none)'}" for name, value in orjson.loads(scope).items()]
    return f" ({printable(', '.join(parts), 120)})"


def full_text(budget: Budget, wanted: Wanted, standing: Standing, now: float) -> str:
    """Which budget has no room, how much is used, and when it begins anew."""
    key, limit, amount = wanted
    used = standing.used.plus(standing.held)
    kind = limit.exceeded_by(used.plus(amount)) or 0
    most = limit[kind] or 0
    resets = resets_at(key.period, now)
    held = f", {amount_text(kind, standing.held[kind])} reserved for requests under way" if standing.held[kind] else ""
    return (
        f"The budget {budget.name!r}{scope_text(key.scope)} allows {amount_text(kind, most)} a {key.period}: "
        f"{amount_text(kind, standing.used[kind])} used{held}, this request is expected to need "
        f"{amount_text(kind, amount[kind])}. It begins anew {datetime.fromtimestamp(resets):%Y-%m-%d %H:%M} "
        f"(in {duration(resets - now)}). {_where(budget)}"
    )


def stands_text(budget: Budget, standing: Standing, now: float) -> str:
    """That a budget is nearly used up; "" while it is not."""
    key = standing.key
    limit = budget.limits[key.period]
    share, kind = limit.share(standing.used.plus(standing.held))
    if share < budget.warn_at:
        return ""
    left = resets_at(key.period, now) - now
    most = amount_text(kind, limit[kind] or 0)
    return (
        f"{budget.name}{scope_text(key.scope)}: {share:.0%} of {most} a {key.period} used or reserved, "
        f"anew in {duration(left)}"
    )


def standing_view(budget: Budget, standing: Standing, now: float) -> dict[str, Any]:
    """A count for listings; money in nano-USD."""
    key = standing.key
    limit = budget.limits[key.period]
    share, kind = limit.share(standing.used.plus(standing.held))
    return {
        "budget": budget.name,
        "period": key.period,
        "begins": key.begins,
        "resets_at": resets_at(key.period, now),
        "scope": orjson.loads(key.scope) if key.scope else {},
        "limits": {name: value for name, value in limit._asdict().items() if value is not None},
        "used": standing.used._asdict(),
        "reserved": standing.held._asdict(),
        "share": round(share, 4),
        "nearest": Amount._fields[kind],
        "warns": share >= budget.warn_at,
        "on_limit": budget.on_limit,
    }


def request_too_large(budget: Budget, amount: Amount, asked_output: int | None) -> str:
    """Why a request alone is more than the budget allows; "" when it is not.

    Args:
        asked_output: output tokens that it allows; None when it does not say.
    """
    limits = budget.per_request
    output = amount.output_tokens if asked_output is None else asked_output
    if limits.input_tokens is not None and amount.input_tokens > limits.input_tokens:
        said = f"{amount.input_tokens:,} input tokens (estimated) > {limits.input_tokens:,}"
    elif limits.output_tokens is not None and output > limits.output_tokens:
        said = f"it may take {output:,} output tokens > {limits.output_tokens:,}; let the client ask for less"
    elif limits.usd is not None and amount.nano_usd > (most := to_nano(limits.usd)):
        said = f"about {usd_text(amount.nano_usd)} > {usd_text(most)}"
    else:
        return ""
    return f"The budget {budget.name!r} allows less for a single request: {said}. {_where(budget)}"


def _where(budget: Budget) -> str:
    if budget.is_of_a_key:
        return "It belongs to the client key; `mitmrouter key list` shows it."
    return "It is in [spend] of config.toml."
