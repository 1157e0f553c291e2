"""Answers of our own that are sent piece by piece, for as long as pieces come: event streams.

A response that an addon sets is sent whole. So the endpoint leaves the pieces here; the stream of the request
(retry_stream.py) sends the headers and begins, and one task per answer puts each piece into the connection as an event,
as fast as the client takes them.
"""

import asyncio
import dataclasses
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from mitmproxy import ctx, http
from mitmproxy.proxy import events
from mitmproxy.proxy.server import ConnectionHandler

if TYPE_CHECKING:
    from addons.retry_stream import RetryStream

log = logging.getLogger("mitmrouter")

MOST_UNSENT_BYTES = 256 * 1024
"""As much as may wait in the connection of a client that does not read."""
LOOK_EVERY_S = 0.05
LINGERS_S = 30.0
"""So long a client that was cut may take to read what it was sent."""


class Pieces(Protocol):
    """What is sent."""

    @property
    def late(self) -> bool:
        """What still comes is the end, and waits for nothing."""

    async def __anext__(self) -> bytes: ...

    async def aclose(self) -> None:
        """Nobody wants more, or anything."""


@dataclasses.dataclass
class LivePiece(events.MessageInjected[Any]):
    """The next piece of an answer; None: it is over."""

    stream: "RetryStream"
    data: bytes | None

    def __init__(self, flow: http.HTTPFlow, stream: "RetryStream", data: bytes | None) -> None:
        super().__init__(flow, None)
        self.stream, self.data = stream, data


_pieces: WeakKeyDictionary[http.HTTPFlow, Pieces] = WeakKeyDictionary()
_closing: set[asyncio.Future[None]] = set()


def answer_live(flow: http.HTTPFlow, pieces: Pieces, headers: dict[str, str]) -> None:
    """Put an answer on the flow whose body comes later."""
    flow.response = http.Response.make(200, b"", headers)
    flow.response.headers.pop("content-length", None)
    if flow.request.method != "HEAD":
        flow.response.stream = True
        _pieces[flow] = pieces
    else:
        _close(pieces)


def pieces_of(flow: http.HTTPFlow) -> Pieces | None:
    """None: the answer is complete as it is."""
    return _pieces.get(flow)


def forget_pieces(flow: http.HTTPFlow) -> None:
    """The client went away before it was sent anything."""
    if (pieces := _pieces.pop(flow, None)) is not None:
        _close(pieces)


def _close(pieces: Pieces) -> None:
    """What is never sent must not wait for its reader for ever."""
    task = asyncio.ensure_future(pieces.aclose())
    _closing.add(task)
    task.add_done_callback(_closing.discard)


class LiveAnswers:
    """The tasks of all such answers under way."""

    def __init__(self) -> None:
        self._tasks: dict[RetryStream, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, stream: "RetryStream", pieces: Pieces) -> None:
        """The headers have been sent."""
        task = asyncio.create_task(self._send(stream, stream.flow, pieces), name="live answer")
        self._tasks[stream] = task
        task.add_done_callback(lambda _: self._over(stream, pieces))

    def gone(self, stream: "RetryStream") -> None:
        """The client wants no more."""
        if (task := self._tasks.get(stream)) is not None:
            task.cancel()

    async def ended(self, timeout_s: float) -> None:
        """Wait until all of them are over, but not for ever."""
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=timeout_s)

    def _over(self, stream: "RetryStream", pieces: Pieces) -> None:
        """Not at the end of the task itself: one that is cancelled before its first step has none."""
        self._tasks.pop(stream, None)
        _close(pieces)

    async def _send(self, stream: "RetryStream", flow: http.HTTPFlow, pieces: Pieces) -> None:
        with _logged():
            while (handler := _handler(flow)) is not None:
                try:
                    piece = await anext(pieces)
                except StopAsyncIteration:
                    await _end(handler, LivePiece(flow, stream, None))
                    return
                while not pieces.late and _unsent(handler) > MOST_UNSENT_BYTES:  # noqa: ASYNC110 - nothing tells
                    await asyncio.sleep(LOOK_EVERY_S)
                await handler.server_event(LivePiece(flow, stream, piece))


async def _end(handler: ConnectionHandler, end: LivePiece) -> None:
    unsent = _unsent(handler) > MOST_UNSENT_BYTES
    await handler.server_event(end)
    if unsent:
        asyncio.get_running_loop().call_later(LINGERS_S, _cut, handler)


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except Exception:  # nobody waits for this task
        log.exception("sending an event stream failed")


def _handler(flow: http.HTTPFlow) -> ConnectionHandler | None:
    """Of the client's connection, while there is one."""
    connections: dict[str, ConnectionHandler] = ctx.master.addons.get("proxyserver").connections
    return connections.get(flow.client_conn.id)


def _unsent(handler: ConnectionHandler) -> int:
    """Bytes that the client has not taken yet."""
    io = handler.transports.get(handler.client)
    writer: Any = None if io is None else io.writer
    return 0 if writer is None or writer.transport is None else int(writer.transport.get_write_buffer_size())


def _cut(handler: ConnectionHandler) -> None:
    """It still has not read what it was told at the end."""
    io = handler.transports.get(handler.client)
    writer: Any = None if io is None else io.writer
    if writer is not None and _unsent(handler):
        writer.transport.abort()
