"""A lean provider: reads a request, answers what its query asks for, as Anthropic would. It must not be the bottleneck.

Query: `stream=CHUNKS,BURST,GAP_US` for an event stream of that many deltas, BURST of them in
one write, with GAP_US microseconds between two writes; each event is an HTTP chunk of its own. Anything else: a plain
JSON answer.
"""

import asyncio
import gc
import json
import socket
from functools import cache
from typing import Any

HEAD = (
    b"HTTP/1.1 200 OK\r\nrequest-id: req_bench\r\nanthropic-ratelimit-unified-status: allowed\r\n"
    b"anthropic-ratelimit-unified-5h-status: allowed\r\nanthropic-ratelimit-unified-5h-utilization: 0.12\r\n"
    b"anthropic-ratelimit-unified-5h-reset: 1893456000\r\nanthropic-ratelimit-unified-7d-status: allowed\r\n"
    b"anthropic-ratelimit-unified-7d-utilization: 0.34\r\nanthropic-ratelimit-unified-7d-reset: 1893456000\r\n"
)
USAGE = {"input_tokens": 21, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 1200, "output_tokens": 1}
MESSAGE: dict[str, Any] = {
    "id": "msg_bench", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
    "content": [], "stop_reason": None, "stop_sequence": None, "usage": USAGE,
}  # fmt: skip
TEXT = "The function reads the request once, decides which token pays, and streams the answer as it arrives."
WORDS = TEXT.split()


def plain() -> bytes:
    text = {"type": "text", "text": " ".join(WORDS * 4)}
    body = json.dumps({**MESSAGE, "content": [text], "stop_reason": "end_turn"}).encode()
    return HEAD + b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def event(name: str, **data: object) -> bytes:
    """One event, framed as one HTTP chunk."""
    raw = f"event: {name}\ndata: {json.dumps({'type': name, **data}, separators=(',', ':'))}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(raw), raw)


@cache
def stream_writes(chunks: int, burst: int) -> list[bytes]:
    """What is written at once, in order."""
    deltas = [
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": WORDS[i % len(WORDS)] + " "})
        for i in range(chunks)
    ]
    begin = HEAD + b"content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
    begin += event("message_start", message=MESSAGE)
    begin += event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    writes = [b"".join(deltas[start : start + burst]) for start in range(0, chunks, burst)]
    end = event("content_block_stop", index=0)
    end += event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage=USAGE)
    end += event("message_stop") + b"0\r\n\r\n"
    return [begin + writes[0], *writes[1:], end]


class Provider(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self.head = b""
        self.missing = 0
        self.query = b""
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.timer:
            self.timer.cancel()

    def data_received(self, data: bytes) -> None:
        if not self.missing:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return
            at = self.head.lower().index(b"content-length:") + 15
            self.missing = int(self.head[at : self.head.index(b"\r", at)])
            self.query = self.head.partition(b"?")[2].partition(b" ")[0]
            data, self.head = self.head[end + 4 :], b""
        self.missing -= len(data)
        if self.missing == 0:
            self.answer()

    def answer(self) -> None:
        if not self.query.startswith(b"stream="):
            self.transport.write(PLAIN)
            return
        chunks, burst, gap_us = (int(number) for number in self.query.partition(b"=")[2].split(b","))
        self.write_next(stream_writes(chunks, burst), 0, gap_us / 1e6)

    def write_next(self, writes: list[bytes], index: int, gap_s: float) -> None:
        self.transport.write(writes[index])
        if index + 1 < len(writes):
            self.timer = asyncio.get_running_loop().call_later(gap_s, self.write_next, writes, index + 1, gap_s)


PLAIN = plain()


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Provider, "127.0.0.1", 0, backlog=1024)
    gc.freeze()
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
