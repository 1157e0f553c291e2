"""Whether a demo runs on a home folder.

The demo holds a lock on `demo.lock` while it lives; a file without a lock means that it could not tidy up itself.
"""

import fcntl
import os
from types import TracebackType
from typing import Self

from router_core.errors import HomeError
from router_core.home import Home


class DemoLock:
    """Held by a running demo; the system lets go of it when the process ends, however it ends.

    Raises:
        HomeError: another demo holds it.
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
            raise HomeError("A demo is already running on this home folder.") from error
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
