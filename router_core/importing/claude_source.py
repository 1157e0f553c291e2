"""Claude Code: the login that `claude` uses (vendors/claude_code.py), in its file and in the macOS keychain; and the
API key that a login to Anthropic's Console has made (`primaryApiKey`; seen in 2.1.329)."""

from pathlib import Path
from typing import Any

from router_core.importing.documents import json_in
from router_core.importing.found import Found, key, of_vendor, unusable
from router_core.importing.machine import Machine
from router_core.vendors.claude_code import (
    KEY_KEYCHAIN_SERVICE,
    LOGIN,
    ClaudeCodeFormat,
    keychain_service,
    profile_beside,
)
from router_core.vendors.fields import text_of
from router_core.vendors.login import VendorStoreError
from router_core.vendors.place import FilePlace, Place
from router_core.vendors.store import JsonStore

SOURCE = "claude"
KEY = "primaryApiKey"


def find(machine: Machine) -> list[Found]:
    own = machine.environ.get("CLAUDE_CONFIG_DIR", "").strip()
    credentials = machine.folder("CLAUDE_CONFIG_DIR", ".claude") / ".credentials.json"
    profile = (machine.expanded(own) if own else machine.home) / ".claude.json"
    found = []
    if machine.platform == "darwin":
        service, holds_key = keychain_service(own), keychain_service(own, KEY_KEYCHAIN_SERVICE)
        place = f"keychain item {service!r}"
        store = JsonStore(machine.keychain(service), ClaudeCodeFormat(profile), place)
        found += _held(store, place, f"claude-keychain:{own}")
        found += _key(machine.keychain(holds_key), f"keychain item {holds_key!r}")
    return [*found, *read(credentials, machine), *read(profile, machine)]


def read(path: Path, machine: Machine) -> list[Found]:
    """Either of its files: `.credentials.json`, or `.claude.json` with a key."""
    try:
        document = json_in(path)
    except VendorStoreError as error:
        return [unusable(SOURCE, "claude", str(path), error.message)]
    if not isinstance(document, dict):
        return []
    found = [key(SOURCE, "claude", secret, f"{path} ({KEY})")] if (secret := text_of(document, KEY)) else []
    if LOGIN in document or "mcpOAuth" in document:
        store = JsonStore(FilePlace(path), ClaudeCodeFormat(profile_beside(path)), str(path))
        found += _held(store, str(path), f"claude-file:{path}")
    return found


def fits(document: Any) -> bool:
    return isinstance(document, dict) and any(name in document for name in (LOGIN, "mcpOAuth", KEY))


def _key(item: Place, place: str) -> list[Found]:
    try:
        secret = (item.text() or "").strip()
    except VendorStoreError as error:
        return [unusable(SOURCE, "claude", place, error.message)]
    return [key(SOURCE, "claude", secret, place)] if secret else []


def _held(store: JsonStore, place: str, locator: str) -> list[Found]:
    try:
        held = store.find()
    except VendorStoreError as error:
        return [unusable(SOURCE, "claude", place, error.message)]
    return [of_vendor(SOURCE, "claude", "claude", held, place, shared=locator)] if held else []
