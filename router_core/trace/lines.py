"""`trace.jsonl`: one line of JSON for each finished request with its attempts, for audits and for other programs.

Written by the thread that writes traces.db, once a request is in it. A full file becomes `.1`, that `.2` and so on.
"""

import contextlib
import logging
import os
import time
from pathlib import Path

from router_core.config.schema import TraceConfig
from router_core.home import Home
from router_core.trace.record import TraceRecord
from router_core.trace.redact import Redactor
from router_core.trace.view import whole_record_view
from router_core.trace.writer import News
from router_core.wire.json_bytes import json_bytes

log = logging.getLogger("mitmrouter.trace")

COMPLAINS_EVERY_S = 60.0


def lines_file(home: Home, config: TraceConfig) -> Path | None:
    """Where the lines go; None: nowhere."""
    if not config.jsonl:
        return None
    if config.jsonl is True:
        return home.path / "trace.jsonl"
    return home.path / Path(config.jsonl).expanduser()


class TraceLines:
    """A watcher of traces. `config` may be replaced at any time."""

    def __init__(self, home: Home, config: TraceConfig, redactor: Redactor) -> None:
        self.config = config
        self._home = home
        self._redactor = redactor
        self._complained_at = -COMPLAINS_EVERY_S
        self._torn: Path | None = None
        """A file whose last line may be cut short: the disk was full."""

    def watch(self, news: News, record: TraceRecord) -> None:
        config = self.config
        file = lines_file(self._home, config)
        if file is None or news != "finished":
            return
        line = self._redactor.values(json_bytes(whole_record_view(record))) + b"\n"
        try:
            self._append(file, line, config)
        except OSError as error:
            self._torn = file
            if time.monotonic() - self._complained_at > COMPLAINS_EVERY_S:
                self._complained_at = time.monotonic()
                log.error("%s cannot be written (%s): requests are missing in it", file, error.strerror)

    def _append(self, file: Path, line: bytes, config: TraceConfig) -> None:
        size = _size(file)
        if size and size + len(line) > config.jsonl_max_bytes:
            rotate(file, config.jsonl_keep)
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            rest = memoryview(b"\n" + line if self._torn == file and size else line)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)
        self._torn = None


def rotate(file: Path, keep: int) -> None:
    """Make room: the oldest of `keep` earlier files goes."""
    if not keep:
        file.unlink(missing_ok=True)
        return
    for number in range(keep - 1, 0, -1):
        with contextlib.suppress(FileNotFoundError):
            _numbered(file, number).replace(_numbered(file, number + 1))
    file.replace(_numbered(file, 1))


def _numbered(file: Path, number: int) -> Path:
    return file.with_name(f"{file.name}.{number}")


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
