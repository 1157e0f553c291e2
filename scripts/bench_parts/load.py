"""A lean load generator: raw HTTP/1.1 over asyncio protocols, so that what is measured is the process under test."""

import asyncio
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Address = tuple[str, int]
TIMEOUT_S = 60.0


@dataclass
class Load:
    """What one batch of requests showed."""

    seconds: float = 0.0
    requests: int = 0
    first_byte_s: list[float] = field(default_factory=list)
    """From the last byte of the request handed over to the first byte of content."""

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


class Client(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self.done: asyncio.Future[float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes, awaited: bytes) -> "asyncio.Future[float]":
        """Send; the result is the time to the first byte of `awaited` content, once the answer is complete."""
        self.awaited, self.first, self.tail, self.missing = awaited, 0.0, b"", -1
        self.sent_at = time.perf_counter()
        self.done = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self.done

    def data_received(self, data: bytes) -> None:
        done = self.done
        if done is None or done.done():
            return
        if not self.first and self.awaited in data:
            self.first = time.perf_counter()
        if self.missing < 0 and not self.tail:
            if not data.startswith(b"HTTP/1.1 200"):
                done.set_exception(RuntimeError(f"not answered 200: {data[:300]!r}"))
                return
            head, _, rest = data.partition(b"\r\n\r\n")
            lower = head.lower()
            if b"content-length:" in lower:
                self.missing = int(lower.partition(b"content-length:")[2].partition(b"\r")[0]) - len(rest)
        elif self.missing > 0:
            self.missing -= len(data)
        self.tail = (self.tail + data)[-7:]
        if self.missing == 0 or (self.missing < 0 and self.tail.endswith(b"\r\n0\r\n\r\n")):
            if not self.first:
                done.set_exception(RuntimeError("the answer has no content"))
                return
            self.done = None
            done.set_result(self.first - self.sent_at)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.done is not None and not self.done.done():
            self.done.set_exception(ConnectionError("closed before the answer was complete"))


async def connect(address: Address) -> Client:
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(Client, *address)
    return client


async def closed_loop(
    address: Address, request: bytes, count: int, workers: int, *, fresh: bool = False,
    awaited: bytes = b"HTTP/1.1 200", stagger_s: float = 0.0,
) -> Load:  # fmt: skip
    """`count` requests by `workers`, each sending its next when the last is answered.

    Args:
        fresh: a new connection for each request.
        awaited: content whose arrival counts as the first byte.
        stagger_s: pause between the workers' first requests.
    """
    load = Load(requests=count)
    left = count
    begun = time.perf_counter()

    async def work(number: int) -> None:
        nonlocal left
        await asyncio.sleep(stagger_s * number)
        client = None
        while left > 0:
            left -= 1
            if client is None or fresh:
                if client is not None:
                    client.transport.close()
                client = await connect(address)
            load.first_byte_s.append(await client.send(request, awaited))
        if client is not None:
            client.transport.close()

    async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as group:
        for number in range(workers):
            group.create_task(work(number))
    load.seconds = time.perf_counter() - begun
    return load


async def open_streams(address: Address, request: bytes, count: int, opened: "asyncio.Event") -> None:
    """`count` streams at once, each on a connection of its own; `opened` is set when all have been asked for."""
    clients = [await connect(address) for _ in range(count)]
    answers = []
    for client in clients:
        answers.append(client.send(request, b"content_block_delta"))
        await asyncio.sleep(0.005)
    opened.set()
    async with asyncio.timeout(TIMEOUT_S):
        await asyncio.gather(*answers)
    for client in clients:
        client.transport.close()


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
