"""Writing one answer to one socket: pacing, compression, stalls, cuts, resets; nothing waits unless told to."""

import asyncio
import http.client
import socket
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Protocol

import brotli
import zstandard
from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, ResponseStartLine
from tornado.iostream import IOStream, StreamClosedError

from router_core.simulator.answers import Answer, Frame
from router_core.simulator.call import Headers
from router_core.simulator.fault_streams import Delivery
from router_core.simulator.script import Pace
from router_core.simulator.seen import Outcome, Record

BLOCK_BYTES = 64 * 1024
YIELD_EVERY = 64


class ClientGone(Exception):
    """The client closed the connection before the answer was complete."""


class Compressor(Protocol):
    def add(self, data: bytes) -> bytes: ...

    def end(self) -> bytes: ...


class Line:
    """The connection of one request, while it is being answered."""

    def __init__(self, connection: HTTP1Connection, record: Record) -> None:
        self._connection = connection
        self._record = record
        self._detached = False
        connection.stream.set_nodelay(True)  # else the kernel holds a small chunk back until the last is acknowledged
        self.client_gone = asyncio.Event()
        connection.set_close_callback(self.client_gone.set)

    async def start(self, status: int, headers: Headers) -> None:
        self._record.seen.status = status
        head = HTTPHeaders()
        for name, value in headers:
            head.add(name, value)
        line = ResponseStartLine("HTTP/1.1", status, http.client.responses.get(status, "Unknown"))
        await self._wait(self._connection.write_headers(line, head))

    async def send(self, data: bytes) -> None:
        if data:
            await self._wait(self._connection.write(data))
            self._record.sent(data)

    def finish(self) -> None:
        self._connection.finish()

    def cut(self) -> None:
        """Close the connection: the client sees an answer without its end."""
        if not self._detached:  # else whoever took the connection closes it
            self._connection.stream.close()

    def reset(self) -> None:
        """Close it so that the client's kernel reports a reset."""
        sock: socket.socket = self._connection.stream.socket
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.stream.close()

    def detach(self) -> IOStream:
        """The bare connection, for what follows an upgrade; this line is then done."""
        self._detached = True
        return self._connection.detach()

    async def raw(self, data: bytes) -> None:
        """Bytes that are not HTTP."""
        await self._wait(self._connection.stream.write(data))

    async def stall(self, seconds: float | None) -> None:
        """Say nothing until the time has passed. Raises ClientGone."""
        try:
            await asyncio.wait_for(self.client_gone.wait(), seconds)
        except TimeoutError:
            return
        raise ClientGone

    async def pause(self, seconds: float) -> None:
        """Wait between two chunks. Raises ClientGone."""
        await self.stall(seconds)

    async def _wait(self, written: "asyncio.Future[None]") -> None:
        try:
            await written
        except StreamClosedError as error:
            raise ClientGone from error


async def send_delivery(line: Line, delivery: Delivery, pace: Pace, encoding: str) -> Outcome:
    """Send an answer as its delivery says.

    Args:
        encoding: content coding to apply, empty for none.

    Raises:
        ClientGone: the client left.
    """
    answer = delivery.answer
    if delivery.delay_s is not None:
        pace = pace.model_copy(update={"delay_s": delivery.delay_s})
    compressor = compressor_for(encoding)
    headers = [*answer.headers, *([("content-encoding", encoding), ("vary", "accept-encoding")] if compressor else [])]
    if answer.frames is None:
        return await _send_body(line, answer, headers, delivery, pace, compressor)
    await line.start(answer.status, headers)
    if pace.first_delay_s:
        await line.pause(pace.first_delay_s)
    await _send_chunks(line, chunks_of(answer.frames, pace), pace, compressor)
    match delivery.ending:
        case "close":
            line.cut()
            return "cut"
        case "reset":
            line.reset()
            return "cut"
        case "stall":
            await line.stall(delivery.stall_s)
            await _send_chunks(line, chunks_of(delivery.rest, pace), pace, compressor)
        case "complete":
            pass
    if compressor:
        await line.send(compressor.end())
    line.finish()
    return "complete"


