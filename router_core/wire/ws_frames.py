"""One end of a WebSocket, without I/O: bytes in, text messages out (RFC 6455; wsproto does the framing).

Both ends that the router speaks are the same here: towards the client it is the server, towards a provider the client.
No extension is offered or accepted: compressed frames would cost more on loopback than they save, and could open to a
thousand times their size. Binary messages, oversized ones and broken frames end the connection with the code that says
so; `receive` never raises.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1
from secrets import token_bytes
from typing import Literal

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.utilities import LocalProtocolError

NORMAL, GOING_AWAY, UNSUPPORTED, POLICY_VIOLATION, TOO_BIG, INTERNAL_ERROR = 1000, 1001, 1003, 1008, 1009, 1011
ABNORMAL = 1006
"""Never on the wire: the connection ended without a close frame."""
_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_LONGEST_REASON = 120
"""Bytes; a control frame has room for 123."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes to send back at once: a pong, or our part of the closing handshake."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """Nothing more will come. `ours`: we ended it because of what was sent."""

    code: int
    reason: str = ""
    ours: bool = False


type Received = str | Reply | Closed
"""A text message is a plain `str`."""


class TextSocket:
    """One end of one connection that has been upgraded.

    Args:
        role: which end this is.
        limit: most characters of one message.
    """

    def __init__(self, role: Literal["client", "server"], limit: int) -> None:
        self._framing = Connection(ConnectionType.CLIENT if role == "client" else ConnectionType.SERVER)
        self._limit = limit
        self._parts: list[str] = []
        self._size = 0

    @property
    def open(self) -> bool:
        return self._framing.state is ConnectionState.OPEN

    def receive(self, data: bytes) -> Iterator[Received]:
        """What some bytes from the other side amount to. After `Closed` nothing more is given."""
        if not self.open:
            return
        self._framing.receive_data(data)
        for event in self._framing.events():
            match event:
                case TextMessage():
                    self._size += len(event.data)
                    if self._size > self._limit:
                        yield from self._refuse(TOO_BIG, f"a message may have {self._limit} characters at most")
                        return
                    self._parts.append(event.data)
                    if event.message_finished:
                        message = "".join(self._parts)
                        self._parts, self._size = [], 0
                        yield message
                case BytesMessage():
                    yield from self._refuse(UNSUPPORTED, "text messages only")
                    return
                case Ping():
                    yield Reply(self._framing.send(event.response()))
                case CloseConnection():
                    if self._framing.state is ConnectionState.REMOTE_CLOSING:
                        yield Reply(self._framing.send(event.response()))
                        yield Closed(int(event.code), event.reason or "")
                    else:  # wsproto could not make sense of the bytes
                        yield from self._refuse(int(event.code), event.reason or "")
                    return
                case _:
                    continue

    def text(self, message: str) -> bytes:
        """The frame of a message; b"" when the connection is being closed."""
        return self._send(TextMessage(data=message))

    def ping(self) -> bytes:
        return self._send(Ping())

    def close(self, code: int = NORMAL, reason: str = "") -> bytes:
        """Our close frame; b"" when it was sent already."""
        cut = reason.encode()[:_LONGEST_REASON].decode("utf-8", "ignore")
        return self._send(CloseConnection(code=code, reason=cut))

    def _refuse(self, code: int, reason: str) -> Iterator[Received]:
        self._parts = []
        yield Reply(self.close(code, reason))
        yield Closed(code, reason, ours=True)

    def _send(self, event: Event) -> bytes:
        try:
            return self._framing.send(event)
        except LocalProtocolError:
            return b""


def new_key() -> str:
    """`Sec-WebSocket-Key` of a handshake of ours."""
    return base64.b64encode(token_bytes(16)).decode()


def accept_value(key: str) -> str:
    """`Sec-WebSocket-Accept` for a key."""
    digest = sha1((key + _MAGIC).encode("latin-1", "replace"), usedforsecurity=False).digest()  # as RFC 6455 has it
    return base64.b64encode(digest).decode()
