"""HTTP by hand, for requests that no client library would send."""

import contextlib
import socket

type Answer = tuple[int, dict[str, str], bytes]
"""Status, headers (names in lower case), body."""


def send_raw(port: int, data: bytes) -> Answer:
    """Send these bytes to the router and read one answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        with contextlib.suppress(ConnectionError):  # it may have answered and closed before it was all sent
            connection.sendall(data)
        return _read_answer(connection)


def send_request(port: int, request_line: str, gateway_token: str, body: bytes = b"") -> Answer:
    """The same for a well-formed request with a path of any shape."""
    head = (
        f"{request_line}\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {gateway_token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return send_raw(port, head.encode() + body)


def _read_answer(connection: socket.socket) -> Answer:
    received = b""
    while True:
        head, end, body = received.partition(b"\r\n\r\n")
        if end:
            lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            if len(body) >= int(headers.get("content-length", 0)):
                return int(lines[0].split(" ")[1]), headers, body
        data = connection.recv(65536)
        if not data:
            raise AssertionError(f"the answer ended early: {received!r}")
        received += data
