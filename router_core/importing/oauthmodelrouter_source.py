"""OAuthModelRouter: the table `tokens` of its SQLite database, `~/.oauthrouter/tokens.db`.

Columns `id` (its name), `provider` (`claude`, `openai`), `access_token, refresh_token, expires_at` (ISO 8601 or
seconds), `status` (`healthy`, `unhealthy`), `priority` (lower is first), `account_id` (of ChatGPT; of Claude tokens any
text). ChatGPT's logins and keys of the platform are both called `openai`. The database is opened read-only. (Its README
and scripts/ops/db_tokens.sh, read 2026-11.)
"""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

from router_core.importing.documents import is_sqlite, rows_of
from router_core.importing.found import Found, key, unusable
from router_core.importing.login_entry import login_entry
from router_core.importing.machine import Machine
from router_core.importing.provider_names import provider_named
from router_core.providers.auth import jwt_claims
from router_core.vendors.fields import expiry_of, text_of

SOURCE = "oauthmodelrouter"
TABLE = "tokens"


def find(machine: Machine) -> list[Found]:
    file = machine.home / ".oauthrouter" / "tokens.db"
    return read(file, machine) if file.exists() else []


def read(path: Path, machine: Machine) -> list[Found]:
    if not is_sqlite(path):
        return [unusable(SOURCE, "claude", str(path), "It is no SQLite database.")]
    try:
        rows = rows_of(path, f"select * from {TABLE} order by provider, priority, id")
    except sqlite3.Error as error:
        return [unusable(SOURCE, "claude", str(path), f"It cannot be read ({error}).")]
    return [_token(row, path) for row in rows]


def fits(document: Any) -> bool:
    return document is None  # told by its tables, see sources.py


def _token(row: dict[str, Any], path: Path) -> Found:
    name, priority = text_of(row, "id"), row.get("priority")
    return replace(
        _credential(row, f"{path} ({name})"),
        enabled=text_of(row, "status") != "unhealthy",
        called=name,
        priority=priority if isinstance(priority, int) else None,
    )


def _credential(row: dict[str, Any], place: str) -> Found:
    provider, access_token = provider_named(text_of(row, "provider")), text_of(row, "access_token")
    refresh_token = text_of(row, "refresh_token")
    if provider == "openai" and (refresh_token or jwt_claims(access_token)):
        provider = "codex"
    if provider not in ("claude", "codex") or access_token.startswith("sk-ant-api"):
        return key(SOURCE, provider, access_token, place)
    return login_entry(
        SOURCE,
        provider,
        place,
        access_token=access_token,
        refresh_token=refresh_token,
        expires_at=expiry_of(row.get("expires_at")),
        account_id=text_of(row, "account_id") if provider == "codex" else "",
    )
