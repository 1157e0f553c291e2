"""What the simulator saw and what it sent: the record that tests compare the router against."""

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Literal

from router_core.simulator.call import Call, Headers

MAX_REQUESTS = 10_000
MAX_BODY_BYTES = 64 * 1024
MAX_RESPONSE_BYTES = 1024 * 1024
MAX_KEPT_BYTES = 128 * 1024 * 1024

type Outcome = Literal["running", "complete", "cut", "client_closed"]


@dataclass(slots=True)
class SeenRequest:
    """One request and its answer."""

    at: float
    """Epoch seconds of arrival."""
    method: str
    path: str
    """With the query string."""
    headers: Headers
    body: bytes
    """At most MAX_BODY_BYTES of it."""
    body_size: int
    token: str
    """The credential presented, empty when none."""
    model: str
    status: int | None = None
    """None when no status line was sent."""
    response_bytes: bytes = b""
    """The body as sent, at most MAX_RESPONSE_BYTES of it; dropped from old records when memory runs short."""
    response_size: int = 0
    response_sha256: str = ""
    """Over the whole body as sent."""
    fault: str = ""
    """The scripted fault that struck, empty when none."""
    outcome: Outcome = "running"
    """`cut`: we ended it early on purpose. `client_closed`: the client left first."""

    def header(self, name: str) -> str:
        """A request header, empty when absent."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def as_json(self) -> dict[str, Any]:
        """For the control plane; bodies as text."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return fields | {
            "body": self.body.decode("utf-8", "replace"),
            "response_bytes": self.response_bytes.decode("utf-8", "replace"),
        }


@dataclass(slots=True)
class Record:
    """A record being written."""

    seen: SeenRequest
    _digest: Any = field(default_factory=sha256)
    _kept: bytearray = field(default_factory=bytearray)
    size: int = 0

    def sent(self, data: bytes) -> None:
        self.size += len(data)
        self._digest.update(data)
        if len(self._kept) < MAX_RESPONSE_BYTES:
            self._kept += data[: MAX_RESPONSE_BYTES - len(self._kept)]

    def finish(self, outcome: Outcome) -> None:
        self.seen.response_bytes = bytes(self._kept)
        self.seen.response_size = self.size
        self.seen.response_sha256 = self._digest.hexdigest()
        self.seen.outcome = outcome


class Recorder:
    """Keeps the newest requests; readable from other threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: deque[SeenRequest] = deque(maxlen=MAX_REQUESTS)
        self._kept: deque[SeenRequest] = deque()
        self._kept_bytes = 0

    def begin(self, call: Call) -> Record:
        path = f"{call.path}?{call.query}" if call.query else call.path
        body = call.raw_body[:MAX_BODY_BYTES]
        size = len(call.raw_body)
        seen = SeenRequest(call.at, call.method, path, call.headers, body, size, call.credential, call.model)
        with self._changed:
            self._requests.append(seen)
            self._changed.notify_all()
        return Record(seen)

    def finish(self, record: Record, outcome: Outcome) -> None:
        with self._changed:
            record.finish(outcome)
            self._kept.append(record.seen)
            self._kept_bytes += len(record.seen.response_bytes)
            while self._kept_bytes > MAX_KEPT_BYTES or len(self._kept) > MAX_REQUESTS:
                oldest = self._kept.popleft()
                self._kept_bytes -= len(oldest.response_bytes)
                oldest.response_bytes = b""
            self._changed.notify_all()

    def snapshot(self) -> list[SeenRequest]:
        """Copies, in order of arrival."""
        with self._changed:
            return [replace(seen) for seen in self._requests]

    def clear(self) -> None:
        with self._changed:
            self._requests.clear()
            self._kept.clear()
            self._kept_bytes = 0
            self._changed.notify_all()

    def wait_for(self, count: int, timeout_s: float, *, finished: bool) -> bool:
        """Block until that many requests arrived, or were answered; False when time ran out."""

        def reached() -> bool:
            done = [seen for seen in self._requests if not finished or seen.outcome != "running"]
            return len(done) >= count

        with self._changed:
            return self._changed.wait_for(reached, timeout_s)
