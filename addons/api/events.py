"""`/api/events`: what happens, as it happens, as server-sent events."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from addons.api.endpoint import Answer, Endpoint, Question
from addons.api.reading import read_traces
from addons.runtime import Runtime
from router_core.clock import to_ms
from router_core.errors import Refused
from router_core.events.event import Event, EventId, notice, parse_id
from router_core.events.hub import MOST_READERS, MOST_WAITING, Reader
from router_core.events.of_state import StateChanges, event_view
from router_core.routing.lock import LockUnreadable, lock_view
from router_core.store.finished import finished_since
from router_core.trace.view import trace_view
from router_core.wire.json_bytes import json_bytes

log = logging.getLogger("mitmrouter")

EVENT_STREAM = "text/event-stream"
LOOK_EVERY_S = 0.5
RECONNECT_AFTER_MS = 2000
AHEAD_MS = 60_000
DAY_MS = 86_400_000
WRITTEN_AFTER_MS = 5000
"""A request is told when it is written down, which is a little after its end."""
ABOUT = """\
Each event has an `id`, a kind in `event` and JSON in `data`:
`request.started`, `request.changed` and `request.finished` (as in `/api/traces`), `token.changed` and `token.removed`
(health, rests, windows; as in `/api/tokens`), `lock.changed`, `config.reloaded`, `config.refused`, `budget.warned`.
A comment comes when nothing else did for 15 seconds.

With `Last-Event-ID` a reader is told what it has missed: everything, when it comes back soon; else the requests that
have finished, and how tokens and lock are now. When that cannot be said any more, `reset` comes first: read anew what
you keep. A request may be told twice. A reader that is more than 1000 events behind is told `cut`, and the router says
`end` when it is stopped; both end the stream.
"""


class Resumption(Question):
    """Where a reader goes on."""

    last_event_id: Annotated[str, Field(alias="last-event-id", max_length=100)] = ""
    """The `id` of the last event that was received."""


class Events:
    """Hands the router's events to those who ask."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._watching: asyncio.Task[None] | None = None

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "GET", "/api/events", self.stream, "What happens, as it happens", None,
                headers=Resumption, tag="events", media=EVENT_STREAM, description=ABOUT,
                errors={429: f"There are {MOST_READERS} readers already."},
            ),
        ]  # fmt: skip

    async def stream(self, headers: Resumption) -> Answer:
        hub = self.runtime.events
        if hub.readers >= MOST_READERS:
            raise Refused(429, "too_many_readers", f"There are {MOST_READERS} readers of events already.")
        last = parse_id(headers.last_event_id)
        reader = hub.resume(last) if last is not None else None
        hello = f"retry: {RECONNECT_AFTER_MS}\n\n".encode()
        if reader is not None:
            reader.begin_with(hello)
        else:
            reader = hub.open()
            reader.begin_with(hello + (await self._missed(reader, last) if headers.last_event_id else b""))
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch(), name="state events")
        return Answer(pieces=reader, media=EVENT_STREAM, headers={"x-accel-buffering": "no"})

    async def _missed(self, reader: Reader, last: EventId | None) -> bytes:
        """What a reader is told that is not remembered any more."""
        try:
            frames, why_not = await self._finished_since(last)
            told = b"".join([notice("reset", {"because": why_not})] if why_not else frames) + self._state()
            return self.runtime.redactor.values(told)
        except BaseException:  # also when nobody waits for it any more: an open reader is told things for ever
            await reader.aclose()
            raise

    async def _finished_since(self, last: EventId | None) -> tuple[list[bytes], str]:
        """Frames of the requests that have finished; or why that cannot be said."""
        runtime, now = self.runtime, to_ms(self.runtime.clock.now())
        if last is None:
            return [], "the Last-Event-ID is none of this router's"
        if last.at_ms > now + AHEAD_MS:
            return [], "the Last-Event-ID lies in the future"
        if last.at_ms < now - runtime.config.trace.max_age_days * DAY_MS:
            return [], "the Last-Event-ID is older than what is kept"
        since_ms = max(0, last.at_ms - WRITTEN_AFTER_MS)
        rows = await read_traces(runtime.home, lambda db: finished_since(db, since_ms, MOST_WAITING + 1))
        if len(rows) > MOST_WAITING:
            return [], f"more than {MOST_WAITING} requests have finished since"
        return [_finished(row).frame() for row in rows], ""

    def _state(self) -> bytes:
        """How tokens and lock are now: what has changed of them in the meantime is not known."""
        runtime, now = self.runtime, self.runtime.clock.now()
        tokens = [notice("token.changed", event_view(token, now)) for token in runtime.pool.all()]
        return b"".join([*tokens, notice("lock.changed", self._lock())])

    async def _watch(self) -> None:
        """Look for changes as long as anybody wants to know."""
        runtime, changes = self.runtime, StateChanges()
        changes.begin(runtime.pool.all(), self._lock(), runtime.clock.now())
        while runtime.events.listening and not runtime.ending:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                runtime.pool.refresh()
                for kind, told in changes.changes(runtime.pool.all(), self._lock(), runtime.clock.now()):
                    runtime.events.tell(kind, runtime.redactor.values(json_bytes(told)))
            except Exception:  # a look that failed must not be the last one
                log.exception("looking for changes of tokens failed")

    def _lock(self) -> dict[str, Any]:
        try:
            return lock_view(self.runtime.lock.read())
        except LockUnreadable as error:
            return {**lock_view(None), "problem": error.message}


def _finished(row: dict[str, Any]) -> Event:
    return Event(EventId(row["finished_at"], 0), "request.finished", json_bytes(trace_view(row)))
