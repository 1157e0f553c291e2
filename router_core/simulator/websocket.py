"""A WebSocket over a connection that an HTTP request has just upgraded: text messages in, text messages out.

wsproto does the framing; the handshake is small enough to be written here, where the extensions are chosen.
"""

import base64
from collections.abc import AsyncIterator
from hashlib import sha1

from tornado.iostream import IOStream, StreamClosedError
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.extensions import Extension, PerMessageDeflate
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from router_core.simulator.call import Call, Headers

BLOCK_BYTES = 64 * 1024
POLICY_VIOLATION = 1008

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def is_upgrade(call: Call) -> bool:
    """Whether a request asks for a WebSocket, and could have one."""
    asked = call.method == "GET" and call.header("upgrade").lower() == "websocket"
    return asked and bool(call.header("sec-websocket-key"))


def accept_upgrade(call: Call) -> tuple[Headers, list[Extension]]:
    """The headers of the 101 answer, and the extensions agreed upon (compression, when offered)."""
    key = call.header("sec-websocket-key") + _MAGIC
    digest = sha1(key.encode(), usedforsecurity=False).digest()  # what RFC 6455 prescribes
    accepted = base64.b64encode(digest).decode()
    headers: Headers = [("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", accepted)]
    for offer in call.header("sec-websocket-extensions").split(","):
        if offer.strip().startswith(PerMessageDeflate.name):
            deflate = PerMessageDeflate()
            agreed = deflate.accept(offer.strip())
            if isinstance(agreed, str):
                headers.append(("sec-websocket-extensions", "; ".join([deflate.name, *filter(None, [agreed])])))
                return headers, [deflate]
    return headers, []


class Socket:
    """The server's end of one WebSocket."""

    def __init__(self, stream: IOStream, extensions: list[Extension]) -> None:
        self.stream = stream
        self._framing = Connection(ConnectionType.SERVER, extensions)

    async def messages(self) -> AsyncIterator[str]:
        """Text messages, until either side closes."""
        parts: list[str] = []
        while True:
            try:
                self._framing.receive_data(await self.stream.read_bytes(BLOCK_BYTES, partial=True))
                events = list(self._framing.events())
            except (StreamClosedError, RemoteProtocolError):
                return
            for event in events:
                match event:
                    case TextMessage():
                        parts.append(event.data)
                        if event.message_finished:
                            yield "".join(parts)
                            parts.clear()
                    case BytesMessage():
                        await self.close(1003, "text messages only")
                        return
                    case Ping():
                        await self._send(event.response())
                    case CloseConnection():
                        await self._send(event.response())
                        self.stream.close()
                        return
                    case _:
                        continue

    async def send(self, text: str) -> None:
        """Send a text message. Raises StreamClosedError when the client has gone."""
        await self._send(TextMessage(data=text))

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message, which no Responses client expects."""
        await self._send(BytesMessage(data=data))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close politely, from our side."""
        await self._send(CloseConnection(code=code, reason=reason))
        self.stream.close()

    async def _send(self, event: Event) -> None:
        try:
            data = self._framing.send(event)
        except LocalProtocolError as error:  # we closed already
            raise StreamClosedError from error
        await self.stream.write(data)
