"""One event, as a server-sent event carries it (WHATWG HTML, 9.2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from router_core.wire.json_bytes import json_bytes

KEEP_ALIVE = b": alive\n\n"
_ID = re.compile(r"(\d{1,15})-(\d{1,15})", re.ASCII)


class EventId(NamedTuple):
    """When it happened, and which one it was of those that this process has told; 0: it was read from the database."""

    at_ms: int
    number: int

    def __str__(self) -> str:
        return f"{self.at_ms}-{self.number}"


def parse_id(text: str) -> EventId | None:
    """None: it is none of ours."""
    found = _ID.fullmatch(text)
    return EventId(int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, ready to be sent."""

    id: EventId
    kind: str
    data: bytes
    """JSON on one line."""

    def frame(self) -> bytes:
        return b"id: %b\nevent: %b\ndata: %b\n\n" % (str(self.id).encode(), self.kind.encode(), self.data)


def notice(kind: str, told: Mapping[str, Any]) -> bytes:
    """A frame about the stream itself. It has no id: the next connection resumes after the last one that had."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), json_bytes(told))
