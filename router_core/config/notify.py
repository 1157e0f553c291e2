"""The `[notify]` section: what its owner is told of, and how."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, PositiveFloat, SecretStr, field_validator

from router_core.config.section import Section
from router_core.netloc import is_loopback

type At = Annotated[float, Field(gt=0, le=1)]


class NotifyConfig(Section):
    quota: bool = True
    """A quota window of a token is nearly used up."""
    quota_at: At = 0.8
    """From this share of it on."""
    budget: bool = True
    """A budget is nearly used up."""
    budget_at: At = 0.8
    """From this share of its limit on."""
    token_died: bool = True
    """A token is refused by its provider and cannot be renewed."""
    loop: bool = True
    """A session repeats itself, or spends too fast (`[spend.loops]`)."""
    provider_down: bool = True
    """A provider fails again and again."""
    desktop: bool = True
    """Say it on the desktop (`notify-send`, or `osascript` on macOS), where there is one."""
    command: tuple[str, ...] = ()
    """A program with its arguments: it is started for each event, which it reads as JSON from its standard input."""
    webhook: SecretStr | None = None
    """An https address: each event is sent there as JSON."""
    min_interval_s: PositiveFloat = 3600.0
    """The same thing is not said again sooner."""
    timeout_s: PositiveFloat = 10.0
    """Longest time for the program, and for each try of the webhook."""

    @field_validator("command", mode="before")
    @classmethod
    def _is_list(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError('must be a list: ["program", "argument"]; no shell reads it')
        return value

    @field_validator("webhook")
    @classmethod
    def _https_or_loopback(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        parts = urlsplit(value.get_secret_value())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be a URL such as https://hooks.example.com/…")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("plain http:// is allowed for loopback only: use https://")
        return value
