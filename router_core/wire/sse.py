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
        self._rest = bytearray()
        self._limit = limit
        self._half_break = False
        """The last byte was a \\r: half of a \\r\\n may come with the next chunk."""

    def feed(self, chunk: bytes) -> bytes:
        """The bytes of all records that are complete now (possibly none), line ends as `\\n`."""
        if self._half_break or b"\r" in chunk:
            chunk = b"\r" + chunk if self._half_break else chunk
            self._half_break = chunk.endswith(b"\r")
            chunk = (chunk[:-1] if self._half_break else chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not self._rest:
            end = chunk.rfind(b"\n\n") + 2
            if end == 1:
                end = 0
            self._keep(chunk[end:])
            return chunk[:end]
        looked_at = len(self._rest) - 1  # only what is new is searched: one huge event must not cost its square
        self._keep(chunk)
        end = self._rest.rfind(b"\n\n", looked_at) + 2
        if end == 1:
            return b""
        complete = bytes(self._rest[:end])
        del self._rest[:end]
        return complete

    @property
    def empty(self) -> bool:
        """No part of a record waits for its rest."""
        return not self._rest and not self._half_break

    def _keep(self, part: bytes) -> None:
        self._rest += part
        if len(self._rest) > self._limit:
            self._rest.clear()

    def close(self) -> bytes:
        """What was left without an end. A browser would drop it; a provider that closes early means it."""
        rest = bytes(self._rest) + (b"\n" if self._half_break else b"")
        self._rest.clear()
        self._half_break = False
        return rest


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
