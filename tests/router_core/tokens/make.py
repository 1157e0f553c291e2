"""Tokens and windows for tests."""

from typing import Any

from router_core.tokens.token import Cooldown, Token, Window

NOW = 1_800_000_000.0


def token(name: str = "a", **more: Any) -> Token:
    return Token(
        **{"id": f"id-{name}", "name": name, "provider": "claude", "access_token": f"secret-of-{name}", **more}
    )


def rest(for_s: float, model: str = "", kind: str = "rate_limited", because: str = "busy") -> Cooldown:
    return Cooldown(NOW + for_s, kind, because, model, NOW)


def window(name: str, used: float | None, reset_in_s: float | None = 3600, length_s: int | None = None) -> Window:
    return Window(name, used, None if reset_in_s is None else NOW + reset_in_s, length_s, "", NOW)
