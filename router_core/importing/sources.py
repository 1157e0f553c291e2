"""The places that are searched, in the order of preference: of two finds of one account the first is taken.

A new source is one file with `find`, `read` and `fits`, and one row here.
"""

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from router_core.importing import (
    ccflare_source,
    claude_code_router_source,
    claude_source,
    cliproxyapi_source,
    codex_source,
    codexlb_source,
    copilot_source,
    environment_source,
    gemini_source,
    multicodex_source,
    oauthmodelrouter_source,
    openclaw_source,
)
from router_core.importing.documents import is_sqlite, json_value, tables_of
from router_core.importing.found import Found
from router_core.importing.machine import Machine
from router_core.vendors.login import VendorStoreError
from router_core.vendors.place import FilePlace


class Source(Protocol):
    """One program's store of credentials; a module."""

    def find(self, machine: Machine) -> list[Found]:
        """Everything in the usual places; what is there but cannot be read or used comes with its reason."""
        ...

    def read(self, path: Path, machine: Machine) -> list[Found]:
        """Everything in one file."""
        ...

    def fits(self, document: Any) -> bool:
        """Whether a file's content (a JSON value, else its text) is of this program."""
        ...


SOURCES: dict[str, Source] = {
    "claude": cast(Source, claude_source),
    "codex": cast(Source, codex_source),
    "gemini": cast(Source, gemini_source),
    "copilot": cast(Source, copilot_source),
    "env": cast(Source, environment_source),
    "openclaw": cast(Source, openclaw_source),
    "cliproxyapi": cast(Source, cliproxyapi_source),
    "claude-code-router": cast(Source, claude_code_router_source),
    "better-ccflare": cast(Source, ccflare_source),
    "multicodex": cast(Source, multicodex_source),
    "oauthmodelrouter": cast(Source, oauthmodelrouter_source),
    "codex-lb": cast(Source, codexlb_source),
}
TITLES = {
    "claude": "Claude Code",
    "codex": "Codex",
    "gemini": "Gemini CLI",
    "copilot": "the Copilot plug-ins",
    "env": "environment variables",
    "openclaw": "OpenClaw",
    "cliproxyapi": "CLIProxyAPI",
    "claude-code-router": "claude-code-router",
    "better-ccflare": "better-ccflare",
    "multicodex": "multicodex",
    "oauthmodelrouter": "OAuthModelRouter",
    "codex-lb": "codex-lb",
}


def search(names: Iterable[str], machine: Machine) -> list[Found]:
    """What the named sources hold."""
    return [found for name in SOURCES if name in set(names) for found in SOURCES[name].find(machine)]


def search_path(path: Path, names: Sequence[str], machine: Machine) -> list[Found]:
    """What a file in an unusual place holds, or each file of a folder that is of one of these programs.

    Raises:
        VendorStoreError: it does not exist, cannot be read, or holds nothing of these programs.
    """
    if not path.is_dir():
        return search_file(path, names, machine)
    found = []
    for file in sorted(path.iterdir()):
        if file.suffix in (".json", ".db", ".env") and file.is_file():
            with contextlib.suppress(VendorStoreError):  # of another program
                found += search_file(file, names, machine)
    if not found:
        raise VendorStoreError(f"No file in {path} is of one of these programs: {_titles(names)}.")
    return found


def search_file(path: Path, names: Sequence[str], machine: Machine) -> list[Found]:
    """What one file in an unusual place holds, by the first source that it fits.

    Raises:
        VendorStoreError: there is no such file, it cannot be read, or it fits none of these sources.
    """
    wanted = [name for name in SOURCES if name in set(names)]
    if is_sqlite(path):
        if "oauthmodelrouter" in wanted and oauthmodelrouter_source.TABLE in tables_of(path):
            return oauthmodelrouter_source.read(path, machine)
        if "codex-lb" in wanted and codexlb_source.is_its_own(path):
            return codexlb_source.read(path, machine)
        if "better-ccflare" in wanted:
            return ccflare_source.read(path, machine)
        raise VendorStoreError(f"{path} is a database, and none of {', '.join(wanted)} keeps one.")
    text = FilePlace(path).text()
    if text is None:
        raise VendorStoreError(f"There is no file {path}.")
    document: Any = text
    with contextlib.suppress(ValueError):
        document = json_value(text)
    for name in wanted:
        if SOURCES[name].fits(document):
            return SOURCES[name].read(path, machine)
    raise VendorStoreError(f"{path} is of none of these programs: {_titles(wanted)}.")


def _titles(names: Iterable[str]) -> str:
    return ", ".join(TITLES[name] for name in names)
