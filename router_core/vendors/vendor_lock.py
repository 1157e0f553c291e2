"""The vendor's own lock around renewing its login, where it has one: held by us, its program waits, and the other way.

Claude Code makes two folders, `.oauth_refresh.lock` in its own folder and, as older versions do, one named like its own
with `.lock` behind it (`~/.claude.lock`); it touches them every 5 s and removes them at the end. One that was not
touched for 60 s was left behind by a process that died; one from the future was left behind by a wrong clock. (The
convention of the npm package proper-lockfile with Claude Code's own times; seen in nolabs-ai/nono #379,
anaclumos/tokenmaxxing PR #27, cnighswonger/claude-code-cache-fix PR #372 and anthropics/claude-code #95739, read
2026-11.) Codex has one around writing only (codex_cli.py), Gemini CLI has none.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

STALE_S = 60.0
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
    until = time.monotonic() + wait_s
    held: list[Path] = []
    done = threading.Event()
    toucher = threading.Thread(target=_touch, args=(held, done), name="vendor-lock", daemon=True)
    try:
        yield all(_taken(folder, until, held) for folder in _lock_folders(locator)) and _kept(toucher, held)
    finally:
        done.set()
        if toucher.is_alive():
            toucher.join()
        for folder in reversed(held):
            with contextlib.suppress(OSError):
                folder.rmdir()


def _lock_folders(locator: str) -> list[Path]:
    kind, _, where = locator.partition(":")
    match kind:
        case "claude-file":
            config = Path(where).parent
        case "claude-keychain":
            config = Path(where) if where else Path.home() / ".claude"
        case _:
            return []
    real = config.resolve()
    return [config / ".oauth_refresh.lock", real.with_name(real.name + ".lock")]


def _taken(folder: Path, until: float, held: list[Path]) -> bool:
    """False when another process has it. Where it cannot be made, its program cannot make it either."""
    while True:
        try:
            folder.mkdir(mode=0o755)
            held.append(folder)
            return True
        except FileExistsError:
            _remove_stale(folder)
        except OSError:
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(POLL_S)


def _kept(toucher: threading.Thread, held: list[Path]) -> bool:
    if held:
        toucher.start()
    return True


def _remove_stale(folder: Path) -> None:
    with contextlib.suppress(OSError):
        if abs(time.time() - folder.stat().st_mtime) > STALE_S:
            folder.rmdir()


def _touch(held: list[Path], done: threading.Event) -> None:
    while not done.wait(TOUCH_S):
        for folder in held:
            with contextlib.suppress(OSError):
                os.utime(folder)
