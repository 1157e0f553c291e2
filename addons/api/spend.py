"""`/api/spend`: money of today, and how every budget stands."""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

from addons.api.endpoint import Answer, Endpoint, View
from addons.api.today import Today, today
from addons.budgets import Budgets
from addons.runtime import Runtime
from router_core.spend.words import standing_view


class UsedView(View):
    """Of a budget; money in nano-USD."""

    requests: int
    input_tokens: int
    output_tokens: int
    nano_usd: int


class LimitsView(View):
    """What a budget allows; a kind that is not limited is not there."""

    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    nano_usd: int | None = None


class StandingView(View):
    """How one budget stands in one period."""

    budget: str
    period: Literal["day", "week", "month"]
    begins: str
    """The local day on which the period began."""
    resets_at: float
    """Epoch seconds."""
    scope: dict[str, Any]
    """What it is counted by, with the value."""
    limits: LimitsView
    used: UsedView
    reserved: UsedView
    """For requests under way."""
    share: float
    """Of the limit that is nearest, used or reserved."""
    nearest: str
    warns: bool
    on_limit: str


class Spent(View):
    """Today, and the budgets."""

    today: Today
    budgets: list[StandingView]


class Spend:
    """What the API says of money."""

    def __init__(self, runtime: Runtime, budgets: Budgets) -> None:
        self.runtime = runtime
        self.budgets = budgets

    def endpoints(self) -> Sequence[Endpoint]:
        said = "Money of today, and how every budget stands"
        return [Endpoint("GET", "/api/spend", self.answer, said, Spent, tag="spend")]

    async def answer(self) -> Answer:
        self.runtime.pool.refresh()
        now = self.runtime.clock.now()
        budgets = [standing_view(budget, standing, now) for budget, standing in self.budgets.standings()]
        return Answer({"today": await asyncio.to_thread(today, self.runtime.home, now), "budgets": budgets})
