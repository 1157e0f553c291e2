"""Answers of the router's own, in the client's wire format."""

import logging

from mitmproxy import http

from router_core.text import printable
from router_core.wire.errors import ErrorAnswer, error_answer
from router_core.wire.format import FormatName, format_of_path

log = logging.getLogger("mitmrouter")


def respond(flow: http.HTTPFlow, answer: ErrorAnswer) -> None:
    """Put a complete answer on the flow."""
    fields = [(name.encode(), value.encode()) for name, value in answer.headers]
    flow.response = http.Response.make(answer.status, answer.body, http.Headers(fields))


def answer_error(
    flow: http.HTTPFlow, status: int, kind: str, message: str, *, format: FormatName | None = None, param: str = ""
) -> None:
    """Refuse: one log line, and an error the client understands."""
    path = flow.request.path.partition("?")[0]
    log.warning("refused %s %s: %s %s: %s", flow.request.method, printable(path, 120), status, kind, printable(message))
    respond(flow, error_answer(format or format_of_path(path), status, kind, message, param=param))


def answer_json(flow: http.HTTPFlow, body: bytes, status: int = 200) -> None:
    """A JSON answer that no browser page can frame, sniff or cache."""
    headers = {"content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff"}
    flow.response = http.Response.make(status, body, headers)
