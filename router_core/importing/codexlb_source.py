"""codex-lb: the table `accounts` of its SQLite database, `~/.codex-lb/store.db`; its key opens the tokens.

Columns `email, chatgpt_account_id, plan_type, access_token_encrypted, refresh_token_encrypted, id_token_encrypted,
status` (`active`, `paused`, `deactivated` …). The key is `$ENCRYPTION_KEY`, else `encryption.key` (Fernet) beside it.
Both are only read. (Soju06/codex-lb, app/core/crypto.py and its documents, read 2026-11.)
"""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from router_core.importing.documents import is_sqlite, rows_of
from router_core.importing.found import Found, unusable
from router_core.importing.login_entry import login_entry
from router_core.importing.machine import Machine
from router_core.vendors.fields import text_of

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

SOURCE = "codex-lb"
KEY_FILE = "encryption.key"
SWITCHED_OFF = frozenset({"paused", "deactivated"})


def find(machine: Machine) -> list[Found]:
    file = machine.home / ".codex-lb" / "store.db"
    return read(file, machine) if file.exists() else []


def is_its_own(path: Path) -> bool:
    """Whether a database is codex-lb's: others have accounts, too."""
    try:
        rows_of(path, "select access_token_encrypted from accounts limit 1")
    except sqlite3.Error:
        return False
    return True


def read(path: Path, machine: Machine) -> list[Found]:
    if not is_sqlite(path):
        return [unusable(SOURCE, "codex", str(path), "It is no SQLite database.")]
    try:
        rows = rows_of(path, "select * from accounts order by email")
    except sqlite3.Error as error:
        return [unusable(SOURCE, "codex", str(path), f"It cannot be read ({error}).")]
    key = _key(path.parent / KEY_FILE, machine)
    if key is None:
        return [unusable(SOURCE, "codex", str(path), f"There is no key beside it ({KEY_FILE}) that opens its tokens.")]
    return [_account(row, path, key) for row in rows]


def fits(document: Any) -> bool:
    return document is None  # told by its columns, see sources.py


def _key(file: Path, machine: Machine) -> "Fernet | None":
    from cryptography.fernet import Fernet  # here: few have such a database

    try:
        return Fernet(machine.environ.get("ENCRYPTION_KEY", "").strip() or file.read_bytes().strip())
    except (OSError, ValueError):
        return None


def _account(row: dict[str, Any], path: Path, key: "Fernet") -> Found:
    from cryptography.fernet import InvalidToken

    email = text_of(row, "email")
    place = f"{path} ({email or text_of(row, 'id')})"
    try:
        access_token, refresh_token, id_token = (
            key.decrypt(row[f"{name}_encrypted"]).decode() if row.get(f"{name}_encrypted") else ""
            for name in ("access_token", "refresh_token", "id_token")
        )
    except (InvalidToken, TypeError, UnicodeDecodeError):
        return unusable(SOURCE, "codex", place, "Its tokens were encrypted with another key.")
    found = login_entry(
        SOURCE, "codex", place, access_token=access_token, refresh_token=refresh_token, id_token=id_token, email=email,
        account_id=text_of(row, "chatgpt_account_id"),
    )  # fmt: skip
    return replace(found, enabled=text_of(row, "status").lower() not in SWITCHED_OFF)
