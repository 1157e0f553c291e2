"""A provider that repeats the credential it was sent, in every way that one could think of."""

import base64
import contextlib
import gzip
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

MESSAGE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
    "content": [{"type": "text", "text": "Hello."}], "usage": {"input_tokens": 3, "output_tokens": 2},
}  # fmt: skip


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


BEGIN = event("message_start", message={**MESSAGE, "content": [], "stop_reason": None})
CONTENT = event("content_block_start", index=0, content_block={"type": "text", "text": ""}) + event(
    "content_block_delta", index=0, delta={"type": "text_delta", "text": "Hello."}
)


class EchoProvider:
    """What to do is the model's name; see `_Handler.answers`."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        """Request lines, headers and bodies."""
        self.renewals: dict[str, dict[str, Any]] = {}
        """Refresh token, or code of a login → the new set; any other is refused."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.echo = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("content-length", "0"))))

    def _serve(self, body: bytes) -> None:
        self.server.echo.seen.append(f"{self.requestline}\n{self.headers}\n".encode() + body)  # type: ignore[attr-defined]
        given = self.headers.get("authorization", "").removeprefix("Bearer ")
        given = given or self.headers.get("x-api-key", "") or self.headers.get("x-goog-api-key", "")
        try:
            how = str(json.loads(body)["model"]).rpartition("/")[2]
        except (ValueError, KeyError, TypeError):
            how = "error_body"
        if self.path.endswith("/oauth/token"):
            asked = json.loads(body)
            self._renew(str(asked.get("refresh_token") or asked.get("code")))
            return
        team = self.headers.get("x-team-token", "")
        getattr(self, how, self.error_body)(given, all_forms(given) + (all_forms(team) if team else ""))

    def _renew(self, refresh_token: str) -> None:
        """As an authorization server."""
        if new := self.server.echo.renewals.get(refresh_token):  # type: ignore[attr-defined]
            self._send(200, json.dumps(new).encode())
        else:
            said = {"error": "invalid_grant", "error_description": all_forms(refresh_token)}
            self._send(400, json.dumps(said).encode(), x_echo=refresh_token)

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content_type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, *pieces: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
            time.sleep(0.05)
        self.wfile.write(b"0\r\n\r\n")

    # ---- the answers ------------------------------------------------------------------------------------------------

    def error_body(self, given: str, forms: str) -> None:
        self._send(400, _error(forms))

    def error_401(self, given: str, forms: str) -> None:
        self._send(401, _error(forms, "authentication_error"))

    def error_429(self, given: str, forms: str) -> None:
        self._send(429, _error(forms, "rate_limit_error"), retry_after="1")

    def error_gzip(self, given: str, forms: str) -> None:
        self._send(400, gzip.compress(_error(forms)), content_encoding="gzip")

    def error_html(self, given: str, forms: str) -> None:
        self._send(500, f"<html>{forms}</html>".encode(), content_type="text/html")

    def error_header(self, given: str, forms: str) -> None:
        self._send(400, _error("see header"), x_echo=given, www_authenticate=f"Bearer error={quote(given, safe='')}")

    def redirect(self, given: str, forms: str) -> None:
        self._send(302, forms.encode(), location=f"https://elsewhere.example/?key={quote(given, safe='')}")

    def ok_header(self, given: str, forms: str) -> None:
        self._send(200, json.dumps(MESSAGE).encode(), x_echo=given, set_cookie=f"session={given}")

    def stream_error_first(self, given: str, forms: str) -> None:
        self._stream(BEGIN, b"event: error\ndata: " + _error(forms) + b"\n\n")

    def stream_error_late(self, given: str, forms: str) -> None:
        error = b"event: error\ndata: " + _error(forms) + b"\n\n"
        cut = error.index(given.encode()) + len(given) // 2
        self._stream(BEGIN, CONTENT, error[:cut], error[cut:])


def _error(message: str, kind: str = "invalid_request_error") -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message, "code": kind}}).encode()


def all_forms(given: str) -> str:
    """A sentence that names it in every encoding."""
    basic = base64.b64encode(f"user:{given}".encode()).decode()
    return (
        f"bad key {given}, Basic {basic}, ?key={quote(given, safe='')}, {json.dumps({'key': given})}, cut {given[:40]}"
    )


@contextlib.contextmanager
def echo_provider() -> Iterator[EchoProvider]:
    provider = EchoProvider()
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()
