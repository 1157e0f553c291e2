"""The home folder: yours alone, and with room to write."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding
from router_core.home import Home

LITTLE_BYTES, TOO_LITTLE_BYTES = 500 * 1024 * 1024, 50 * 1024 * 1024
FOREIGN = stat.S_IRWXG | stat.S_IRWXO


def check(examined: Examined) -> Iterator[Finding]:
    """Who owns it, who else may read it, and how much room there is."""
    home = examined.home.path
    if not home.exists():
        yield Finding(
            "home", "warning", f"{home} is not there yet", f"The first start makes it: {examined.program} start"
        )
        return
    if not home.is_dir():
        yield Finding("home", "problem", f"{home} is no folder", "Move it away, or name another one: MITMROUTER_HOME")
        return
    if examined.home.is_shared():
        yield Finding(
            "home", "problem", f"{home} is for everybody on this machine", "Name a folder of your own: --home"
        )
        return
    yield _owner(home)
    yield from _rights(examined.home)
    yield room(home, shutil.disk_usage(home).free)


def _owner(home: Path) -> Finding:
    owner = home.stat().st_uid
    if owner != os.getuid():
        return Finding(
            "home",
            "problem",
            f"{home} belongs to another user (uid {owner})",
            f"Take it over: sudo chown -R {os.getuid()} {home}",
        )
    if not os.access(home, os.W_OK | os.X_OK):
        return Finding("home", "problem", f"{home} cannot be written", f"Give yourself the right: chmod 700 {home}")
    return Finding("home", "ok", str(home))


def _rights(home: Home) -> Iterator[Finding]:
    """Folders and files that others can open."""
    open_to_others = [path for path in _private(home) if path.exists() and path.stat().st_mode & FOREIGN]
    if not open_to_others:
        yield Finding("rights", "ok", "only you can read what is in it")
        return
    names = ", ".join(path.name if path != home.path else "the folder itself" for path in open_to_others)

    def close() -> str:
        for path in open_to_others:
            path.chmod(0o700 if path.is_dir() else 0o600)
        return f"closed to others: {names}"

    yield Finding(
        "rights",
        "problem",
        f"others on this machine can open {names}",
        f"Close it: chmod -R go-rwx {home.path}",
        close,
    )


def _private(home: Home) -> Iterator[Path]:
    """What holds secrets, or what people said."""
    yield from (home.path, home.gateway_token_file, home.admin_token_file, home.key_file, home.config, home.log)
    for database in (home.tokens_db, home.traces_db, home.state_db, home.spend_db):
        yield from (database, database.with_name(f"{database.name}-wal"))


def room(folder: Path, free_bytes: int) -> Finding:
    """Whether the disk has room for more."""
    megabytes = f"{free_bytes // (1024 * 1024):,} MB free"
    if free_bytes < TOO_LITTLE_BYTES:
        return Finding("disk", "problem", f"{megabytes}: traces cannot be written", f"Make room where {folder} is")
    if free_bytes < LITTLE_BYTES:
        return Finding("disk", "warning", megabytes, f"Make room where {folder} is, or lower [trace] keep")
    return Finding("disk", "ok", megabytes)
