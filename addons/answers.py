"""Answers of the router's own, in the client's wire format."""

import logging
from typing import Any

from mitmproxy import http

from addons.flowstate import find_state
from router_core.text import printable
from router_core.wire.errors import ErrorAnswer, error_answer
from router_core.wire.format import FormatName, format_of_path
from router_core.wire.json_bytes import json_bytes

log = logging.getLogger("mitmrouter")


def respond(flow: http.HTTPFlow, answer: ErrorAnswer) -> None:
    """Put a complete answer on the flow."""
    fields = [(name.encode(), value.encode()) for name, value in answer.headers]
    flow.response = http.Response.make(answer.status, answer.body, http.Headers(fields))
    without_body_for_head(flow)


def answer_error(
    flow: http.HTTPFlow, status: int, kind: str, message: str, *, format: FormatName | None = None, param: str = ""
) -> None:
    """Refuse: one log line, an error the client understands, and a row in the trace that says so."""
    path = flow.request.path.partition("?")[0]
    log.warning("refused %s %s: %s %s: %s", flow.request.method, printable(path, 120), status, kind, printable(message))
    if (state := find_state(flow)) is not None:
        state.gave_up, state.record.error = True, printable(message)
        if not state.record.attempts:
            state.record.state = "refused"
    respond(flow, error_answer(format or format_of_path(path), status, kind, message, param=param))


def answer_json(flow: http.HTTPFlow, value: Any, status: int = 200) -> None:
    """A JSON answer that no browser page can frame, sniff or cache."""
    answer_bytes(flow, json_bytes(value), "application/json", status)


def answer_bytes(flow: http.HTTPFlow, content: bytes, media: str, status: int = 200) -> None:
    """The same for any other content."""
    flow.response = http.Response.make(status, content, own_headers(media))
    without_body_for_head(flow)


def own_headers(media: str) -> dict[str, str]:
    """What stands above each of them."""
    return {"content-type": media, "cache-control": "no-store", "x-content-type-options": "nosniff"}


def without_body_for_head(flow: http.HTTPFlow) -> None:
    """A client that asked by HEAD would take a body for the beginning of its connection's next answer."""
    if flow.request.method == "HEAD" and flow.response is not None:
        flow.response.data.content = b""  # not `content`, which would set the length to 0
