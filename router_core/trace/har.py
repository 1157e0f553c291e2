"""Exchanges → HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/, read 2026-11-29), as browsers' tools, Charles,
Insomnia and mitmproxy read it. A body that is no UTF-8 goes as base64."""

import base64
import datetime
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from router_core import __version__
from router_core.trace.exchange import Exchange, Headers, Message, phrase_of

HTTP = "HTTP/1.1"
_ORDINARY = "application/json"


def har(exchanges: Iterable[Exchange]) -> dict[str, Any]:
    """The whole document."""
    creator = {"name": "mitmrouter", "version": __version__}
    return {"log": {"version": "1.2", "creator": creator, "entries": [_entry(each) for each in exchanges]}}


def _entry(exchange: Exchange) -> dict[str, Any]:
    total = exchange.total_ms or 0
    wait = min(total, exchange.first_byte_ms if exchange.first_byte_ms is not None else total)
    started = datetime.datetime.fromtimestamp(exchange.started_at / 1000, datetime.UTC)
    return {
        "startedDateTime": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": total,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": wait, "receive": total - wait},
        "comment": exchange.comment,
        "_id": exchange.id,
        **{f"_{name}": value for name, value in exchange.facts.items()},
    }


def _request(exchange: Exchange) -> dict[str, Any]:
    message = exchange.request
    query = parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)
    return {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": HTTP,
        "cookies": [],
        "headers": _headers(message.headers),
        "queryString": [{"name": name, "value": value} for name, value in query],
        **({} if message.content is None else {"postData": _posted(message, message.content)}),
        "headersSize": -1,
        "bodySize": message.size,
    }


def _posted(message: Message, content: bytes) -> dict[str, Any]:
    """It has no `encoding`: what is no text cannot be told."""
    posted = {"mimeType": message.content_type or _ORDINARY, "text": content.decode(errors="replace")}
    return posted | _cut(message, content)


def _response(exchange: Exchange) -> dict[str, Any]:
    message = exchange.response
    content: dict[str, Any] = {"size": 0, "mimeType": message.content_type or "x-unknown"}
    if message.content is not None:
        content |= {"size": len(message.content), **_text(message.content), **_cut(message, message.content)}
    return {
        "status": exchange.status,
        "statusText": phrase_of(exchange.status),
        "httpVersion": HTTP,
        "cookies": [],
        "headers": _headers(message.headers),
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": message.size,
    }


def _text(content: bytes) -> dict[str, str]:
    try:
        return {"text": content.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(content).decode(), "encoding": "base64"}


def _cut(message: Message, content: bytes) -> dict[str, str]:
    if not message.truncated:
        return {}
    return {"comment": f"only the first {len(content)} of {message.size} bytes were kept"}


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]
