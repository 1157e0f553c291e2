"""What is said of a find: whose it is, where it was, what is shared and what follows from it. No secret among it."""

import os
from pathlib import Path
from typing import Any

from router_core.clock import to_ms
from router_core.config.schema import Config
from router_core.importing.found import Found
from router_core.importing.plan import Step
from router_core.importing.sources import TITLES
from router_core.text import printable
from router_core.tokens.token import Token

PLACE_LIMIT = 60
PROGRAM_OF_PLACE = {"claude": "Claude Code", "codex": "Codex", "gemini": "Gemini CLI"}
PROGRAM_OF_GOOGLE = {"gemini": "Gemini CLI", "antigravity": "Antigravity"}
SINGLE_USE = frozenset({"claude", "codex"})
"""Logins whose refresh token can be used once."""


def account_text(found: Found) -> str:
    """`me@example.com (max, Example)`."""
    who = found.facts.get("email") or found.facts.get("user") or found.account_id or ""
    about = ", ".join(filter(None, (found.facts.get("plan"), found.facts.get("organization"))))
    return f"{who} ({about})" if who and about else who or about


def places_text(found: Found) -> str:
    return ", ".join(short_place(place) for place in (found.place, *found.also))


def short_place(place: str) -> str:
    """A path as people write it."""
    home = str(Path.home())
    return place.replace(home + "/", "~/", 1) if home != "/" and place.startswith(home + "/") else place


def shared_with(locator: str) -> str:
    """`Claude Code (~/.claude/.credentials.json)`; "" for a login that is the router's own."""
    if not locator:
        return ""
    kind, _, where = locator.partition(":")
    program = PROGRAM_OF_PLACE.get(kind.partition("-")[0], "its own program")
    return f"{program} ({'the keychain' if not kind.endswith('-file') else short_place(where)})"


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
        program = PROGRAM_OF_PLACE.get(token.shared.partition("-")[0], "its own program")
        return (
            f"Note: {token.name} is shared with {program} ({printable(short_place(found.place))}). What {program}"
            " renews is adopted, what the router renews is written back there, so that neither loses the login."
            f" Recommended is a login of the router's own: {command} auth login {found.login}"
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
