"""Codex CLI: the ChatGPT login or the API key of `codex` (vendors/codex_cli.py), in its file and in the OS keyring."""

from pathlib import Path
from typing import Any

from router_core.importing.documents import json_value
from router_core.importing.found import Found, key, of_vendor, unusable
from router_core.importing.machine import Machine
from router_core.vendors.codex_cli import KEYRING_SERVICE, LOGIN, CodexCliFormat, keyring_account
from router_core.vendors.fields import part, text_of
from router_core.vendors.login import VendorStoreError
from router_core.vendors.place import FilePlace, Place

SOURCE = "codex"


def find(machine: Machine) -> list[Found]:
    folder = machine.folder("CODEX_HOME", ".codex")
    found = read(folder / "auth.json", machine)
    if found or not folder.is_dir():  # Codex has one of both; a locked keyring is not opened for nothing
        return found
    account = keyring_account(folder)
    place = machine.keyring(KEYRING_SERVICE, account)
    return _held(place, f"keyring item {KEYRING_SERVICE!r}", f"codex-keyring:{account}", machine)


def read(path: Path, machine: Machine) -> list[Found]:
    return _held(FilePlace(path), str(path), f"codex-file:{path}", machine)


def fits(document: Any) -> bool:
    return isinstance(document, dict) and (
        "OPENAI_API_KEY" in document or "access_token" in part(document, LOGIN) or "auth_mode" in document
    )


def _held(place: Place, name: str, locator: str, machine: Machine) -> list[Found]:
    try:
        text = place.text()
        if text is None:
            return []
        document = json_value(text)
    except VendorStoreError as error:
        return [unusable(SOURCE, "codex", name, error.message)]
    except ValueError:
        return [unusable(SOURCE, "codex", name, f"{name} is no JSON (or is being written just now).")]
    found = []
    secret = text_of(document, "OPENAI_API_KEY") if isinstance(document, dict) else ""
    if secret:
        found.append(key(SOURCE, "openai", secret, f"{name} (OPENAI_API_KEY)"))
    if not secret or part(document, LOGIN):
        try:
            held = CodexCliFormat(lambda: machine.now).login(text, name)
            found.append(of_vendor(SOURCE, "codex", "codex", held, name, shared=locator))
        except VendorStoreError as error:
            found.append(unusable(SOURCE, "codex", name, error.message))
    return found
