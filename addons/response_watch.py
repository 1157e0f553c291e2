"""One attempt's response while it arrives: hold it back, let it go, or call it failed; a copy is kept for the trace."""

from typing import Literal

import orjson
from mitmproxy import http

from router_core.providers.failure import Broken, JsonObject, Outcome
from router_core.state.owner import ProofKind
from router_core.state.proofs_in_answer import MARKS, proofs_in_answer
from router_core.trace.record import Usage
from router_core.wire.encoding import inflate, inflater
from router_core.wire.format import Call
from router_core.wire.google_envelope import Unwrapper, unwrap
from router_core.wire.sse import records
from router_core.wire.tap import StreamTap
from router_core.wire.usage import read_body
from router_core.wire.ws_turn import RATE_LIMITS, rate_limits_in

Holding = Literal["wait", "release", "failed"]
_LIMITS = RATE_LIMITS.encode()
BODY_READ_LIMIT = 4 * 1024 * 1024


class ResponseWatch:
    """Looks at each chunk once; the bytes go their way untouched.

    Args:
        keep_bytes: how much of the body is copied for the trace.
    """

    def __init__(self, response: http.Response, call: Call, keep_bytes: int) -> None:
        self.status = response.status_code
        self.headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.fields
        }
        self.encoding = self.headers.get("content-encoding", "")
        self.is_sse = "text/event-stream" in self.headers.get("content-type", "")
        self.size = 0
        self.kept = bytearray()
        self._keep_bytes = keep_bytes
        self._call = call
        self._inflater = inflater(self.encoding) if self.is_sse else None
        self._unwrapper = Unwrapper() if self.is_sse and call.wrapped else None
        self.tap = StreamTap(call.format) if self.is_sse and self.status < 400 else None
        self.proofs: list[tuple[str, ProofKind]] = []
        """Opaque values that the provider minted in this answer."""
        self.limits: dict[str, str] = {}
        """Quota told by events in the midst of the answer, as headers."""
        self._marks = MARKS[call.format]
        if self.tap is not None:
            self.tap.look = self._look

    def feed(self, data: bytes) -> None:
        """Take in some bytes as they came over the wire."""
        self.size += len(data)
        room = self._keep_bytes - len(self.kept)
        if room > 0:
            self.kept += data if len(data) <= room else data[:room]
        if self.tap is not None and self._inflater is not None:
            data = self._inflater.feed(data) if self.encoding else data
            self.tap.feed(data if self._unwrapper is None else self._unwrapper.feed(data))

    def close(self) -> None:
        """The event stream has ended: look at what came without a record end."""
        if self.tap is not None:
            if self._unwrapper is not None:
                self.tap.feed(self._unwrapper.close())
            self.tap.close()

    def _look(self, complete: bytes) -> None:
        if _LIMITS in complete:
            for record in records(complete):
                self.limits.update(rate_limits_in(record.data))
        for mark in self._marks:
            if mark in complete:
                for record in records(complete):
                    self._find_proofs(record.data)
                return

    def _find_proofs(self, data: bytes) -> None:
        if any(mark in data for mark in self._marks):
            self.proofs += proofs_in_answer(_json(data), self._call.format)

    def holding(self, ended: bool, *, whole: bool = False) -> Holding:
        """What to do with what has come so far, while nothing has been sent to the client.

        Args:
            whole: nothing can be sent before the answer has ended.
        """
        if self.status >= 400:
            return "failed" if ended else "wait"
        if whole:
            return self._holding_whole(ended)
        if self.tap is None:  # JSON is held until it is whole, so that half an answer can be tried again
            return "wait" if "json" in self.headers.get("content-type", "") and not ended else "release"
        if ended:
            self.close()
        if self.tap.error is not None and not self.tap.content:
            return "failed"
        if self.tap.content:
            return "release"
        if not ended:
            return "wait"
        return "failed" if self._call.inference else "release"  # an answer without content or end: the provider left

    def _holding_whole(self, ended: bool) -> Holding:
        if self.tap is None:
            return "release" if ended else "wait"
        if ended:
            self.close()
        if self.tap.error is not None:
            return "failed"
        if not ended:
            return "wait"
        return "release" if self.complete else "failed"

    @property
    def complete(self) -> bool:
        """False for an event stream that ended without its format's own end."""
        return self.tap is None or self.tap.ended or not self._call.inference

    def outcome(self, broken: Broken | None, detail: str, body: bytes) -> Outcome:
        """What happened, for `classify`.

        Args:
            broken: a transport failure, if there was one.
            body: all bytes held so far.
        """
        if broken is not None:
            return Outcome(status=self.status, headers=self.headers, broken=broken, detail=detail)
        if self.tap is not None:
            if self.tap.error is None:
                return Outcome(
                    self.status, self.headers, broken=Broken.CLOSED, detail="the stream ended without content"
                )
            return Outcome(self.status, self.headers, self.tap.error, in_stream=True)
        opened = inflate(body, self.encoding, BODY_READ_LIMIT) or b""
        return Outcome(self.status, self.headers, _json(opened), opened[:2000].decode("utf-8", "replace"))

    def settle(self, body: bytes | None) -> tuple[Usage, str]:
        """Usage and stop reason as far as they are known.

        Args:
            body: the whole body, when it was not streamed.
        """
        if self.tap is not None:
            return self.tap.usage, self.tap.stop_reason
        usage = Usage()
        opened = inflate(body, self.encoding, BODY_READ_LIMIT) if body and self._call.inference else None
        if opened:
            opened = unwrap(opened) if self._call.wrapped else opened
            self._find_proofs(opened)
        return usage, read_body(self._call.format, _json(opened), usage) if opened else ""


def _json(data: bytes) -> JsonObject | None:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
