"""GitHub Copilot in editors: the GitHub token that the Copilot plug-ins keep.

`apps.json` is `{"github.com:<app id>": {"user", "oauth_token", "githubAppId"}}`, the older `hosts.json` `{"github.com":
{"user", "oauth_token"}}`, both in `github-copilot` in the config folder. The token does not expire; Copilot's own,
short one is made of it (oauth/copilot.py), so it is kept as the refresh token and the access token is made on first
use. (Seen in several plug-ins that read these files, 2026-11.)
"""

from pathlib import Path
from typing import Any

from router_core.importing.documents import json_in
from router_core.importing.found import Found, unusable
from router_core.importing.machine import Machine
from router_core.oauth.copilot import CLIENT_ID
from router_core.vendors.fields import text_of, without_empty
from router_core.vendors.login import VendorStoreError

SOURCE = "copilot"
HOST = "github.com"


def find(machine: Machine) -> list[Found]:
    folder = machine.config_home / "github-copilot"
    return [*read(folder / "apps.json", machine), *read(folder / "hosts.json", machine)]


def read(path: Path, machine: Machine) -> list[Found]:
    try:
        document = json_in(path)
    except VendorStoreError as error:
        return [unusable(SOURCE, SOURCE, str(path), error.message)]
    if not isinstance(document, dict):
        return []
    # the app that our own logins use first: of several tokens of one account the first is taken
    entries = sorted(document.items(), key=lambda item: not item[0].endswith(CLIENT_ID))
    return [_entry(name, held, path) for name, held in entries if isinstance(held, dict)]


def fits(document: Any) -> bool:
    return isinstance(document, dict) and any(
        isinstance(held, dict) and "oauth_token" in held for held in document.values()
    )


def _entry(name: str, held: dict[str, Any], path: Path) -> Found:
    place = f"{path} ({name})"
    if name.partition(":")[0] != HOST:
        return unusable(SOURCE, SOURCE, place, "It is a login of a GitHub Enterprise server, which is not supported.")
    return github_token(SOURCE, text_of(held, "oauth_token"), place, user=text_of(held, "user"))


def github_token(source: str, secret: str, place: str, *, user: str = "") -> Found:
    """A GitHub token that Copilot tokens are made of."""
    return Found(
        source,
        "copilot",
        place,
        sort="login",
        refresh_token=secret or None,
        expires_at=0.0,
        facts=without_empty({"user": user}),
        login="copilot",
    )
