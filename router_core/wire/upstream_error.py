"""A provider's error → the client's own envelope, status and headers, so that its SDK raises the right exception."""

from collections.abc import Mapping

import orjson

from router_core.text import printable
from router_core.wire.codec import codec
from router_core.wire.errors import ErrorAnswer
from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject, WireFault

_KEPT = ("retry-after", "retry-after-ms", "x-should-retry")
_TEXT_LIMIT = 2000


def translated_error(
    provider: FormatName, client: FormatName, status: int, body: bytes, headers: Mapping[str, str]
) -> ErrorAnswer:
    """What the client gets for a provider's error answer.

    Args:
        body: decompressed.
        headers: the provider's, names in lower case.
    """
    parsed = _parsed(body)
    text = printable(body[:_TEXT_LIMIT].decode("utf-8", "replace"), _TEXT_LIMIT)
    fault = codec(provider).decode_error(status, parsed, text)
    kept = [(name, headers[name]) for name in _KEPT if name in headers]
    return fault_answer(client, fault, kept)


def has_envelope(body: bytes) -> bool:
    """The error stands under `error`, where every vendor's SDK looks for it; the Codex backend's `{"detail": …}` and
    some services' flat objects would leave their users with a bare status."""
    return isinstance((_parsed(body) or {}).get("error"), dict)


def _parsed(body: bytes) -> JsonObject | None:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]  # Gemini without `alt=sse`
    return parsed if isinstance(parsed, dict) else None


def fault_answer(client: FormatName, fault: WireFault, headers: list[tuple[str, str]] | None = None) -> ErrorAnswer:
    """A fault in the client's envelope."""
    status, body = codec(client).encode_error(fault)
    return ErrorAnswer(status, orjson.dumps(body), [("content-type", "application/json"), *(headers or [])])
