"""multicodex: its `accounts.json`.

`{"accounts": [{"id", "provider" (`openai` is a ChatGPT login; `openai-compatible`, `mistral`, `zai` are keys), "email",
"accessToken", "refreshToken", "expiresAt" (ms), "chatgptAccountId", "baseUrl", "enabled", "priority"}]}`, at
`$STORE_PATH`, by default `/data/accounts.json` in its container. (thibautrey/multicodex-proxy, README and src/types.ts,
read 2026-11.)
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from router_core.importing.documents import json_in, objects
from router_core.importing.found import Found, key, unusable
from router_core.importing.login_entry import login_entry
from router_core.importing.machine import Machine
from router_core.importing.provider_names import host_of, provider_at
from router_core.vendors.fields import expiry_of, text_of
from router_core.vendors.login import VendorStoreError

SOURCE = "multicodex"


def find(machine: Machine) -> list[Found]:
    said = machine.environ.get("STORE_PATH", "").strip()
    files = [machine.expanded(said)] if said.endswith("accounts.json") else []
    files += [Path("/data/accounts.json"), machine.home / ".multicodex" / "accounts.json"]
    return [one for file in dict.fromkeys(files) for one in read(file, machine)]


def read(path: Path, machine: Machine) -> list[Found]:
    try:
        document = json_in(path)
    except VendorStoreError as error:
        return [unusable(SOURCE, "codex", str(path), error.message)]
    return [_account(one, path, machine) for one in objects(document.get("accounts"))] if fits(document) else []


def fits(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("accounts"), list)


def _account(held: dict[str, Any], path: Path, machine: Machine) -> Found:
    name = text_of(held, "email") or text_of(held, "id")
    place, kind = f"{path} ({name})", text_of(held, "provider") or "openai"
    found = _credential(held, kind, place, machine)
    return replace(found, enabled=held.get("enabled") is not False)


def _credential(held: dict[str, Any], kind: str, place: str, machine: Machine) -> Found:
    access_token, url = text_of(held, "accessToken"), text_of(held, "baseUrl")
    if kind == "openai":
        return login_entry(
            SOURCE,
            "codex",
            place,
            access_token=access_token,
            refresh_token=text_of(held, "refreshToken"),
            expires_at=expiry_of(held.get("expiresAt")),
            account_id=text_of(held, "chatgptAccountId"),
            email=text_of(held, "email"),
        )
    provider = provider_at(url, machine.providers) if url else kind
    if provider is None or provider == "openai-compatible":
        return unusable(SOURCE, kind, place, f"No provider has its base URL ({host_of(url)}). Use token add.")
    return key(SOURCE, provider, access_token, place)
