"""What is known of one token's quota, and how it is shown as JSON: windows, outlooks, balances, polls.

Nothing is looked up or worked out here (quota/known.py does), so that a listing starts without all that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from router_core.clock import to_ms
from router_core.tokens.token import Window

if TYPE_CHECKING:
    from router_core.quota.forecast import Outlook
    from router_core.quota.report import Balance
    from router_core.store.quota import Poll

NO_OUTLOOKS: "Mapping[str, Outlook]" = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Known:
    """Of one token."""

    outlooks: "Mapping[str, Outlook]" = field(default=NO_OUTLOOKS)
    """By window."""
    balances: "tuple[Balance, ...]" = ()
    poll: "Poll | None" = None


NOTHING_KNOWN = Known()


def window_view(window: Window, found: "Outlook | None") -> dict[str, Any]:
    """One window as JSON: times in epoch milliseconds."""
    view = stored_window_view(
        window.name,
        window.used,
        window.length_s,
        None if window.reset_at is None else to_ms(window.reset_at),
        window.status,
        to_ms(window.observed_at),
    )
    if found is not None:
        said, early = found.forecast, found.may_end_at
        view["outlook"], view["may_end_at"] = found.because, None if early is None else to_ms(early)
        view["forecast"] = said and {
            "used_up_at": to_ms(said.used_up_at),
            "earliest": to_ms(said.earliest),
            "latest": to_ms(said.latest),
            "because": said.because,
        }
    return view


def stored_window_view(
    name: str, used: float | None, length_s: int | None, reset_at: int | None, status: str, observed_at: int
) -> dict[str, Any]:
    """The same of a window's row, whose times are milliseconds already; nothing is said of what is to come."""
    return {
        "name": name,
        "used": used,
        "length_s": length_s,
        "reset_at": reset_at,
        "status": status,
        "observed_at": observed_at,
        "forecast": None,
        "outlook": "",
        "may_end_at": None,
    }


def balance_view(balance: "Balance") -> dict[str, Any]:
    """One balance as JSON."""
    return {
        "name": balance.name,
        "used": balance.used,
        "total": balance.total,
        "remaining": balance.remaining,
        "unit": balance.unit,
        "status": balance.status,
        "observed_at": to_ms(balance.observed_at),
    }


def poll_view(poll: "Poll | None") -> dict[str, Any] | None:
    """When usage was asked for, as JSON."""
    if poll is None:
        return None
    return {
        "polled_at": to_ms(poll.polled_at),
        "not_before": to_ms(poll.not_before),
        "error": poll.error,
        "refused": poll.refused is not None,
    }
