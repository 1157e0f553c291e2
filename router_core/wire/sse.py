"""Event-stream bytes → records, however the bytes are cut (WHATWG HTML, section 9.2)."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """One event: its name (may be empty) and its data lines joined."""

    event: bytes
    data: bytes


class RecordSplitter:
    """Cuts a byte stream at the ends of records; keeps the incomplete rest.

    A record that never ends is kept up to `limit` bytes, then dropped: an endless line must not fill the memory.
    """

    def __init__(self, limit: int = 16 * 1024 * 1024) -> None:
        self._rest = b""
        self._limit = limit

    def feed(self, chunk: bytes) -> bytes:
        """The bytes of all records that are complete now (possibly none), line ends as `\\n`."""
        data = self._rest + chunk if self._rest else chunk
        if b"\r" in data:
            held = b"\r" if data.endswith(b"\r") else b""  # half of a \r\n may come with the next chunk
            data = data[: len(data) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held
        end = data.rfind(b"\n\n")
        if end < 0:
            self._rest = data if len(data) <= self._limit else b""
            return b""
        self._rest = data[end + 2 :]
        return data[: end + 2]

    def close(self) -> bytes:
        """What was left without an end. A browser would drop it; a provider that closes early means it."""
        rest, self._rest = self._rest, b""
        return rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def records(complete: bytes) -> Iterator[Record]:
    """The records in bytes that `RecordSplitter` gave; comments and empty records are left out."""
    for block in complete.split(b"\n\n"):
        event, data = b"", []
        for line in block.split(b"\n"):
            name, _, value = line.partition(b":")
            value = value[1:] if value.startswith(b" ") else value
            if name == b"data":
                data.append(value)
            elif name == b"event":
                event = value
        if event or data:
            yield Record(event, b"\n".join(data))
