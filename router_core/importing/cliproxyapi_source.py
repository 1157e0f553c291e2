"""CLIProxyAPI: one JSON file per login in its auth folder, `~/.cli-proxy-api`.

`type` says whose: `claude` and `codex` hold `{"access_token", "refresh_token", "id_token", "account_id", "email",
"expired" (ISO 8601), "last_refresh", "disabled"}`, `antigravity` the same with `project_id`, `gemini` an object `token`
(`{"access_token", "refresh_token", "expiry", "client_id", "client_secret"}`) beside `project_id`, `vertex` the
`service_account` with `project_id` and `location`. (router-for-me/CLIProxyAPI, internal/auth/*/…token.go, read
2026-11.)
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from router_core.importing.documents import json_in
from router_core.importing.found import Found, unusable
from router_core.importing.login_entry import login_entry
from router_core.importing.machine import Machine
from router_core.importing.provider_names import provider_named
from router_core.importing.service_account import service_account
from router_core.vendors.fields import expiry_of, part, text_of
from router_core.vendors.login import VendorStoreError

SOURCE = "cliproxyapi"


def find(machine: Machine) -> list[Found]:
    folder = machine.home / ".cli-proxy-api"
    return [one for file in sorted(folder.glob("**/*.json")) for one in read(file, machine)]


def read(path: Path, machine: Machine) -> list[Found]:
    try:
        document = json_in(path)
    except VendorStoreError as error:
        return [unusable(SOURCE, "claude", str(path), error.message)]
    return [_login(document, str(path))] if fits(document) else []


def fits(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and isinstance(document.get("type"), str)
        and any(name in document for name in ("access_token", "refresh_token", "token", "service_account"))
    )


def _login(document: dict[str, Any], place: str) -> Found:
    sort, project = text_of(document, "type"), text_of(document, "project_id")
    if sort == "vertex":
        account = json.dumps(part(document, "service_account"))
        return service_account(SOURCE, account, place, project=project, location=text_of(document, "location"))
    held = part(document, "token") if sort in ("gemini", "gemini-cli") else document
    found = login_entry(
        SOURCE,
        "gemini-cli" if sort == "gemini" else provider_named(sort),
        place,
        access_token=text_of(held, "access_token"),
        refresh_token=text_of(held, "refresh_token"),
        expires_at=expiry_of(held.get("expired") or held.get("expiry") or held.get("expires_at")),
        account_id=text_of(document, "account_id") or text_of(document, "account_uuid"),
        id_token=text_of(held, "id_token"),
        email=text_of(document, "email"),
        organization_id=text_of(document, "organization_uuid"),
        project=project,
        client=(text_of(held, "client_id"), text_of(held, "client_secret")),
    )
    return replace(found, enabled=document.get("disabled") is not True)
