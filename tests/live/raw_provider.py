"""A provider that answers with the bytes it is given: for answers that no honest server writes."""

import contextlib
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator

PAUSE = b"(a short pause)"
PAUSE_S = 0.02
HEAD = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: %s\r\n"
CHUNK = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":%s}]}\n\n'
)
HELLO = CHUNK % b'{"role":"assistant","content":"Hello."}'
END = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},'
    b'"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)
ANSWER = (
    b'{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",'
    b'"message":{"role":"assistant","content":"Hello."}}],"usage":{"prompt_tokens":3,"completion_tokens":2}}'
)
"""A small answer of Chat Completions, as a stream and whole."""


class RawProvider:
    """Each request is answered with the next bytes in line, and its connection then closed or reset."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._waiting: deque[tuple[bytes, bool]] = deque()
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    def answer(self, *wholes: bytes, reset: bool = False) -> None:
        """What the next requests get, one each; forgets what was left over.

        Args:
            reset: the connection is reset instead of closed.
        """
        self.requests.clear()
        self._waiting = deque((whole, reset) for whole in wholes)

    def run(self) -> None:
        with contextlib.suppress(OSError):  # closed: the test is over
            while True:
                connection, _ = self._listening.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5)
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            if not (data := connection.recv(65536)):
                return
            received += data
        head, _, body = received.partition(b"\r\n\r\n")
        sizes = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        while len(body) < (sizes or [0])[0]:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        whole, reset = self._waiting.popleft() if self._waiting else (b"", False)
        for part in whole.split(PAUSE):
            connection.sendall(part)
            time.sleep(PAUSE_S)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def whole(body: bytes, content_type: bytes = b"application/json", *more: bytes) -> bytes:
    """An answer without a length: it ends where the connection does."""
    return HEAD % content_type + b"".join(line + b"\r\n" for line in more) + b"\r\n" + body


def chunked(body: bytes, content_type: bytes = b"text/event-stream", *, ended: bool = True) -> bytes:
    """An answer in one chunk; without its last one it has visibly been cut."""
    framed = b"%x\r\n%s\r\n" % (len(body), body) + (b"0\r\n\r\n" if ended else b"")
    return HEAD % content_type + b"transfer-encoding: chunked\r\n\r\n" + framed


@contextlib.contextmanager
def raw_provider() -> Iterator[RawProvider]:
    """One on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        provider = RawProvider(listening)
        thread = threading.Thread(target=provider.run, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)
