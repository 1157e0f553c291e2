"""Secrets that are planted, and the search for them: in every file, in databases with what is compressed in them, in
command lines, in answers and on screens; plain, in base64, percent-encoded and escaped."""

import base64
import contextlib
import gzip
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

import zstandard

ZSTD = b"\x28\xb5\x2f\xfd"
ODD = "+/=~"
"""Characters that the encodings write differently."""


@dataclass(frozen=True)
class Canary:
    """One planted secret. The core is found also when the rest of it was cut off."""

    name: str
    value: str
    core: str

    @property
    def traces(self) -> list[bytes]:
        """What betrays it."""
        found = [self.core.encode(), self.core.encode().hex().encode()]
        for before in range(3):
            encoded = base64.b64encode(b"\0" * before + self.core.encode())
            found.append(encoded[(before * 8 + 5) // 6 : (before + len(self.core)) * 8 // 6])
        return found


def canary(name: str, shape: str = "{}") -> Canary:
    """A new one; `shape` says what a credential of its kind looks like around it."""
    core = f"CNRY{secrets.token_hex(10)}"
    return Canary(name, shape.format(core), core)


class Canaries:
    """All that were planted."""

    def __init__(self) -> None:
        self._all: dict[str, Canary] = {}

    def plant(self, name: str, shape: str = "{}") -> str:
        """The value of a new canary."""
        assert name not in self._all
        self._all[name] = canary(name, shape)
        return self._all[name].value

    def adopt(self, name: str, value: str) -> str:
        """A secret that the program has made itself."""
        self._all[name] = Canary(name, value, value[-24:])
        return value

    def __getitem__(self, name: str) -> Canary:
        return self._all[name]

    def names(self) -> set[str]:
        return set(self._all)

    def in_bytes(self, data: bytes) -> set[str]:
        """Names of those that can be found in `data`."""
        versions = [data, unquote_to_bytes(data), data.replace(b"\\", b""), data.replace(b"\n", b"")]
        return {
            one.name
            for one in self._all.values()
            if any(trace in version for trace in one.traces for version in versions)
        }

    def in_home(self, home: Path, allowed: Mapping[str, set[str]]) -> list[str]:
        """`file: canary` for each find that is not allowed there."""
        finds = []
        for file in sorted(path for path in home.rglob("*") if path.is_file()):
            name = str(file.relative_to(home))
            found = self.in_bytes(file.read_bytes())
            if file.suffix == ".db":
                found |= self.in_bytes(b"\n".join(_values(file)))
            finds += [f"{name}: {one}" for one in sorted(found - allowed.get(name, set()))]
        return finds


def _values(file: Path) -> Iterator[bytes]:
    """Everything in a database, decompressed."""
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type='table'")]
        for table in tables:
            for row in connection.execute(f"select * from {table}"):
                for value in row:
                    raw = value if isinstance(value, bytes) else str(value).encode()
                    yield raw
                    if raw.startswith(ZSTD):
                        yield zstandard.ZstdDecompressor().decompressobj().decompress(raw)
                    if raw.startswith(b"\x1f\x8b"):
                        yield gzip.decompress(raw)


class CommandLines:
    """Looks at the command lines of all processes, again and again, while it is open."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "CommandLines":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        looked: dict[str, int] = {}
        while not self._stop.wait(0.02):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                looked[pid] = looked.get(pid, 0) + 1
                if looked[pid] <= 5:  # it may become another program a moment after it has begun
                    with contextlib.suppress(OSError):
                        self.seen.add(Path(f"/proc/{pid}/cmdline").read_bytes())
