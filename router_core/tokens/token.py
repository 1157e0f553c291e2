"""What one stored credential is and how it is doing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

Health = Literal["healthy", "unhealthy"]
Login = Literal["", "claude", "codex", "copilot", "gemini", "antigravity", "vertex"]
"""Whose authorization server renews a credential (router_core/oauth); "": it is a key that nobody renews."""

TRIED_AGAIN = frozenset({"window_exhausted", "quota_exhausted", "model_limited"})
"""Kinds of failure whose rests are tried while they last (names of providers/failure.py)."""
LONG_REST_S = 3600.0
TRY_EVERY_S = 1800.0
"""In a longer rest than that one request is let through so often."""
LACKS_MODEL = "model_unavailable"
"""Kind of the cooldown of a (token, model) pair whose plan does not have the model."""

NOTHING: Mapping[str, str] = MappingProxyType({})


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
    tried_at: float = 0.0
    """When a request was last let through all the same; 0: never, or before a restart."""

    @property
    def again_at(self) -> float:
        """When a request may be paid with the token again: at its end, or, in a long rest, for a try.

        Providers reset windows early, and people buy credit: what they said once is not believed for days.
        """
        if self.kind not in TRIED_AGAIN or self.until - self.since <= LONG_REST_S:
            return self.until
        return min(self.until, max(self.since, self.tried_at) + TRY_EVERY_S)


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
    login: Login = ""
    shared: str = ""
    """The place that this login is shared with, as router_core/vendors writes it (`claude-file:/home/…`); "": ours
    alone. What its other owner rotates is adopted, what we rotate is written back."""
    extra: Mapping[str, str] = field(default=NOTHING, repr=False)
    """Further secrets by name: `id_token`, `service_account`, `client_secret` …"""
    facts: Mapping[str, str] = NOTHING
    """What is known of the account and no secret: `email`, `plan`, `organization`, `project`, `location`, `api_base`,
    `scopes` …"""
    credential: str = ""
    """What sort it is (`credential_kind`); known where the secret itself is not read."""
    weight: float = 1.0
    """Share of the requests under `round_robin` and `least_used`: 2 is taken twice as often as 1."""
    max_concurrent: int | None = None
    """Requests under way at once; None: as many as come."""
    generation: int = 0
    """Grows with each stored credential set: a refresh replaces the set that it was made from, and no other."""
    refreshed_at: float | None = None
    refresh_expires_at: float | None = None
    """Epoch seconds after which the refresh token itself is dead; None: nobody knows."""
    write_back: bool = False
    """The set was rotated here and its other owner (`shared`) has not got it yet."""
    health: Health = "healthy"
    health_because: str = ""
    health_kind: str = ""
    """The kind of failure behind it (providers/failure.py); "": nobody said."""
    cooldowns: tuple[Cooldown, ...] = ()
    windows: tuple[Window, ...] = ()
    created_at: float = 0.0
    updated_at: float = 0.0

    def resting(self, model: str, now: float) -> Cooldown | None:
        """The longest cooldown that keeps this token from `model` at `now`; None also when a try is due."""
        if not self.cooldowns:
            return None
        active = [c for c in self.cooldowns if c.again_at > now and c.model in ("", model)]
        return max(active, key=lambda c: c.until, default=None)

    def cooling(self, now: float) -> Cooldown | None:
        """The longest cooldown of the whole token that is not over, whether or not a try is due."""
        longest: Cooldown | None = None
        for rest in self.cooldowns:
            if not rest.model and rest.until > now and (longest is None or rest.until > longest.until):
                longest = rest
        return longest

    def being_tried(self, model: str, now: float) -> "Token":
        """The token after a request was let through in the midst of its rests: the next one is not, for a while."""
        rests = [replace(c, tried_at=now) if c.until > now and c.model in ("", model) else c for c in self.cooldowns]
        return replace(self, cooldowns=tuple(rests))

    def having(self, model: str) -> "Token":
        """The same token as if it had never said that it lacks this model."""
        kept = tuple(c for c in self.cooldowns if (c.kind, c.model) != (LACKS_MODEL, model))
        return replace(self, cooldowns=kept)

    def status(self, now: float) -> str:
        """One word for listings: healthy, resting, unhealthy or disabled."""
        return status_of(self.enabled, self.health, resting=self.cooling(now) is not None)


STATES = ("healthy", "resting", "unhealthy", "disabled")


def status_of(enabled: bool, health: Health, *, resting: bool) -> str:
    """What of a token's troubles is named first."""
    if not enabled:
        return "disabled"
    if health == "unhealthy":
        return "unhealthy"
    return "resting" if resting else "healthy"


def credential_kind(secret: str) -> str:
    """What sort of credential it is, told by its shape."""
    if secret.startswith("sk-ant-oat"):
        return "claude-oauth"
    if secret.startswith("sk-"):
        return "api-key"
    return "login" if secret.count(".") == 2 and secret.startswith("eyJ") else "api-key" if secret else ""