async def _send_body(
    line: Line, answer: Answer, headers: Headers, delivery: Delivery, pace: Pace, compressor: Compressor | None
) -> Outcome:
    body = compressor.add(answer.body) + compressor.end() if compressor else answer.body
    await line.start(answer.status, [*headers, ("content-length", str(len(body)))])
    if pace.first_delay_s and answer.status < 400:
        await line.pause(pace.first_delay_s)
    half = len(body) // 2 if delivery.ending != "complete" else len(body)
    parts = [body[start : min(start + BLOCK_BYTES, half)] for start in range(0, half, BLOCK_BYTES)]
    if delivery.delay_s:
        size = max(1, len(body) // 8)
        parts = [body[start : start + size] for start in range(0, len(body), size)]
    for part in parts:
        await line.send(part)
        if delivery.delay_s:
            await line.pause(delivery.delay_s)
    match delivery.ending:
        case "close":
            line.cut()
            return "cut"
        case "reset":
            line.reset()
            return "cut"
        case "stall":
            await line.stall(delivery.stall_s)
            await line.send(body[half:])
        case "complete":
            pass
    line.finish()
    return "complete"


async def _send_chunks(line: Line, chunks: Iterator[bytes], pace: Pace, compressor: Compressor | None) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    for number, chunk in enumerate(chunks):
        if pace.delay_s and number:
            # against a fixed timetable, so that the pace does not drift with the time that writing takes
            due += pace.delay_s
            await line.pause(max(0.0, due - loop.time()))
        elif number % YIELD_EVERY == YIELD_EVERY - 1:
            await asyncio.sleep(0)
        if line.client_gone.is_set():
            raise ClientGone
        await line.send(compressor.add(chunk) if compressor else chunk)


def chunks_of(frames: Sequence[Frame], pace: Pace) -> Iterator[bytes]:
    """The stream in the pieces in which it is written."""
    if pace.chunk_bytes:
        whole = b"".join(frame.data for frame in frames)
        for start in range(0, len(whole), pace.chunk_bytes):
            yield whole[start : start + pace.chunk_bytes]
        return
    for start in range(0, len(frames), pace.events_per_chunk):
        yield b"".join(frame.data for frame in frames[start : start + pace.events_per_chunk])


async def send_huge(line: Line, head: bytes, filler: bytes, tail: bytes, size_bytes: int, answer: Answer) -> Outcome:
    """`head`, then `filler` again and again until about `size_bytes`, then `tail`."""
    await line.start(answer.status, answer.headers)
    await line.send(head)
    block = filler * max(1, BLOCK_BYTES // len(filler))
    sent = len(head) + len(tail)
    while sent < size_bytes:
        await line.send(block)
        sent += len(block)
        await asyncio.sleep(0)
    await line.send(tail)
    line.finish()
    return "complete"


def choose_encoding(accept: str) -> str:
    """The best coding that an `Accept-Encoding` header allows, empty for none."""
    offered = {part.split(";")[0].strip().lower() for part in accept.split(",") if not part.rstrip().endswith("q=0")}
    return next((name for name in ("zstd", "br", "gzip") if name in offered), "")


def compressor_for(encoding: str) -> Compressor | None:
    """A compressor that ends each chunk, so that a compressed stream still arrives piece by piece."""
    match encoding:
        case "zstd":
            return _Zstd()
        case "br":
            return _Brotli()
        case "gzip":
            return _Gzip()
        case _:
            return None


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.compressobj(wbits=31)

    def add(self, data: bytes) -> bytes:
        return self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._stream.flush()


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Compressor(quality=4)

    def add(self, data: bytes) -> bytes:
        return bytes(self._stream.process(data) + self._stream.flush())

    def end(self) -> bytes:
        return bytes(self._stream.finish())


class _Zstd:
    def __init__(self) -> None:
        self._stream = zstandard.ZstdCompressor().compressobj()

    def add(self, data: bytes) -> bytes:
        return self._stream.compress(data) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def end(self) -> bytes:
        return self._stream.flush()
