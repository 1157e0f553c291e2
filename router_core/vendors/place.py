"""Where a login is kept: a file, or (keychain.py) the operating system's keychain."""

import contextlib
import fcntl
import glob
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from router_core.vendors.login import StoreChanged, VendorStoreError

SIZE_LIMIT_BYTES = 64 * 1024 * 1024
"""Claude Code keeps its history in the file that says whose the login is."""
TRIES = 5
LOCK_WAIT_S = 5.0
LOCK_POLL_S = 0.05
OURS = ".mitmrouter-"
"""Marks our unfinished files; the process id follows."""


class Place(Protocol):
    """One text that somebody else may change at any time."""

    def text(self) -> str | None:
        """What it holds; None when it does not exist.

        Raises:
            VendorStoreError: it exists and cannot be read.
        """
        ...

    def change(self, edit: Callable[[str], str]) -> None:
        """Replace the text by what `edit` makes of it, as late and as atomically as the place allows.

        Raises:
            StoreChanged: it does not exist, or somebody else keeps writing it.
            VendorStoreError: it cannot be written. Errors of `edit` pass through, nothing is written.
        """
        ...

    def signature(self) -> str | None:
        """Something that differs when the text may have changed, without reading it; "" when it does not exist, None
        when the place cannot tell."""
        ...


class FilePlace:
    """A file of a vendor's program.

    Args:
        lock: a file that the program locks (`flock`) while it writes this one. It is used where it exists: a version of
            the program that locks has made it.
    """

    def __init__(self, path: Path, lock: Path | None = None) -> None:
        self.path = path
        self._lock = lock

    def text(self) -> str | None:
        try:
            with self.path.open("rb") as file:
                data = file.read(SIZE_LIMIT_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise VendorStoreError(
                f"{self.path} cannot be read ({error.strerror}). Give yourself the right to read it."
            ) from None
        if len(data) > SIZE_LIMIT_BYTES:
            raise VendorStoreError(f"{self.path} is larger than any file of logins: it was not read.")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise VendorStoreError(f"{self.path} holds no text.") from None

    def change(self, edit: Callable[[str], str]) -> None:
        with self._locked() as held:
            for _ in range(TRIES if held else 0):
                before = self.signature()
                text = self.text()
                if text is None:
                    raise StoreChanged(f"{self.path} does not exist any more: nothing was written.")
                edited = edit(text)
                if edited == text or self._put(edited, before):
                    return
        raise StoreChanged(f"{self.path} is being written by another program: nothing was written.")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[bool]:
        """The program's own lock, where there is one; False when another process did not let go of it in time."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CLOEXEC) if self._lock else -1
        except OSError:
            descriptor = -1
        if descriptor < 0:
            yield True
            return
        try:
            yield _flock(descriptor, LOCK_WAIT_S)
        finally:
            os.close(descriptor)

    def _put(self, text: str, before: str | None) -> bool:
        """Write beside the file and rename over it; False when the file changed since it was read.

        A symbolic link stays one: the file it leads to is replaced. What stays is a moment, between the last
        look and the rename, in which another program's write would be lost; its own lock closes it, where it has one
        (`lock` here, vendor_lock.py).
        """
        target = self.path.resolve()
        _remove_leftovers(target)
        temporary = target.with_name(f"{target.name}{OURS}{os.getpid()}-{secrets.token_hex(4)}")
        try:
            mode = stat.S_IMODE(target.stat().st_mode)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with open(descriptor, "wb") as file:
                os.fchmod(descriptor, mode)
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(descriptor)
            if self.signature() != before:
                return False
            temporary.rename(target)
            _sync_folder(target.parent)
        except OSError as error:
            raise VendorStoreError(
                f"{self.path} cannot be written ({error.strerror}). Give yourself the right to write into its folder."
            ) from None
        finally:
            temporary.unlink(missing_ok=True)
        return True

    def signature(self) -> str | None:
        try:
            seen = self.path.stat()
        except OSError:
            return ""
        return f"{seen.st_ino}-{seen.st_size}-{seen.st_mtime_ns}"


def _flock(descriptor: int, wait_s: float) -> bool:
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(LOCK_POLL_S)


def _remove_leftovers(target: Path) -> None:
    """Unfinished files of our processes that were killed: they hold a login."""
    for left in target.parent.glob(f"{glob.escape(target.name)}{OURS}*"):
        process = left.name.removeprefix(target.name + OURS).partition("-")[0]
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            left.unlink(missing_ok=True)
        except (ValueError, OSError):
            continue


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; some file systems cannot, which is no reason to fail."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
