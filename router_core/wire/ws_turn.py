"""Responses over a WebSocket, in terms of Responses over HTTP: the same turn, other wrapping.

A `response.create` message is the body of a POST with a few fields of its own; the answer's messages are the `data` of
an event stream; an error message is an HTTP error answer with its status inside. The router's machinery (routing,
failover, translation, traces) knows HTTP only, so both edges speak WebSocket through this file.

Source: Codex's own client and the platform's WebSocket guide, read 2026-11-20.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from router_core.errors import WireError
from router_core.wire.model import JsonObject

RATE_LIMITS = "codex.rate_limits"
PREAMBLE = frozenset({RATE_LIMITS, "codex.response.metadata"})
"""What may come before a turn is accepted or refused; the windows in it are told in headers over HTTP."""
ENDS = frozenset({"response.completed", "response.done", "response.incomplete", "response.failed", "error"})
_END_MARKS = (*(f'"{kind}"' for kind in sorted(ENDS)),)
SOCKET_FIELDS = ("generate", "previous_response_id", "stream_id")
"""Fields of `response.create` that mean something on a WebSocket only, or only to the socket that knows the id."""
GONE = frozenset({"websocket_connection_limit_reached"})
"""Errors about the connection: the same request on a new one is fine."""
_TOLD = ("x-codex-", "x-ratelimit-", "retry-after")
"""Headers of an error answer that say something about quota."""
_WINDOW_FIELDS = ("used_percent", "window_minutes", "reset_at", "reset_after_seconds")


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """What a client sent.

    Args:
        kind: `response.create`, or another that only the provider may understand (`response.processed`).
        fields: without `type`.
    """

    kind: str
    fields: JsonObject

    def http_body(self) -> bytes:
        """The body of the POST that says the same; turns on a socket are always streamed."""
        return orjson.dumps({**self.fields, "stream": True})


def read_client_message(text: str) -> ClientMessage:
    """Understand one message of a client.

    Raises:
        WireError: 400, it is no JSON object with a `type`.
    """
    try:
        value: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise WireError(f"The message is not JSON: {error}") from error
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or not kind:
        raise WireError("A message is a JSON object with a `type`.", "type")
    return ClientMessage(kind, {name: field for name, field in value.items() if name != "type"})


def create_message(body: bytes) -> str:
    """A `response.create` out of the body of a POST."""
    return orjson.dumps({"type": "response.create", **orjson.loads(body)}).decode()


def error_message(status: int, body: bytes, headers: Mapping[str, str]) -> str:
    """An HTTP error answer as a message.

    Args:
        body: `{"error": …}` or `{"detail": …}`; anything else is told as text.
        headers: names in lower case; those about quota go along.
    """
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        detail = value.get("detail") if isinstance(value, dict) else None
        text = detail if isinstance(detail, str) else body[:1000].decode("utf-8", "replace") or f"HTTP {status}"
        error = {"type": "invalid_request_error" if status < 500 else "server_error", "code": None, "message": text}
    told = {name: text for name, text in headers.items() if name.startswith(_TOLD)}
    message: JsonObject = {"type": "error", "status": status, "error": error}
    return orjson.dumps(message | ({"headers": told} if told else {})).decode()


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error message that came before anything of the answer, as the HTTP answer that it stands for."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    code: str


def refusal_of(event: JsonObject) -> Refusal | None:
    """The refusal in an `error` message; None when it names no status (then it is an event like others)."""
    if event.get("type") != "error":
        return None
    status = event.get("status", event.get("status_code"))
    if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
        return None
    error = event.get("error")
    told = event.get("headers")
    headers = [(str(name).lower(), value) for name, value in told.items()] if isinstance(told, dict) else []
    kept = [(name, str(value)) for name, value in headers if _sendable(name, value)]
    fields = error if isinstance(error, dict) else {"message": str(error or event.get("message") or f"status {status}")}
    code = fields.get("code") or fields.get("type")
    return Refusal(status, kept, orjson.dumps({"error": fields}), code if isinstance(code, str) else "")


def _sendable(name: str, value: Any) -> bool:
    """Only what is read here, and could be a header: the rest of it comes from elsewhere than HTTP."""
    if not name.startswith(("x-", "retry-after", "openai-")) or not name.replace("-", "").isalnum():
        return False
    return isinstance(value, str | int | float) and str(value).isprintable() and str(value).isascii()


def rate_limits_in(record: bytes) -> list[tuple[str, str]]:
    """What a `codex.rate_limits` event tells, as headers; nothing when it is another event."""
    event = event_of(record.decode("utf-8", "replace"))
    return window_headers(event) if event is not None and event["type"] == RATE_LIMITS else []


def window_headers(event: JsonObject) -> list[tuple[str, str]]:
    """The windows, credits and plan of a `codex.rate_limits` message as the headers that tell them over HTTP."""
    limits = event.get("rate_limits")
    name = event.get("metered_limit_name") or event.get("limit_name")
    family = f"{name}-" if isinstance(name, str) and name.isalnum() and name != "codex" else ""
    found: list[tuple[str, str]] = []
    for slot in ("primary", "secondary"):
        window = limits.get(slot) if isinstance(limits, dict) else None
        for field in _WINDOW_FIELDS:
            value = window.get(field) if isinstance(window, dict) else None
            if isinstance(value, int | float) and not isinstance(value, bool):
                found.append(
                    (
                        f"x-codex-{family}{slot}-{field.replace('_', '-')}",
                        f"{value:g}" if value < 1e6 else f"{value:.0f}",
                    )
                )
    credits = event.get("credits")
    for field in ("has_credits", "unlimited", "balance"):
        value = credits.get(field) if isinstance(credits, dict) else None
        if isinstance(value, bool | int | float | str) and str(value).isascii() and str(value).isprintable():
            found.append((f"x-codex-credits-{field.replace('_', '-')}", str(value).lower()))
    plan = event.get("plan_type")
    if isinstance(plan, str) and plan.isascii() and plan.isprintable():
        found.append(("x-codex-plan-type", plan))
    return found


def event_of(text: str) -> JsonObject | None:
    """A provider's message, when it is an event at all."""
    try:
        value: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) and isinstance(value.get("type"), str) else None


def may_end(text: str) -> bool:
    """False for nearly all messages of an answer; those need not be parsed."""
    return any(mark in text for mark in _END_MARKS)


def as_record(text: str) -> bytes:
    """A message as a record of an event stream. Inside JSON a line break can only be white space."""
    if "\n" in text or "\r" in text:
        text = text.replace("\r", " ").replace("\n", " ")
    return f"data: {text}\n\n".encode("utf-8", "surrogatepass")


def warm_up_events(response_id: str, model: str, now: float) -> Sequence[JsonObject]:
    """The answer to `generate: false` where the provider is not asked: the prompt is kept, nothing is said."""
    response = {"id": response_id, "object": "response", "created_at": int(now), "model": model, "output": []}
    usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    kinds: tuple[tuple[Literal["in_progress", "completed"], JsonObject | None], ...] = (
        ("in_progress", None),
        ("completed", usage),
    )
    return [
        {
            "type": "response.created" if status == "in_progress" else "response.completed",
            "sequence_number": number,
            "response": {**response, "status": status, "usage": counted},
        }
        for number, (status, counted) in enumerate(kinds)
    ]
