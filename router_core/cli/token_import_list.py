"""How `token import` shows what it found, asks what to take, and says what follows from it."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from router_core.cli import asking
from router_core.cli.printing import Cell, print_table
from router_core.clock import to_ms
from router_core.config.schema import Config
from router_core.importing.found import Found
from router_core.importing.plan import Step
from router_core.importing.sources import TITLES
from router_core.text import duration, printable
from router_core.tokens.token import Token

COLOURS = {"add": "green", "update": "green", "keep": "bright_black", "skip": "yellow"}
PLACE_LIMIT = 60
PROGRAM_OF_LOCATOR = {"claude": "Claude Code", "codex": "Codex", "gemini": "Gemini CLI"}
PROGRAM_OF_GOOGLE = {"gemini": "Gemini CLI", "antigravity": "Antigravity"}
SINGLE_USE = frozenset({"claude", "codex"})
"""Logins whose refresh token can be used once."""


def print_steps(steps: Sequence[Step], now: float) -> None:
    """The numbered list; what cannot be chosen has no number."""
    if not steps:
        click.echo("No credentials of other programs were found.")
        return
    numbers = numbered(steps)
    rows = [
        [
            Cell(next((str(number) for number, one in numbers.items() if one is step), ""), right=True),
            step.found.provider,
            step.found.sort,
            account_text(step.found),
            _expiry(step.found, now),
            Cell(_what(step), COLOURS[step.action]),
            places_text(step.found),
        ]
        for step in steps
    ]
    print_table(["#", "PROVIDER", "WHAT", "ACCOUNT", "EXPIRES", "IMPORT", "FROM"], rows)
    for step in steps:
        if step.because:
            place = printable(_short(step.found.place), PLACE_LIMIT)
            click.echo(f"{click.style(place, fg=COLOURS[step.action])}: {printable(step.because)}")


def numbered(steps: Sequence[Step]) -> dict[int, Step]:
    return dict(enumerate((step for step in steps if step.possible), start=1))


def chosen(steps: Sequence[Step]) -> list[Step]:
    """Ask for the numbers of the list.

    Raises:
        click.ClickException: an answer that is no such numbers.
    """
    numbers = numbered(steps)
    if not numbers:
        return []
    answer = asking.ask(
        f"Import which? (1 to {len(numbers)}, such as 1,3-4; all; nothing to leave)",
        "Say what to import: names of sources, --path or --all.",
        default="",
    )
    return picked(answer, numbers)


def picked(answer: str, numbers: dict[int, Step]) -> list[Step]:
    """The steps that an answer such as `1,3-4` names."""
    wanted: set[int] = set()
    for word in answer.replace(",", " ").split():
        if word.lower() == "all":
            return list(numbers.values())
        match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", word)
        span = range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)
        if not span or any(number not in numbers for number in (span[0], span[-1])):
            raise click.ClickException(f"{printable(word, 40)!r} is not on the list: 1 to {len(numbers)}, or all.")
        wanted.update(span)
    return [step for number, step in numbers.items() if number in wanted]


def account_text(found: Found) -> str:
    """`me@example.com (max, Example)`."""
    who = found.facts.get("email") or found.facts.get("user") or found.account_id or ""
    about = ", ".join(filter(None, (found.facts.get("plan"), found.facts.get("organization"))))
    return f"{who} ({about})" if who and about else who or about


def places_text(found: Found) -> str:
    return ", ".join(_short(place) for place in (found.place, *found.also))


def _short(place: str) -> str:
    """A path as people write it."""
    home = str(Path.home())
    return place.replace(home + "/", "~/", 1) if home != "/" and place.startswith(home + "/") else place


def step_view(step: Step) -> dict[str, Any]:
    """JSON values, and no secret among them; times in epoch milliseconds."""
    found = step.found
    return {
        "source": found.source,
        "provider": found.provider,
        "kind": found.sort,
        "places": [found.place, *found.also],
        "account_id": found.account_id,
        "email": found.facts.get("email"),
        "plan": found.facts.get("plan"),
        "organization": found.facts.get("organization"),
        "expires_at": to_ms(found.expires_at) if found.expires_at else None,
        "can_refresh": bool(found.refresh_token or found.login == "vertex"),
        "shared": found.shared or None,
        "action": step.action,
        "because": step.because,
        "name": step.name,
    }


def advice(step: Step, token: Token, command: str) -> str:
    """What people should know about an imported login; "" for a key."""
    found = step.found
    if token.shared:
        program = PROGRAM_OF_LOCATOR.get(token.shared.partition("-")[0], "its own program")
        return (
            f"Note: {token.name} is shared with {program} ({printable(_short(found.place))}). What {program} renews is"
            " adopted, what the router renews is written back there, so that neither loses the login. Recommended is a"
            f" login of the router's own: {command} auth login {found.login}"
        )
    if found.login in SINGLE_USE and found.refresh_token:
        program = TITLES[found.source]
        return (
            f"Note: {token.name} comes from {program}. Its refresh token can be used once only: switch it off in"
            f" {program}, or make a login of the router's own: {command} auth login {found.login}"
        )
    return ""


def client_advice(token: Token, config: Config) -> str:
    """What is missing for renewing a login of Google's; "" for any other. Google renews one for the OAuth client only
    that made it, which is the vendor's program's."""
    from router_core.oauth.google_client import find_client  # here: it may have to search an installed program

    title = PROGRAM_OF_GOOGLE.get(token.login)
    if title is None or token.extra.get("client_id") or find_client(token.login, config, os.environ):
        return ""
    return (
        f"Note: {token.name} can be renewed only with the OAuth client of {title}, which was not found: install {title}"
        f" on this machine, or set client_id and client_secret in [oauth.{token.login}] of config.toml."
    )


def _what(step: Step) -> str:
    match step.action:
        case "add":
            return f"new: {step.name}" + (", shared" if step.found.shared else "")
        case "update":
            return f"updates {step.name}"
        case "keep":
            return f"have it: {step.name}"
        case "skip":
            return "no"


def _expiry(found: Found, now: float) -> str:
    if found.expires_at is None:
        return ""
    renewable = bool(found.refresh_token or found.login == "vertex")
    if found.expires_at <= now:
        return "renewed on use" if renewable else "expired"
    return f"in {duration(found.expires_at - now)}" + (", renewable" if renewable else "")
