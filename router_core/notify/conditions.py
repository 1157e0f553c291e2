"""What is the matter with the router, as conditions that hold, do not hold, or are in between.

In between nothing changes: a share that goes up and down around its threshold is said once.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from router_core.clock import to_ms
from router_core.config.notify import NotifyConfig
from router_core.text import duration, printable
from router_core.tokens.remedy import remedy_for
from router_core.tokens.token import Token, Window

Kind = Literal["quota", "budget", "token_died", "loop", "provider_down", "test"]

SHORTEST_WINDOW_S = 3600.0
"""What begins anew within the hour is nobody's business: rate limits of a minute are full all the time."""
MARGIN = 0.1
"""A share must fall so far below its threshold before it can be said anew."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that may be the matter.

    Args:
        key: what it is about; the same for as long as it is the same thing.
        holds: None: in between.
        until: epoch seconds when what it is about begins anew; holding after that is another occurrence.
        subject: for programs; no secrets.
    """

    key: str
    kind: Kind
    holds: bool | None
    title: str = ""
    text: str = ""
    until: float | None = None
    subject: Mapping[str, Any] = field(default_factory=dict)


def quota_conditions(tokens: Iterable[Token], config: NotifyConfig, now: float) -> Iterator[Condition]:
    """Windows that are nearly used up."""
    if not config.quota:
        return
    for token in tokens:
        for window in token.windows:
            if token.enabled and window.used is not None and not _is_short(window):
                yield _window(token, window, window.used, config.quota_at, now)


def _window(token: Token, window: Window, used: float, at: float, now: float) -> Condition:
    over = window.reset_at is not None and window.reset_at <= now
    holds = False if over else _beyond(used, at)
    left = "" if window.reset_at is None or over else f", anew in {duration(window.reset_at - now)}"
    return Condition(
        f"quota:{token.id}:{window.name}", "quota", holds, f"{token.name}: {used:.0%} of {window.name} used",
        f"The {window.name} window of {token.name} ({token.provider}) is used to {used:.0%}{left}.", window.reset_at,
        {
            "token": token.name, "provider": token.provider, "window": window.name, "used": round(used, 4),
            "reset_at_ms": None if window.reset_at is None else to_ms(window.reset_at),
        },
    )  # fmt: skip


def _is_short(window: Window) -> bool:
    if window.length_s is not None:
        return window.length_s < SHORTEST_WINDOW_S
    return window.reset_at is not None and window.reset_at - window.observed_at < SHORTEST_WINDOW_S


def token_conditions(tokens: Iterable[Token], config: NotifyConfig) -> Iterator[Condition]:
    """Tokens that their provider refuses."""
    if not config.token_died:
        return
    for token in tokens:
        because = printable(token.health_because, 200)
        remedy = remedy_for(
            token.name, token.provider, token.origin, token.login, token.health_because, token.health_kind
        )
        yield Condition(
            f"token:{token.id}", "token_died", token.enabled and token.health == "unhealthy",
            f"{token.name} cannot be used any more", f"{token.provider} refuses {token.name}: {because}. {remedy}",
            None, {"token": token.name, "provider": token.provider, "because": because, "remedy": remedy},
        )  # fmt: skip


def budget_conditions(standings: Iterable[Mapping[str, Any]], config: NotifyConfig, now: float) -> Iterator[Condition]:
    """Budgets that are nearly used up.

    Args:
        standings: as `/api/spend` tells them.
    """
    if not config.budget:
        return
    for standing in standings:
        name, share, period = str(standing["budget"]), float(standing["share"]), str(standing["period"])
        scope = {str(key): str(value or "") for key, value in standing["scope"].items()}
        of = f" ({', '.join(f'{key} {value}' for key, value in scope.items())})" if scope else ""
        key = hashlib.sha256(repr((name, sorted(scope.items()))).encode()).hexdigest()[:16]
        left = duration(float(standing["resets_at"]) - now)
        yield Condition(
            f"budget:{key}:{period}:{standing['begins']}", "budget", _beyond(share, config.budget_at),
            f"Budget {name}{of}: {share:.0%} of a {period} used",
            f"The budget {name}{of} is used to {share:.0%} of its {standing['nearest']} a {period}, anew in {left}.",
            float(standing["resets_at"]),
            {"budget": name, "scope": scope, "period": period, "share": share, "nearest": standing["nearest"],
             "reset_at_ms": to_ms(float(standing["resets_at"]))},
        )  # fmt: skip


def loop_conditions(alarms: Iterable[tuple[str, str]], config: NotifyConfig) -> Iterator[Condition]:
    """Sessions that run away.

    Args:
        alarms: (session, what it does) of those that do.
    """
    if not config.loop:
        return
    for session, text in alarms:
        named = printable(session.partition("\0")[0], 80)
        key = hashlib.sha256(session.encode("utf-8", "replace")).hexdigest()[:16]
        yield Condition(
            f"loop:{key}", "loop", True, "A session may be running away", f"Session {named}: {printable(text, 200)}.",
            None, {"session": named, "because": printable(text, 200)},
        )  # fmt: skip


def provider_conditions(hosts: Iterable[tuple[str, str]], config: NotifyConfig) -> Iterator[Condition]:
    """Providers' hosts that fail again and again.

    Args:
        hosts: (host, why) of those that do.
    """
    if not config.provider_down:
        return
    for host, because in hosts:
        yield Condition(
            f"provider:{host}", "provider_down", True, f"{host} is down",
            f"{host} fails again and again: {printable(because, 200)}. Requests go elsewhere where they can.",
            None, {"host": host, "because": printable(because, 200)},
        )  # fmt: skip


def _beyond(share: float, at: float) -> bool | None:
    if share >= at:
        return True
    return False if share < at - MARGIN else None
