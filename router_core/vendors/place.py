"""Where a login is kept: a file, or (keychain.py) the operating system's keychain."""

import contextlib
import glob
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from router_core.vendors.login import StoreChanged, VendorStoreError

SIZE_LIMIT_BYTES = 4 * 1024 * 1024
TRIES = 5
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
    """A file of a vendor's program."""

    def __init__(self, path: Path) -> None:
        self.path = path

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
        for _ in range(TRIES):
            before = self.signature()
            text = self.text()
            if text is None:
                raise StoreChanged(f"{self.path} does not exist any more: nothing was written.")
            edited = edit(text)
            if edited == text or self._put(edited, before):
                return
        raise StoreChanged(f"{self.path} is being written by another program: nothing was written.")

    def _put(self, text: str, before: str | None) -> bool:
        """Write beside the file and rename over it; False when the file changed since it was read.

        A symbolic link stays one: the file it leads to is replaced. What stays is a moment, between the last
        look and the rename, in which another program's write would be lost; vendor_lock.py closes it where the vendor
        has a lock.
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
