"""Gemini CLI: the Google login of `gemini` (vendors/gemini_cli.py)."""

from pathlib import Path
from typing import Any

from router_core.importing.found import Found, of_vendor, unusable
from router_core.importing.machine import Machine
from router_core.vendors.gemini_cli import GeminiCliFormat
from router_core.vendors.login import VendorStoreError
from router_core.vendors.place import FilePlace
from router_core.vendors.store import JsonStore

SOURCE = "gemini"
PROVIDER = "gemini-cli"


def find(machine: Machine) -> list[Found]:
    return read(machine.folder("GEMINI_CLI_HOME", "") / ".gemini" / "oauth_creds.json", machine)


def read(path: Path, machine: Machine) -> list[Found]:
    place = str(path)
    store = JsonStore(FilePlace(path), GeminiCliFormat(path.with_name("google_accounts.json")), place)
    try:
        held = store.find()
    except VendorStoreError as error:
        return [unusable(SOURCE, PROVIDER, place, error.message)]
    return [of_vendor(SOURCE, PROVIDER, "gemini", held, place, shared=f"gemini-file:{path}")] if held else []


def fits(document: Any) -> bool:
    return isinstance(document, dict) and "expiry_date" in document
