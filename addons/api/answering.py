"""From a request to the answer of its endpoint: found, validated, called, written."""

import sqlite3
from typing import Any

from mitmproxy import http
from pydantic import BaseModel

from addons.answers import answer_bytes, answer_error, answer_json, own_headers
from addons.api.endpoint import JSON, Answer, Endpoint, NoQuestion
from addons.api.table import Table
from addons.api.validation import read_body, read_headers, read_query
from addons.header_map import header_map
from addons.live_answer import answer_live
from router_core.elsewhere import elsewhere
from router_core.errors import Refused
from router_core.text import printable


class Answering:
    """Answers what the table knows; the guard has checked who asks."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def answer(self, flow: http.HTTPFlow) -> None:
        """Put an answer on the flow.

        Raises:
            RouterError: what is asked for cannot be done; the message says why.
        """
        path, _, query = flow.request.path.partition("?")
        method = flow.request.method
        match = self._table.find(method, path)
        if match is None:
            answer_error(flow, 404, "not_found", elsewhere(path) or f"There is no {method} {printable(path)} here.")
        elif method == "OPTIONS":
            flow.response = http.Response.make(204, b"", {"allow": ", ".join(match.allowed)})
        elif match.endpoint is None:
            allowed = ", ".join(match.allowed)
            said = f"{printable(path)} takes no {printable(method, 40)}, but {allowed}."
            answer_error(flow, 405, "method_not_allowed", said)
            if flow.response is not None:
                flow.response.headers["allow"] = allowed
        else:
            arguments = match.arguments | _asked(match.endpoint, flow, query)
            _write(flow, match.endpoint, await _told(match.endpoint, arguments))


async def _told(endpoint: Endpoint, arguments: dict[str, Any]) -> BaseModel | Answer:
    try:
        return await endpoint.handle(**arguments)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise Refused(503, "busy", "Another program is writing to the database. Try again in a moment.") from error
        raise


def _asked(endpoint: Endpoint, flow: http.HTTPFlow, query: str) -> dict[str, Any]:
    """The keyword arguments beside those of the path."""
    asked: dict[str, Any] = {}
    found = read_query(endpoint.query or NoQuestion, query)
    if endpoint.query is not None:
        asked["query"] = found
    if endpoint.body is not None:
        content = flow.request.raw_content or b""
        if len(content) > endpoint.most_bytes:
            raise Refused(413, "request_too_large", f"The body has more than {endpoint.most_bytes} bytes.")
        asked["body"] = read_body(endpoint.body, content)
    if endpoint.headers is not None:
        asked["headers"] = read_headers(endpoint.headers, header_map(flow.request.headers))
    return asked


def _write(flow: http.HTTPFlow, endpoint: Endpoint, told: BaseModel | Answer) -> None:
    """Put what an endpoint has told on the flow."""
    if isinstance(told, BaseModel):
        told = Answer(told.model_dump(mode="json"))
    if told.pieces is not None:
        answer_live(flow, told.pieces, {**own_headers(told.media), **told.headers})
        return
    status = told.status or endpoint.status
    if told.media == JSON and not isinstance(told.value, bytes | str):
        answer_json(flow, told.value, status)
    else:
        content = told.value.encode() if isinstance(told.value, str) else told.value or b""
        answer_bytes(flow, content, told.media, status)
    if flow.response is not None:
        for name, value in told.headers.items():
            flow.response.headers[name] = value
