"""Whether a demo runs on a home folder, and cleaning up after one that was killed.

The demo holds a lock on `demo.lock` while it lives; a file without a lock means that it could not tidy up itself.
"""

import fcntl
import os
from types import TracebackType
from typing import Self

import click

from router_core.cli.processes import end, own_router
from router_core.home import Home


class DemoLock:
    """Held by a running demo; the system lets go of it when the process ends, however it ends.

    Raises:
        click.ClickException: another demo holds it.
    """

    def __init__(self, home: Home) -> None:
        self._file = home.path / "demo.lock"
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise click.ClickException("A demo is already running on this home folder.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.unlink(missing_ok=True)
        os.close(self._descriptor)


def demo_is_alive(home: Home) -> bool:
    """True while a demo runs on this home folder."""
    try:
        descriptor = os.open(home.path / "demo.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def clear_leftovers(home: Home) -> None:
    """Remove what a killed demo left: its router, its tokens, its lock file. Call it only when no demo is alive."""
    lock = home.path / "demo.lock"
    if not lock.exists():
        return
    end_demo_router(home)
    remove_demo_tokens(home)
    lock.unlink(missing_ok=True)


def end_demo_router(home: Home) -> None:
    """The router of a killed demo lives on; a home has one router, so the one here is it."""
    if (running := own_router(home)) and not end(running.pid):
        raise click.ClickException(f"The router of an earlier demo does not end. Do it: kill -9 {running.pid}")


def remove_demo_tokens(home: Home) -> None:
    from router_core.clock import SystemClock
    from router_core.store.tokens import open_tokens, view_tokens

    store = open_tokens(home, SystemClock())
    for token in view_tokens(home, SystemClock()).all():  # without secrets: none is needed to remove one
        if token.origin == "demo":
            store.remove(token.id)
    store.database.conn.close()
