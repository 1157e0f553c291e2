"""Codex CLI: `config.toml` in `$CODEX_HOME`, default `~/.codex`.

A provider of its own, with the token from a command (`auth` of a provider: its output is sent as the bearer token), so
that no secret stands in the file and no variable need be exported. `OPENAI_BASE_URL` is ignored, and so are providers
and addresses in a project's `.codex/config.toml`, which it says aloud. (Tried with 0.169.)
"""

from pathlib import Path
from typing import Any

from router_core.applying.around_proxy import spares_this_machine
from router_core.applying.languages import MISSING, read, value_at
from router_core.applying.settings import FileEdit, Lead, Person
from router_core.errors import ConfigError
from router_core.vendors.login import VendorStoreError
from router_core.vendors.place import FilePlace

TITLE = "Codex"
PROGRAM = "codex"
VARIABLE = "MITMROUTER_CODEX"

PROVIDER = "mitmrouter"
CHOICE = ("model_provider",)
PROFILE = ".config.toml"
"""How the file of a profile ends; older versions have `[profiles.NAME]` instead."""


def edits(person: Person, lead: Lead) -> list[FileEdit]:
    provider = {
        "name": PROVIDER,
        "base_url": f"{lead.url}/v1",
        "wire_api": "responses",
        "auth": {"command": "cat", "args": [str(lead.token_file)]},
    }
    values: dict[tuple[str, ...], Any] = {CHOICE: PROVIDER}
    values |= {("model_providers", PROVIDER, key): value for key, value in provider.items()}
    values["model_providers", PROVIDER, "env_key"] = None  # one way of giving the token excludes the other
    return [FileEdit(_folder(person) / "config.toml", "toml", values)]


def bypasses(person: Person) -> list[str]:
    own = _folder(person)
    document = _document(own / "config.toml")
    found = []
    profile = document.get("profile")
    profiles = document.get("profiles")
    for name, table in profiles.items() if isinstance(profiles, dict) else ():
        if isinstance(table, dict) and table.get("model_provider", PROVIDER) != PROVIDER:
            when = "the profile in use" if name == profile else f"when you choose it (--profile {name})"
            found.append(f"[profiles.{name}] in {own / 'config.toml'} has a model_provider of its own: {when}.")
    for file in sorted(own.glob(f"*{PROFILE}")) if own.is_dir() else ():
        if value_at(_document(file), CHOICE) not in (MISSING, PROVIDER):
            name = file.name.removesuffix(PROFILE)
            found.append(f"{file} has a model_provider of its own: when you choose it (--profile {name}).")
    proxied = any(person.environ.get(name) for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"))
    if proxied and not spares_this_machine(person.environ):
        found.append("A proxy is set: Codex reaches the router only with NO_PROXY=127.0.0.1 in its environment.")
    return found


def _folder(person: Person) -> Path:
    return person.client_folder("CODEX_HOME", ".codex")


def _document(file: Path) -> dict[str, Any]:
    try:
        return read("toml", FilePlace(file).text() or "")
    except (ConfigError, VendorStoreError):
        return {}
