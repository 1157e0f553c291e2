"""claude-code-router: `config.json` (keys of its providers) and, in a fork of it, `auth.json` (logins).

`config.json` is `{"Providers": [{"name", "api_base_url", "api_key", "auth_type", "oauth_provider", "models"}]}`, where
a value may be `$VARIABLE` or `${VARIABLE}`, and comments are allowed. `auth.json` is `{"<provider>": {"type": "oauth",
"access", "refresh", "expires" (ms), "accountId"}}` or `{"type": "api", "key"}`. (Its README, and
packages/shared/src/auth of kekmodel/claude-code-router, read 2026-11.)
"""

import re
from pathlib import Path
from typing import Any

from router_core.importing.documents import json_in, objects
from router_core.importing.found import Found, key, unusable
from router_core.importing.login_entry import login_entry
from router_core.importing.machine import Machine
from router_core.importing.provider_names import host_of, is_local, provider_at, provider_named
from router_core.vendors.fields import expiry_of, text_of
from router_core.vendors.login import VendorStoreError

SOURCE = "claude-code-router"
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")
LOGINS = {"gemini": "gemini-cli"}
"""Names of logins in `auth.json` that mean something else than the same name of a key."""


def find(machine: Machine) -> list[Found]:
    folder = machine.home / ".claude-code-router"
    return [*read(folder / "config.json", machine), *read(folder / "auth.json", machine)]


def read(path: Path, machine: Machine) -> list[Found]:
    try:
        document = json_in(path)
    except VendorStoreError as error:
        return [unusable(SOURCE, "claude", str(path), error.message)]
    if not isinstance(document, dict):
        return []
    listed = document.get("Providers", document.get("providers"))
    if listed is not None:
        found = [_provider(one, path, machine) for one in objects(listed)]
        return [one for one in found if one is not None]
    return [_login(name, held, path) for name, held in document.items() if isinstance(held, dict) and "type" in held]


def fits(document: Any) -> bool:
    return isinstance(document, dict) and (
        isinstance(document.get("Providers"), list)
        or any(isinstance(v, dict) and v.get("type") in ("oauth", "api") for v in document.values())
    )


def _provider(held: dict[str, Any], path: Path, machine: Machine) -> Found | None:
    """One provider's key; None for a provider that has a login instead, which is in auth.json."""
    name, url = text_of(held, "name"), text_of(held, "api_base_url")
    place = f"{path} ({name})"
    if text_of(held, "auth_type") == "oauth":
        return None
    provider = provider_at(url, machine.providers, anthropic=url.rstrip("/").endswith("/messages"))
    written = text_of(held, "api_key")
    secret = _VARIABLE.sub(lambda match: machine.environ.get(match[1] or match[2], ""), written)
    if provider is None:
        if is_local(url):
            why = f"It is a program on this machine ({host_of(url)}), which needs no key of ours."
        else:
            why = f"No provider has its base URL ({host_of(url)}). Add one, or use token add."
        return unusable(SOURCE, provider_named(name), place, why)
    if not secret:
        why = f"{written} is not set." if written else "It has no key."
        return unusable(SOURCE, provider, place, why)
    return key(SOURCE, provider, secret, place)


def _login(name: str, held: dict[str, Any], path: Path) -> Found:
    provider, place = provider_named(LOGINS.get(name, name)), f"{path} ({name})"
    if text_of(held, "type") == "api":
        return key(SOURCE, provider_named(name), text_of(held, "key"), place)
    return login_entry(
        SOURCE,
        provider,
        place,
        access_token=text_of(held, "access"),
        refresh_token=text_of(held, "refresh"),
        expires_at=expiry_of(held.get("expires")),
        account_id=text_of(held, "accountId"),
    )
