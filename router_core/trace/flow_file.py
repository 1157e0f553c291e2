"""Exchanges → a file of flows as mitmproxy, mitmweb and mitmdump read it (`-r FILE`).

Flows are tnetstrings of what `HTTPFlow.get_state()` gives (mitmproxy 12.2, format 21). They are written here, without
mitmproxy: a flow from its own classes would need a process of mitmproxy's. A test reads every field back with it.
"""

import hashlib
import uuid
from typing import Any

from router_core.trace.exchange import Exchange, Headers, Message, phrase_of, place_of

FORMAT = 21
_NEVER: dict[str, Any] = {
    "alpn": None, "alpn_offers": [], "certificate_list": [], "cipher": None, "cipher_list": [], "error": None,
    "sni": None, "timestamp_tls_setup": None, "tls_version": None, "transport_protocol": "tcp",
}  # fmt: skip
"""Of a connection that nothing more is known of."""


def flow_bytes(exchange: Exchange) -> bytes:
    """One flow; a file is any number of them, one after the other."""
    return tnetstring(_flow(exchange))


def tnetstring(value: Any) -> bytes:
    """`length:payload` and a letter for the type; length and payload are bytes."""
    match value:
        case None:
            return b"0:~"
        case bool():
            return b"4:true!" if value else b"5:false!"
        case int():
            return _tagged(str(value).encode(), b"#")
        case float():
            return _tagged(repr(value).encode(), b"^")
        case bytes():
            return _tagged(value, b",")
        case str():
            return _tagged(value.encode(), b";")
        case list() | tuple():
            return _tagged(b"".join(map(tnetstring, value)), b"]")
        case dict():
            return _tagged(b"".join(tnetstring(key) + tnetstring(each) for key, each in value.items()), b"}")
    raise TypeError(f"{type(value).__name__} cannot be written as a tnetstring")


def _tagged(payload: bytes, tag: bytes) -> bytes:
    return str(len(payload)).encode() + b":" + payload + tag


def _flow(exchange: Exchange) -> dict[str, Any]:
    begun = exchange.started_at / 1000
    total = (exchange.total_ms or 0) / 1000
    first = begun + (exchange.first_byte_ms / 1000 if exchange.first_byte_ms is not None else total)
    ended = max(first, begun + total)
    scheme, host, port, path = place_of(exchange.url)
    answered = bool(exchange.status)
    return {
        "version": FORMAT,
        "type": "http",
        "id": _uuid(exchange.id),
        "error": None if answered else {"msg": exchange.comment, "timestamp": ended},
        "client_conn": {
            **_NEVER, "id": _uuid(f"{exchange.id} client"), "mitmcert": None, "peername": ("127.0.0.1", 0),
            "proxy_mode": "regular", "sockname": ("127.0.0.1", 0), "timestamp_end": ended, "timestamp_start": begun,
            "tls": False,
        },
        "server_conn": {
            **_NEVER, "id": _uuid(f"{exchange.id} server"), "address": (host, port), "peername": None,
            "sockname": None, "timestamp_end": ended, "timestamp_start": begun, "timestamp_tcp_setup": begun,
            "tls": scheme == "https", "sni": host if scheme == "https" else None, "via": None,
        },
        "intercepted": False,
        "is_replay": None,
        "marked": "",
        "metadata": dict(exchange.facts),
        "comment": exchange.comment,
        "timestamp_created": begun,
        "websocket": None,
        "backup": None,
        "request": {
            **_message(exchange.request, begun, begun), "host": host, "port": port, "method": exchange.method.encode(),
            "scheme": scheme.encode(), "authority": b"", "path": path.encode(),
        },
        "response": {
            **_message(exchange.response, first, ended), "status_code": exchange.status,
            "reason": phrase_of(exchange.status).encode(),
        } if answered else None,
    }  # fmt: skip


def _message(message: Message, begun: float, ended: float) -> dict[str, Any]:
    content = message.content or b""
    return {
        "http_version": b"HTTP/1.1",
        "headers": _headers((*message.headers, ("content-length", str(len(content))))),
        "content": content,
        "trailers": None,
        "timestamp_start": begun,
        "timestamp_end": ended,
    }


def _headers(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode(errors="surrogateescape"), value.encode(errors="surrogateescape")) for name, value in headers]


def _uuid(text: str) -> str:
    """The same each time: a flow that is exported twice is the same flow."""
    return str(uuid.UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest(), version=4))
