"""How the budgets stand, as the router says (`/api/spend`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from router_core.money import usd_text
from router_core.text import plain
from tui.admin import AdminApi


@dataclass(frozen=True, slots=True)
class BudgetStand:
    """One budget in one period."""

    name: str
    scope: tuple[str, ...]
    """What it is counted by, the values of it: of a project, a client's key …; empty for everything."""
    period: str
    share: float
    """Of the limit that is nearest, used or reserved."""
    used: str
    limit: str
    resets_at: float
    warns: bool
    """The router says that it is nearly used up."""


async def budgets(api: AdminApi) -> list[BudgetStand]:
    """The most pressing first. Raises AdminError."""
    answer = await api.call("GET", "/api/spend", in_turn=False)
    found = [stand_of(view) for view in answer.get("budgets", ()) if isinstance(view, dict)]
    return sorted(found, key=lambda stand: -stand.share)


def stand_of(view: Mapping[str, Any]) -> BudgetStand:
    """From one entry of the API's answer."""
    nearest = str(view.get("nearest", ""))
    used, held, limits = (view.get(part) or {} for part in ("used", "reserved", "limits"))
    spent = int(used.get(nearest) or 0) + int(held.get(nearest) or 0)
    return BudgetStand(
        name=plain(str(view.get("budget", ""))),
        scope=tuple(plain(str(value)) for value in (view.get("scope") or {}).values()),
        period=plain(str(view.get("period", ""))),
        share=float(view.get("share") or 0.0),
        used=_amount(nearest, spent),
        limit=_amount(nearest, int(limits.get(nearest) or 0)),
        resets_at=float(view.get("resets_at") or 0.0),
        warns=bool(view.get("warns")),
    )


def _amount(kind: str, value: int) -> str:
    return usd_text(value) if kind == "nano_usd" else f"{value:,} {plain(kind).replace('_', ' ')}"
