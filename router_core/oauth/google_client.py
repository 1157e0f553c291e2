"""The OAuth client (id and secret) of the Gemini CLI or of Antigravity: configured, in the environment, or installed.

We may not ship it, and Google renews a login only for the client that made it. An installed vendor program has it in
plain text, as constants of its JavaScript or as texts in its binary; it is read from there, never run.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from router_core.config.schema import Config

LARGEST_BYTES = 256 * 1024 * 1024
"""A program this large is not searched."""

_NAMED_ID = re.compile(rb"""\bOAUTH_CLIENT_ID\s*[=:]\s*["']([0-9]+-[\w-]+\.apps\.googleusercontent\.com)["']""")
_NAMED_SECRET = re.compile(rb"""\bOAUTH_CLIENT_SECRET\s*[=:]\s*["']([\w-]{10,80})["']""")
_ID = re.compile(rb"[0-9]{6,20}-[a-z0-9]{20,40}\.apps\.googleusercontent\.com")
_SECRET = re.compile(rb"GOCSPX-[\w-]{28}(?![\w-])")
_NEAR_BYTES = 2000

_NPM_FOLDERS = (
    "/usr/lib/node_modules",
    "/usr/local/lib/node_modules",
    "/opt/homebrew/lib/node_modules",
    "~/.npm-global/lib/node_modules",
    "~/.local/lib/node_modules",
    "~/.nvm/versions/node/*/lib/node_modules",
    "~/.volta/tools/image/packages/@google/gemini-cli/lib/node_modules",
    "~/.bun/install/global/node_modules",
    "~/.local/share/pnpm/global/*/node_modules",
    "~/Library/pnpm/global/*/node_modules",
)
_ANTIGRAVITY_FILES = (
    "/Applications/Antigravity.app/Contents/Resources/app/out/main.js",
    "/usr/share/antigravity/resources/app/out/main.js",
    "/opt/antigravity/resources/app/out/main.js",
    "~/.local/share/antigravity/resources/app/out/main.js",
)


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client of Google."""

    id: str
    secret: str = field(repr=False)
    source: str = ""
    """Where it was found, for people."""


def find_client(login: str, config: Config, environ: Mapping[str, str]) -> Client | None:
    """The client of a login (`gemini`, `antigravity`): from `[oauth.NAME]`, `NAME_OAUTH_CLIENT_ID` and `_SECRET`, or
    an installed program; None when there is none."""
    settings = getattr(config.oauth, login)
    if settings.client_id and settings.client_secret:
        return Client(settings.client_id, settings.client_secret.get_secret_value(), f"[oauth.{login}] in config.toml")
    prefix = f"{login.upper()}_OAUTH_CLIENT"
    if environ.get(f"{prefix}_ID") and environ.get(f"{prefix}_SECRET"):
        return Client(environ[f"{prefix}_ID"], environ[f"{prefix}_SECRET"], f"${prefix}_ID and ${prefix}_SECRET")
    return installed_client(login, environ.get("PATH", ""), environ.get("HOME", ""))


@lru_cache(maxsize=8)
def installed_client(login: str, path: str, home: str) -> Client | None:
    """The client in an installed vendor program.

    Args:
        path: as in `$PATH`.
        home: the home folder.
    """
    for file in gemini_files(path, home) if login == "gemini" else antigravity_files(path, home):
        try:
            data = file.read_bytes() if file.stat().st_size <= LARGEST_BYTES else b""
        except OSError:
            continue
        if found := client_in(data):
            return Client(*found, str(file))
    return None


def client_in(data: bytes) -> tuple[str, str] | None:
    """The client id and secret in a program: its named constants, else the first secret close behind an id."""
    named = _NAMED_ID.search(data), _NAMED_SECRET.search(data)
    if named[0] and named[1]:
        return named[0][1].decode(), named[1][1].decode()
    for found in _ID.finditer(data):
        secret = _SECRET.search(data, found.end(), found.end() + _NEAR_BYTES)
        if secret:
            return found[0].decode(), secret[0].decode()
    return None


def gemini_files(path: str, home: str) -> Iterator[Path]:
    """The files of an installed Gemini CLI that may hold the client, the likeliest first."""
    roots: list[Path] = []
    if program := shutil.which("gemini", path=path):
        for folder in Path(program).resolve().parents:
            if folder.name == "gemini-cli":
                roots.append(folder)
            if folder.name == "node_modules":
                roots.append(folder / "@google" / "gemini-cli")
    for pattern in _NPM_FOLDERS:
        roots += [folder / "@google" / "gemini-cli" for folder in _expand(pattern, home)]
    for root in dict.fromkeys(roots):
        core = Path("dist/src/code_assist/oauth2.js")
        yield from (
            folder / core
            for folder in (
                root / "node_modules" / "@google" / "gemini-cli-core",
                root.parent / "gemini-cli-core",
            )
            if (folder / core).is_file()
        )
        if (root / "bundle").is_dir():
            yield from sorted((root / "bundle").glob("*.js"))


def antigravity_files(path: str, home: str) -> Iterator[Path]:
    """The files of an installed Antigravity that may hold the client."""
    for name in ("agy", "antigravity"):
        if program := shutil.which(name, path=path):
            real = Path(program).resolve()
            yield real
            yield from (folder / "resources" / "app" / "out" / "main.js" for folder in list(real.parents)[:2])
    for pattern in _ANTIGRAVITY_FILES:
        yield from _expand(pattern, home)


def _expand(pattern: str, home: str) -> list[Path]:
    if pattern.startswith("~/"):
        return sorted(Path(home).glob(pattern[2:]), reverse=True) if home else []
    return [Path(pattern)] if Path(pattern).exists() else []
