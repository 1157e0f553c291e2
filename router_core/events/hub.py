"""Takes events from the router and hands them to all who listen, each at its own speed.

Nothing is kept while nobody listens: who comes back later is told from the database what has finished in the meantime.
A reader that falls too far behind is told so and cut; the router and the others never wait for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice

from router_core.clock import Clock, to_ms
from router_core.events.event import KEEP_ALIVE, Event, EventId, notice

MOST_WAITING = 1000
"""Events that one reader may be behind, and that can be told again."""
AT_ONCE = 64
KEEP_ALIVE_S = 15.0
REMEMBERS_S = 600.0
"""So long after the last reader has left, events are kept for when it comes back."""
MOST_READERS = 100


class Reader:
    """One who listens: an iterator of pieces to send.

    Args:
        keep_alive_s: a comment is sent when nothing else was for so long.
    """

    def __init__(self, hub: "Hub", waiting: deque[Event], keep_alive_s: float) -> None:
        self.late = False
        """It has fallen too far behind, or the router ends: what is still to be said waits for nothing."""
        self._hub = hub
        self._waiting = waiting
        self._keep_alive_s = keep_alive_s
        self._news = asyncio.Event()
        self._first = b""
        self._last_word: bytes | None = None
        self._over = False
        if waiting:
            self._news.set()

    def __aiter__(self) -> "Reader":
        return self

    async def __anext__(self) -> bytes:
        if self._over:
            raise StopAsyncIteration
        if not self._news.is_set():
            try:
                async with asyncio.timeout(self._keep_alive_s):
                    await self._news.wait()
            except TimeoutError:
                return KEEP_ALIVE
        first, self._first = self._first, b""
        if self._last_word is not None:
            self._over = True
            return b"".join([first, *(event.frame() for event in self._waiting), self._last_word])
        frames = [self._waiting.popleft().frame() for _ in range(min(AT_ONCE, len(self._waiting)))]
        if not self._waiting:
            self._news.clear()
        return b"".join([first, *frames])

    def begin_with(self, piece: bytes) -> None:
        """What is sent before all events."""
        self._first += piece
        self._news.set()

    def tell(self, event: Event) -> None:
        """One more event."""
        if self.late:
            return
        self._waiting.append(event)
        if len(self._waiting) > MOST_WAITING:
            self._waiting.clear()
            self.end(
                notice("cut", {"because": f"more than {MOST_WAITING} events were waiting: read faster, or come back"})
            )
        self._news.set()

    def end(self, last_word: bytes) -> None:
        """Nothing more comes but this."""
        self.late, self._last_word = True, last_word
        self._hub.forget(self)
        self._news.set()

    async def aclose(self) -> None:
        """The reader has gone."""
        self._over = True
        self._hub.forget(self)


class Hub:
    """All readers of one router. Lives in the event loop; `post` may be called from any thread."""

    def __init__(self, clock: Clock, monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._kept: deque[Event] = deque(maxlen=MOST_WAITING)
        self._number = 0
        self._readers: set[Reader] = set()
        self._left_at = -REMEMBERS_S
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def listening(self) -> bool:
        """Whether anybody wants to know; False: nothing need be told."""
        return bool(self._readers) or self._monotonic() - self._left_at < REMEMBERS_S

    @property
    def readers(self) -> int:
        return len(self._readers)

    def post(self, kind: str, data: bytes) -> None:
        """Tell an event from a thread of one's own."""
        if self._loop is not None and self.listening and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.tell, kind, data)

    def tell(self, kind: str, data: bytes) -> None:
        """Tell an event.

        Args:
            data: JSON on one line, without secrets.
        """
        if not self.listening:
            self._kept.clear()  # there would be a gap
            return
        self._number += 1
        event = Event(EventId(to_ms(self._clock.now()), self._number), kind, data)
        self._kept.append(event)
        for reader in list(self._readers):
            reader.tell(event)

    def open(self, *, keep_alive_s: float = KEEP_ALIVE_S) -> Reader:
        """One more reader, from now on."""
        return self._open(deque(), keep_alive_s)

    def resume(self, last: EventId, *, keep_alive_s: float = KEEP_ALIVE_S) -> Reader | None:
        """One more reader, from just after an event; None: it is not kept any more."""
        if not self.listening:
            self._kept.clear()
        place = next((place for place, event in enumerate(self._kept) if event.id == last), None)
        if place is None:
            return None
        return self._open(deque(islice(self._kept, place + 1, None)), keep_alive_s)

    def _open(self, waiting: deque[Event], keep_alive_s: float) -> Reader:
        if not self.listening:
            self._kept.clear()
        self._loop = asyncio.get_running_loop()
        reader = Reader(self, waiting, keep_alive_s)
        self._readers.add(reader)
        return reader

    def forget(self, reader: Reader) -> None:
        if reader in self._readers:
            self._readers.discard(reader)
            if not self._readers:
                self._left_at = self._monotonic()

    def close(self) -> None:
        """The router ends, and with it every stream."""
        for reader in list(self._readers):
            reader.end(notice("end", {"because": "the router is stopped"}))
