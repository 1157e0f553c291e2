"""A picture of a flow that may be shown: the same but for credentials, which are masked by name, by value and by shape.

What is shown is never the flow itself: whatever mitmweb does with it (views, exports, dumps, replay) holds no secret.
"""

from mitmproxy import flow as mflow
from mitmproxy import http

from router_core.trace.redact import Redactor
from router_core.wire.encoding import inflate

READ_LIMIT = 16 * 1024 * 1024


def masked_flow(flow: http.HTTPFlow, id_: str, redactor: Redactor) -> http.HTTPFlow:
    """A picture of the flow as it is now.

    Args:
        id_: of the picture; hexadecimal digits and `-`.
    """
    shown = http.HTTPFlow(flow.client_conn, flow.server_conn, live=False)
    shown.id, shown.timestamp_created = id_, flow.timestamp_created
    repaint(shown, flow, redactor)
    return shown


def repaint(shown: http.HTTPFlow, flow: http.HTTPFlow, redactor: Redactor) -> None:
    """Bring a picture up to date."""
    request, data = flow.request, flow.request.data
    shown.server_conn = flow.server_conn
    shown.request = http.Request(
        request.host, request.port, data.method, data.scheme, redactor.shapes(data.authority),
        redactor.shapes(data.path), data.http_version, _headers(request.headers, redactor),
        _body(request, redactor), None, data.timestamp_start, data.timestamp_end,
    )  # fmt: skip
    _as_plain(shown.request)
    if (response := flow.response) is None:
        shown.response = None
    else:
        shown.response = http.Response(
            response.data.http_version, response.status_code, redactor.shapes(response.data.reason),
            _headers(response.headers, redactor), _body(response, redactor), None, response.data.timestamp_start,
            response.data.timestamp_end,
        )  # fmt: skip
        _as_plain(shown.response)
    shown.error = mflow.Error(redactor.text(flow.error.msg), flow.error.timestamp) if flow.error else None


def _headers(headers: http.Headers, redactor: Redactor) -> http.Headers:
    return http.Headers([(k.encode("latin-1"), v.encode("latin-1")) for k, v in redactor.headers(headers.fields)])


def _body(message: http.Message, redactor: Redactor) -> bytes | None:
    """Decoded: within a compressed body nothing can be found."""
    content = message.data.content
    if not content:
        return content
    encoding = message.headers.get("content-encoding", "")
    if encoding and encoding != "identity":
        opened = inflate(content, encoding, READ_LIMIT)
        content = f"(cannot be read: {encoding})".encode() if opened is None else opened
    return redactor.shapes(content)


def _as_plain(message: http.Message) -> None:
    message.headers.pop("content-encoding", None)
