"""OpenClaw: `auth-profiles.json` of each of its agents.

`{"version", "profiles": {"<provider>:<name>": …}}`, a profile being `{"type": "api_key", "provider", "key"}`, `{"type":
"token", "provider", "token", "expires"}` or `{"type": "oauth", "provider", "access", "refresh", "expires", "accountId",
"email", "projectId"}`; times in ms. `keyRef` and `tokenRef` name a secret kept elsewhere. (docs.openclaw.ai,
concepts/oauth and gateway/authentication, and src/agents/auth-profiles of openclaw/openclaw, read 2026-11.)
"""

from pathlib import Path
from typing import Any

from router_core.importing.copilot_source import github_token
from router_core.importing.documents import json_in
from router_core.importing.found import Found, key, unusable
from router_core.importing.login_entry import login_entry
from router_core.importing.machine import Machine
from router_core.importing.provider_names import provider_named
from router_core.vendors.fields import expiry_of, part, text_of
from router_core.vendors.login import VendorStoreError

SOURCE = "openclaw"


def find(machine: Machine) -> list[Found]:
    folders = [machine.folder("OPENCLAW_STATE_DIR", ".openclaw"), machine.home / ".clawdbot"]
    files = [file for folder in folders for file in sorted(folder.glob("agents/*/agent/auth-profiles.json"))]
    return [one for file in files for one in read(file, machine)]


def read(path: Path, machine: Machine) -> list[Found]:
    try:
        document = json_in(path)
    except VendorStoreError as error:
        return [unusable(SOURCE, "claude", str(path), error.message)]
    if not isinstance(document, dict):
        return []
    profiles = part(document, "profiles")
    return [_profile(name, held, f"{path} ({name})") for name, held in profiles.items() if isinstance(held, dict)]


def fits(document: Any) -> bool:
    return isinstance(document, dict) and "profiles" in document


def _profile(name: str, held: dict[str, Any], place: str) -> Found:
    provider = provider_named(text_of(held, "provider") or name.partition(":")[0])
    email = text_of(held, "email")
    match text_of(held, "type"):
        case "api_key" if text_of(held, "key"):
            return key(SOURCE, provider, text_of(held, "key"), place, email=email)
        case "token" if text_of(held, "token"):
            if provider == "copilot":
                return github_token(SOURCE, text_of(held, "token"), place)
            return login_entry(
                SOURCE, provider, place, access_token=text_of(held, "token"), expires_at=expiry_of(held.get("expires")),
                email=email,
            )  # fmt: skip
        case "oauth":
            return login_entry(
                SOURCE, "codex" if provider == "openai" else provider, place, access_token=text_of(held, "access"),
                refresh_token=text_of(held, "refresh"), expires_at=expiry_of(held.get("expires")), email=email,
                account_id=text_of(held, "accountId"), project=text_of(held, "projectId"),
            )  # fmt: skip
        case _ if "keyRef" in held or "tokenRef" in held:
            return unusable(SOURCE, provider, place, "OpenClaw keeps this secret elsewhere and only refers to it.")
        case _:
            return unusable(SOURCE, provider, place, "The profile holds no credential.")
