"""better-ccflare (and ccflare before it): the table `accounts` of its SQLite database.

Columns `name, provider, api_key, refresh_token, access_token, expires_at (ms), priority, paused, custom_endpoint`;
older databases lack the last ones and `api_key`. For a provider with keys, the key may stand in `api_key`,
`refresh_token` or `access_token`. The database is opened read-only. (tombii/better-ccflare,
packages/database/src/migrations.ts and packages/types, read 2026-11.)
"""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

from router_core.importing.documents import is_sqlite, rows_of
from router_core.importing.found import Found, key, unusable
from router_core.importing.login_entry import LOGIN_OF_PROVIDER, login_entry
from router_core.importing.machine import Machine
from router_core.importing.provider_names import host_of, provider_at, provider_named
from router_core.vendors.fields import expiry_of, text_of

SOURCE = "better-ccflare"
TABLE = "accounts"
FILES = ("better-ccflare/better-ccflare.db", "ccflare/ccflare.db")
ANYWHERE = frozenset({"openai-compatible", "anthropic-compatible"})
"""Providers that say by `custom_endpoint` only whose key it is."""


def find(machine: Machine) -> list[Found]:
    files = [machine.config_home / name for name in FILES]
    if said := machine.environ.get("BETTER_CCFLARE_DB_PATH", "").strip():
        files.insert(0, machine.expanded(said))
    return [one for file in files if file.exists() for one in read(file, machine)]


def read(path: Path, machine: Machine) -> list[Found]:
    if not is_sqlite(path):
        return [unusable(SOURCE, "claude", str(path), "It is no SQLite database.")]
    try:
        rows = rows_of(path, f"select * from {TABLE} order by name")
    except sqlite3.Error as error:
        return [unusable(SOURCE, "claude", str(path), f"It cannot be read ({error}).")]
    return [_account(row, path, machine) for row in rows]


def fits(document: Any) -> bool:
    return document is None  # told by its first bytes, see sources.py


def _account(row: dict[str, Any], path: Path, machine: Machine) -> Found:
    name, kind = text_of(row, "name"), text_of(row, "provider") or "anthropic"
    place = f"{path} ({name})"
    found, priority = _credential(row, kind, place, machine), row.get("priority")
    return replace(
        found,
        enabled=not row.get("paused"),
        called=name,
        priority=priority if isinstance(priority, int) and priority else None,  # 0: nobody has said any
    )


def _credential(row: dict[str, Any], kind: str, place: str, machine: Machine) -> Found:
    provider = provider_named(kind)
    access_token, refresh_token = text_of(row, "access_token"), text_of(row, "refresh_token")
    secret = text_of(row, "api_key")
    is_login = provider in LOGIN_OF_PROVIDER or (access_token and refresh_token and access_token != refresh_token)
    if is_login and not secret and kind != "claude-console-api":
        return login_entry(
            SOURCE,
            provider,
            place,
            access_token=access_token,
            refresh_token=refresh_token,
            expires_at=expiry_of(row.get("expires_at")),
        )
    secret = secret or refresh_token or access_token
    url = _endpoint(text_of(row, "custom_endpoint"))
    if kind in ANYWHERE or url:
        there = provider_at(url, machine.providers, anthropic=kind != "openai-compatible")
        if there is None:
            return unusable(SOURCE, provider, place, f"No provider has its base URL ({host_of(url)}). Use token add.")
        provider = there
    return key(SOURCE, provider, secret, place)


def _endpoint(written: str) -> str:
    """The URL of a `custom_endpoint`, which is either that or an object with more settings."""
    if not written.startswith("{"):
        return written
    try:
        return text_of(json.loads(written), "endpoint")
    except ValueError:
        return ""
