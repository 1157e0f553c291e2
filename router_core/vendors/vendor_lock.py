"""The vendor's own lock around renewing its login, where it has one: held by us, its program waits, and the other way.

Claude Code makes a folder named like its own with `.lock` behind it (`~/.claude.lock`), touches it every few seconds,
and removes it at the end; one that was not touched for 10 s was left behind by a process that died. (The convention of
the npm package proper-lockfile; seen in nolabs-ai/nono #379 and contember/okena #127, read 2026-11.) Codex and Gemini
CLI have none.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

STALE_S = 10.0
TOUCH_S = 3.0
POLL_S = 0.1


@contextlib.contextmanager
def vendor_lock(locator: str, *, wait_s: float = 15.0) -> Iterator[bool]:
    """Keep the vendor's program from renewing this login meanwhile.

    Args:
        locator: see store.py; blocking, so not for the event loop's own thread.

    Returns:
        False when another process held it all the time: it is renewing the login just now, or hangs. True also where
        the vendor has no lock, or none can be made (a folder without the right to write).
    """
    folder = _lock_folder(locator)
    if folder is None:
        yield True
        return
    try:
        held = _take(folder, wait_s)
    except OSError:
        yield True
        return
    if not held:
        yield False
        return
    done = threading.Event()
    toucher = threading.Thread(target=_touch, args=(folder, done), name="vendor-lock", daemon=True)
    toucher.start()
    try:
        yield True
    finally:
        done.set()
        toucher.join()
        with contextlib.suppress(OSError):
            folder.rmdir()


def _lock_folder(locator: str) -> Path | None:
    kind, _, where = locator.partition(":")
    match kind:
        case "claude-file":
            config = Path(where).parent
        case "claude-keychain":
            config = Path(where) if where else Path.home() / ".claude"
        case _:
            return None
    config = config.resolve()
    return config.with_name(config.name + ".lock")


def _take(folder: Path, wait_s: float) -> bool:
    until = time.monotonic() + wait_s
    while True:
        try:
            folder.mkdir(mode=0o755)
            return True
        except FileExistsError:
            _remove_stale(folder)
        if time.monotonic() >= until:
            return False
        time.sleep(POLL_S)


def _remove_stale(folder: Path) -> None:
    with contextlib.suppress(OSError):
        if folder.stat().st_mtime < time.time() - STALE_S:
            folder.rmdir()


def _touch(folder: Path, done: threading.Event) -> None:
    while not done.wait(TOUCH_S):
        with contextlib.suppress(OSError):
            os.utime(folder)
