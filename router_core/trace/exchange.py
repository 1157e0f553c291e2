"""A traced request, and each of its attempts, as one exchange over HTTP: what export formats are made of.

Everything is as it is kept: redacted, headers of clients not at all, bodies decoded and perhaps only their beginning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from router_core.trace.words import target_text

type Row = Mapping[str, Any]
type Headers = tuple[tuple[str, str], ...]

_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection"})
"""Headers that say how a body went over the wire; it is kept as it was meant."""


@dataclass(frozen=True, slots=True)
class Message:
    """One body with its headers."""

    headers: Headers
    content: bytes | None
    """None: not kept, or there was none."""
    size: int
    """In bytes, on the wire; -1: not known."""
    truncated: bool = False

    @property
    def content_type(self) -> str:
        return next((value for name, value in self.headers if name.lower() == "content-type"), "")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. Times are epoch milliseconds and milliseconds."""

    id: str
    method: str
    url: str
    started_at: int
    request: Message
    status: int
    """0: there was no answer."""
    response: Message
    first_byte_ms: int | None
    total_ms: int | None
    comment: str
    facts: Mapping[str, Any]
    """What else is known: token, cost, reasons … (JSON values)."""


def of_client(row: Row, bodies: Sequence[Row], base_url: str) -> Exchange:
    """As the client saw it.

    Args:
        row: of `requests`. bodies: of `bodies`, decompressed. base_url: of the router.
    """
    kept = {body["kind"]: body for body in bodies}
    sent = [("user-agent", row["user_agent"])] if row["user_agent"] else []
    to = target_text(row["provider"], row["model"])
    return Exchange(
        row["id"], _method(row["method"]), base_url.rstrip("/") + row["path"], row["started_at"],
        _message(kept.get("request"), sent), row["status"] or 0, _message(kept.get("response"), []), row["ttft_ms"],
        row["total_ms"], f"{row['state']}: {to or 'nowhere'}" + (f", token {row['token']}" if row["token"] else ""),
        _facts(row, ("client", "session", "project", "provider", "model", "token", "because", "state", "stop_reason",
                     "error", "cost_nano_usd", "billing")),
    )  # fmt: skip


def of_attempts(row: Row, attempts: Sequence[Row], bodies: Sequence[Row]) -> list[Exchange]:
    """As the providers saw it: one for each attempt, in order."""
    kept = {body["kind"]: body for body in bodies}
    found = []
    for attempt in attempts:
        number = attempt["number"]
        last = attempt is attempts[-1]
        sent = kept.get(f"attempt-{number}-request") or (kept.get("upstream-request") if last else None)
        got = kept.get(f"attempt-{number}")
        if last and got is None:
            got = kept.get("upstream-response") or kept.get("response")
        if sent is None and not row["upstream_format"]:
            sent = kept.get("request")  # as it came
        found.append(
            Exchange(
                f"{row['id']}-{number}", _method(row["method"]), attempt["url"],
                attempt["started_at"], _message(sent, attempt["request_headers"]),
                attempt["status"] or 0, _message(got, attempt["response_headers"]), attempt["first_byte_ms"],
                attempt["total_ms"], f"attempt {number} of {row['id']}: {attempt['outcome'] or 'running'}",
                _facts(attempt, ("provider", "model", "token", "because", "outcome", "action", "reason",
                                 "cost_nano_usd", "billing")),
            )
        )  # fmt: skip
    return found


def place_of(url: str) -> tuple[str, str, int, str]:
    """(scheme, host, port, path with query) of an address."""
    parts = urlsplit(url)
    scheme = parts.scheme or "http"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return scheme, parts.hostname or "", parts.port or (443 if scheme == "https" else 80), path


def phrase_of(status: int) -> str:
    """`Too Many Requests`; "" for a number that is none of HTTP's."""
    return HTTPStatus(status).phrase if status in {each.value for each in HTTPStatus} else ""


def _method(method: str) -> str:
    """A turn over WebSocket is shown as the request that says the same."""
    return "POST" if method == "WS" else method


def _message(body: Row | None, headers: Sequence[Sequence[str]]) -> Message:
    said = [(name, value) for name, value in headers if name.lower() not in _OF_THE_WIRE]
    if body is None:
        return Message(tuple(said), None, -1)
    if body["content_type"] and not any(name.lower() == "content-type" for name, _ in said):
        said.append(("content-type", body["content_type"]))
    return Message(tuple(said), bytes(body["content"]), body["size"], bool(body["truncated"]))


def _facts(row: Row, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names if row.get(name) not in (None, "")}
