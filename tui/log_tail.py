"""Follows `logs/router.log`, over the moment in which it is rotated; rotated ones come first, as far as there is room.

No more than the newest lines are kept, whatever comes in.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from router_core.log import BACKUPS
from router_core.text import plain

MOST_BYTES = 3 << 20
"""Read at the beginning, and kept at most between two looks."""
LEVELS = ("debug", "info", "warning", "error")
_BEGINNING = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3}) ([A-Za-z]+) +(.*)", re.DOTALL)
_ALIKE = {"warn": "warning", "critical": "error", "fatal": "error"}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log, harmless."""

    day: str
    """`2026-11-20`; "" for a line that goes on with the one before (a traceback)."""
    time: str
    level: str
    """One of LEVELS."""
    text: str


class LogTail:
    """Belongs to the thread that reads."""

    def __init__(self, file: Path, most_bytes: int = MOST_BYTES) -> None:
        self._file = file
        self._most = most_bytes
        self._inode: int | None = None
        """Of the file that was read last; None: nothing was read yet."""
        self._offset = 0
        self._rest = b""
        self._level = "info"

    def look(self) -> tuple[bool, list[LogLine]]:
        """Whether all that was told before is to be forgotten, and the lines that have come since.

        Raises:
            OSError: the log cannot be read.
        """
        now = _stat(self._file)
        if self._inode is None:
            return True, [] if now is None else self._lines(self._begin(now))
        if now is not None and now.st_ino == self._inode:
            if now.st_size < self._offset:  # emptied
                self._offset = 0
            return False, self._lines(self._read(self._file, now.st_size))
        found = self._end_of_rotated()
        if now is not None:
            self._inode, self._offset = now.st_ino, 0
            found += self._read(self._file, now.st_size)
        return False, self._lines(found)

    def _begin(self, now: os.stat_result) -> bytes:
        """The newest of the log and of the rotated ones before it."""
        self._inode, self._offset = now.st_ino, 0
        parts = [self._read(self._file, now.st_size)]
        for older in self._rotated():
            room = self._most - sum(map(len, parts))
            size = older.stat().st_size
            if room <= 0:
                break
            with older.open("rb") as file:
                file.seek(max(0, size - room))
                parts.append(file.read(room))
            if size > room:
                break
        found = b"".join(reversed(parts))
        return found if len(found) < self._most else found[found.find(b"\n") + 1 :]

    def _read(self, path: Path, size: int) -> bytes:
        """What has come to the file since; of very much, the end."""
        if size <= self._offset:
            return b""
        with path.open("rb") as file:
            file.seek(max(self._offset, size - self._most))
            found = file.read(self._most)
            self._offset = file.tell()
        return found

    def _end_of_rotated(self) -> bytes:
        """What was written to the file that we know after we looked, before it was rotated."""
        for older in self._rotated():
            if (stat := older.stat()).st_ino == self._inode:
                return self._read(older, stat.st_size)
        return b""

    def _rotated(self) -> Iterator[Path]:
        names = (self._file.with_name(f"{self._file.name}.{number}") for number in range(1, BACKUPS + 1))
        return (path for path in names if path.exists())

    def _lines(self, data: bytes) -> list[LogLine]:
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        if not newline:
            return []
        return [self._line(line.decode("utf-8", "replace")) for line in whole.split(b"\n")]

    def _line(self, text: str) -> LogLine:
        found = _BEGINNING.match(text)
        if found is None:
            return LogLine("", "", self._level, plain(text))
        level = found[3].lower()
        self._level = level if level in LEVELS else _ALIKE.get(level, "info")
        return LogLine(found[1], found[2], self._level, plain(found[4]))


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except FileNotFoundError:
        return None
