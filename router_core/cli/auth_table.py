"""How `auth list` and `auth status` show logins; never a secret."""

from collections.abc import Sequence
from typing import Any

import click

from router_core.cli.printing import Cell, print_facts, print_table
from router_core.clock import to_ms
from router_core.text import duration
from router_core.tokens.token import Token

COLOURS = {"healthy": "green", "resting": "yellow", "unhealthy": "red", "disabled": "bright_black"}


def login_view(token: Token, now: float) -> dict[str, Any]:
    """A login as JSON; times in epoch milliseconds."""
    rest = token.resting("", now)
    facts = token.facts
    return {
        "name": token.name,
        "provider": token.provider,
        "login": token.login,
        "email": facts.get("email") or facts.get("user"),
        "account_id": token.account_id,
        "organization": facts.get("organization") or facts.get("project"),
        "plan": facts.get("plan"),
        "status": token.status(now),
        "because": token.health_because if token.health == "unhealthy" else rest.because if rest else "",
        "expires_at": _ms(token.expires_at),
        "refreshed_at": _ms(token.refreshed_at),
        "refresh_expires_at": _ms(token.refresh_expires_at),
        "can_refresh": bool(token.refresh_token or token.extra.get("service_account")),
        "shared": token.shared,
    }


def print_logins(logins: Sequence[str], views: Sequence[dict[str, Any]], now: float) -> None:
    """One line per account, and one per provider without any."""
    rows: list[list[Cell | str]] = []
    for login in logins:
        mine = [view for view in views if view["login"] == login]
        rows += [
            [
                view["provider"], view["name"], Cell(view["status"], COLOURS.get(view["status"], "")), _who(view),
                view["because"] or _until(view, now),
            ]
            for view in mine
        ] or [[login, "", Cell("not logged in", "bright_black"), "", ""]]  # fmt: skip
    print_table(["PROVIDER", "NAME", "STATUS", "ACCOUNT", ""], rows)


def print_login(view: dict[str, Any], now: float) -> None:
    """Everything about one login."""
    click.echo(click.style(view["name"], bold=True))
    facts: list[tuple[str, Cell | str]] = [
        ("provider", view["provider"]),
        ("account", _who(view)),
        ("plan", view["plan"] or ""),
        ("status", Cell(view["status"], COLOURS.get(view["status"], ""))),
        ("because", view["because"]),
        ("access token", _until(view, now)),
        ("renewed", "" if view["refreshed_at"] is None else f"{duration(now - view['refreshed_at'] / 1000)} ago"),
        ("login ends", "" if view["refresh_expires_at"] is None else _in(view["refresh_expires_at"], now)),
        ("shared with", view["shared"]),
    ]
    print_facts([(label, value) for label, value in facts if value], "  ")


def _who(view: dict[str, Any]) -> str:
    who = view["email"] or view["account_id"] or ""
    return f"{who} ({view['organization']})" if view["organization"] else who


def _until(view: dict[str, Any], now: float) -> str:
    if view["expires_at"] is None:
        return "does not expire"
    by_itself = ", is renewed by itself" if view["can_refresh"] else ""
    return f"expires {_in(view['expires_at'], now)}{by_itself}"


def _in(at_ms: int, now: float) -> str:
    left = at_ms / 1000 - now
    return f"in {duration(left)}" if left > 0 else f"{duration(-left)} ago"


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else to_ms(seconds)
