"""Claude Code: the login that `claude` uses (vendors/claude_code.py), in its file and in the macOS keychain."""

from pathlib import Path
from typing import Any

from router_core.importing.found import Found, of_vendor, unusable
from router_core.importing.machine import Machine
from router_core.vendors.claude_code import LOGIN, ClaudeCodeFormat, keychain_service, profile_beside
from router_core.vendors.login import VendorStoreError
from router_core.vendors.place import FilePlace
from router_core.vendors.store import JsonStore

SOURCE = "claude"


def find(machine: Machine) -> list[Found]:
    folder = machine.folder("CLAUDE_CONFIG_DIR", ".claude")
    found = read(folder / ".credentials.json", machine)
    if machine.platform == "darwin":
        own = machine.environ.get("CLAUDE_CONFIG_DIR", "").strip()
        service = keychain_service(own)
        profile = (Path(own) if own else machine.home) / ".claude.json"
        place = f"keychain item {service!r}"
        store = JsonStore(machine.keychain(service), ClaudeCodeFormat(profile), place)
        found = [*_held(store, place, f"claude-keychain:{own}"), *found]
    return found


def read(path: Path, machine: Machine) -> list[Found]:
    store = JsonStore(FilePlace(path), ClaudeCodeFormat(profile_beside(path)), str(path))
    return _held(store, str(path), f"claude-file:{path}")


def fits(document: Any) -> bool:
    return isinstance(document, dict) and (LOGIN in document or "mcpOAuth" in document)


def _held(store: JsonStore, place: str, locator: str) -> list[Found]:
    try:
        held = store.find()
    except VendorStoreError as error:
        return [unusable(SOURCE, "claude", place, error.message)]
    return [of_vendor(SOURCE, "claude", "claude", held, place, shared=locator)] if held else []
