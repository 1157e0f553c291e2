"""What goes back to a client holds no secret of the owner's: a provider's error may repeat the credential that it was
sent, in its body, in a header, in an address it redirects to.

The content of an answer is the model's and passes as it is: it may well be about the client's own keys.
"""

import re

from mitmproxy import http

from router_core.trace.redact import MASK, Redactor
from router_core.wire.encoding import inflate

READ_LIMIT = 4 * 1024 * 1024
_ERROR = re.compile(rb'event: ?error|"error" ?: ?[{"]|"type" ?: ?"error"|response\.failed')
MARK_BYTES = 20
LEAST_PREFIX = 4


def mask_headers(response: http.Response, redactor: Redactor) -> None:
    """In place."""
    fields = response.headers.fields
    together = b"\n".join(value for _, value in fields)
    if redactor.values(together) is not together:
        response.headers = http.Headers([(name, redactor.values(value)) for name, value in fields])


def mask_response(response: http.Response, redactor: Redactor) -> None:
    """A complete answer that is no model's: an error, a redirect, one of our own."""
    mask_headers(response, redactor)
    content = response.data.content
    if not content:
        return
    encoding = response.headers.get("content-encoding", "")
    opened = inflate(content, encoding, READ_LIMIT) if encoding and encoding != "identity" else content
    if opened is None:
        return
    masked = redactor.values(opened)
    if masked is opened:
        return
    response.data.content = masked
    response.headers.pop("content-encoding", None)
    if "content-length" in response.headers:
        response.headers["content-length"] = str(len(masked))


class StreamMask:
    """For a stream under way: an error event after content is masked, all else passes byte for byte.

    Args:
        secret: what the provider was sent; a chunk may end in the middle of it.
    """

    def __init__(self, redactor: Redactor, secret: str) -> None:
        self._redactor = redactor
        self._secret = secret.encode()
        self._held = b""
        self._before = b""
        """The end of the last chunk, if it ended within a line: a mark may be cut in two."""
        self._in_error = False

    def feed(self, data: bytes, *, failed: bool) -> bytes:
        """The bytes to send now.

        Args:
            failed: an error event has been seen, and read to its end.
        """
        if not self._in_error:
            self._in_error = failed or self._begins_error(data)
            if not self._in_error:
                return data  # nearly always
        data, self._held = self._held + data, b""
        data = self._redactor.values(data)
        if cut := self._begun(data):
            data, self._held = data[:-cut], data[-cut:]
        return data

    def _begins_error(self, data: bytes) -> bool:
        """Within the content of an answer the marks' quotes are escaped."""
        if self._before:
            data = self._before + data
        self._before = b"" if data.endswith(b"\n") else data[-MARK_BYTES:]
        return (b"error" in data or b"failed" in data) and _ERROR.search(data) is not None

    def close(self) -> bytes:
        """What was held back: a beginning that did not go on."""
        held, self._held = self._held, b""
        return MASK.encode() if len(held) >= LEAST_PREFIX else held

    def _begun(self, data: bytes) -> int:
        """So many bytes at the end may be the beginning of the secret."""
        if not data or data[-1] not in self._secret:
            return 0  # nearly always: chunks end with a line end
        most = min(len(self._secret) - 1, len(data))
        return next((n for n in range(most, 0, -1) if data.endswith(self._secret[:n])), 0)
