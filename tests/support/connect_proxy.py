"""A small HTTP proxy on loopback that is asked to CONNECT: it notes whereto, and leads where a test wants."""

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_BYTES = 64 * 1024


@dataclass
class ConnectProxy:
    """What it does and what it saw."""

    port: int
    credentials: str = ""
    """`user:password` that it asks for."""
    leads_to: int | None = None
    """The loopback port that every tunnel ends at; None: each is refused with 502."""
    asked: list[str] = field(default_factory=list)
    """`host:port` of each CONNECT, also of those that were refused."""

    @property
    def url(self) -> str:
        user = f"{self.credentials}@" if self.credentials else ""
        return f"http://{user}127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and len(head) < MOST_BYTES:
                head += client.recv(MOST_BYTES) or b"\r\n\r\n"
            lines = head.decode("latin-1").split("\r\n")
            self.asked.append(lines[0].removeprefix("CONNECT ").removesuffix(" HTTP/1.1"))
            wanted = "Basic " + base64.b64encode(self.credentials.encode()).decode()
            if self.credentials and f"proxy-authorization: {wanted}".lower() not in (line.lower() for line in lines):
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            elif self.leads_to is None:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
            else:
                with socket.create_connection(("127.0.0.1", self.leads_to)) as server:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    back = threading.Thread(target=_carry, args=(server, client), daemon=True)
                    back.start()
                    _carry(client, server)
                    back.join(timeout=5)


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(MOST_BYTES):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def connect_proxy(credentials: str = "", leads_to: int | None = None) -> Iterator[ConnectProxy]:
    """It runs until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = ConnectProxy(listener.getsockname()[1], credentials, leads_to)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)
