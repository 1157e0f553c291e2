"""A database that may not be there yet, or be replaced while we look."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from sqlite_utils import Database

from router_core.errors import RouterError
from router_core.text import printable

UNREADABLE = (RouterError, sqlite3.Error, OSError, ValueError, TypeError)
"""What reading a database may raise: rows of a damaged one hold anything, and then it is no text or no number."""


class DatabaseFile[T]:
    """Opened when it is first needed; belongs to one thread."""

    def __init__(self, path: Path, open_it: Callable[[], T], database_of: Callable[[T], Database]) -> None:
        self._path = path
        self._open = open_it
        self._database_of = database_of
        self._inode = 0
        self._version = 0
        self.opened: T | None = None

    def current(self) -> T:
        """The open database; opens the file if need be, and again when another one has taken its place.

        Raises:
            HomeError, sqlite3.Error, OSError: it cannot be read (yet).
        """
        self.news()
        if self.opened is None:
            raise FileNotFoundError(f"There is no {self._path} yet.")
        return self.opened

    def news(self) -> Literal["same", "changed", "opened"]:
        """Whether anything was committed since the last call; opens the file if need be.

        Raises:
            HomeError, sqlite3.Error, OSError: it cannot be read (yet).
        """
        inode = self._path.stat().st_ino if self._path.exists() else 0
        if self.opened is None or inode != self._inode:
            self.close()
            self.opened = self._open()
            self._inode, self._version = inode, self._data_version(self.opened)
            return "opened"
        version = self._data_version(self.opened)
        if version == self._version:
            return "same"
        self._version = version
        return "changed"

    def _data_version(self, opened: T) -> int:
        version: int = self._database_of(opened).execute("pragma data_version").fetchone()[0]
        return version

    def close(self) -> None:
        if self.opened is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database_of(self.opened).conn.close()
        self.opened = None

    def why_not(self, error: Exception) -> str:
        """What to say of a file that cannot be read; forgets it, so that it is opened afresh."""
        self.close()
        if not self._path.exists():
            return f"There is no {self._path} yet."
        return f"{self._path}: {reason(error)}" if isinstance(error, ValueError | TypeError) else reason(error)


def reason(error: Exception) -> str:
    """What to say of one of UNREADABLE."""
    damaged = isinstance(error, ValueError | TypeError)
    return f"a row is damaged: {printable(str(error))}" if damaged else str(error)
