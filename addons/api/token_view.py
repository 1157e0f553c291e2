"""A token and its quota as the API shows them (router_core/tokens/view.py, quota/view.py): everything but secrets."""

from typing import Literal

from pydantic import Field

from addons.api.endpoint import View


class CooldownView(View):
    """A rest."""

    model: str
    """"" is the whole token, else only this model."""
    until: int
    """Epoch milliseconds."""
    kind: str
    because: str


class ForecastView(View):
    """When a window is used up if it goes on like this; epoch milliseconds."""

    used_up_at: int
    earliest: int
    latest: int
    because: str


class WindowView(View):
    """One quota window of a token."""

    name: str
    """`5h`, `7d`, `7d_opus` …"""
    used: float | None
    """A fraction; null: the provider told no number."""
    length_s: int | None
    reset_at: int | None
    status: str
    observed_at: int
    forecast: ForecastView | None
    outlook: str
    """In words."""
    may_end_at: int | None


class BalanceView(View):
    """Money or credits that a provider says are left."""

    name: str
    used: float | None
    total: float | None
    remaining: float | None
    unit: str
    status: str
    observed_at: int


class PollView(View):
    """When the provider's usage endpoint was asked last."""

    polled_at: int
    not_before: int
    """It is not asked again before."""
    error: str
    refused: bool


class TokenView(View):
    """A stored credential, without itself. Times are epoch milliseconds."""

    id: str
    name: str
    provider: str
    kind: str
    """`api_key`, `oauth` …"""
    priority: int
    """Low ones pay first."""
    weight: float
    max_concurrent: int | None
    enabled: bool
    origin: str
    """`config`: it is kept in config.toml and changed there."""
    claude_code_compat: bool
    status: Literal["healthy", "resting", "unhealthy", "disabled"]
    because: str
    remedy: str
    """What to do about it."""
    account_id: str | None
    expires_at: int | None
    can_refresh: bool
    cooldowns: list[CooldownView]
    plan: str
    windows: list[WindowView]
    balances: list[BalanceView]
    poll: PollView | None
    created_at: int


class BusyTokenView(TokenView):
    """A token with what uses it at this moment."""

    in_flight: int = Field(ge=0)
    held_by: list[str]
    """Ids of requests."""
