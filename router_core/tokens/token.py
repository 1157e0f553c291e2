"""What one stored credential is and how it is doing."""

from dataclasses import dataclass, field
from typing import Literal

Health = Literal["healthy", "unhealthy"]


@dataclass(frozen=True, slots=True)
class Window:
    """One quota window, as the provider last reported it."""

    name: str
    """`5h`, `7d`, `7d_opus`, `requests`, `tokens` …"""
    used: float | None
    """Fraction, 0 to 1 and above."""
    reset_at: float | None
    """Epoch seconds; None when the provider does not say."""
    length_s: int | None = None
    status: str = ""
    """The provider's own word, `allowed` or `rejected`."""
    observed_at: float = 0.0
    """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class Cooldown:
    """Until when a token, or a token for one model, rests, and why."""

    until: float
    """Epoch seconds."""
    kind: str
    because: str
    model: str = ""
    """Empty: every model."""
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Token:
    """One credential of one provider, with its state."""

    id: str
    name: str
    provider: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    account_id: str | None = None
    expires_at: float | None = None
    """Epoch seconds; None: it does not expire, or nobody knows."""
    priority: int = 100
    """Lower is taken first."""
    enabled: bool = True
    origin: Literal["user", "demo", "config"] = "user"
    claude_code_compat: bool = False
    """The owner lets this subscription token pay for other clients than Claude Code, too."""
    health: Health = "healthy"
    health_because: str = ""
    cooldowns: tuple[Cooldown, ...] = ()
    windows: tuple[Window, ...] = ()
    created_at: float = 0.0
    updated_at: float = 0.0

    def resting(self, model: str, now: float) -> Cooldown | None:
        """The longest cooldown that keeps this token from `model` at `now`."""
        if not self.cooldowns:
            return None
        active = [c for c in self.cooldowns if c.until > now and c.model in ("", model)]
        return max(active, key=lambda c: c.until, default=None)

    def status(self, now: float) -> str:
        """One word for listings: healthy, resting, unhealthy or disabled."""
        if not self.enabled:
            return "disabled"
        if self.health == "unhealthy":
            return "unhealthy"
        return "resting" if self.resting("", now) else "healthy"
