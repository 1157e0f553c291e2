"""The loopback address that a browser is sent back to at the end of a login.

It listens on 127.0.0.1 for one answer with the right state. Whatever else comes, from a page that guesses or from a
program that tries, is refused and changes nothing. What came is never logged: it holds the code.
"""

import threading
from collections.abc import Sequence
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs

from router_core.oauth.token_set import LoginFailed

ADDRESS = "127.0.0.1"
SILENT_S = 5.0
"""A connection that sends nothing for so long is closed: browsers open some in advance."""
LONGEST_QUERY = 16 * 1024

_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>mitmrouter</title></head>'
    "<body><h1>{title}</h1><p>{text}</p></body></html>"
)
_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Connection", "close"),
)


class CallbackListener:
    """Waits for the browser; a context manager, whose end closes the port whatever happened.

    Args:
        host: as the redirect address names it, `localhost` or `127.0.0.1`.
        ports: tried in this order; 0 is any free one.
        state: what the answer must carry.
    """

    def __init__(self, host: str, ports: Sequence[int], path: str, state: str) -> None:
        self._host, self._ports, self._path, self._state = host, ports, path, state
        self._server: ThreadingHTTPServer | None = None
        self._came = threading.Event()
        self._query = ""
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Raises LoginFailed when every port is taken."""
        listener = self

        class Handler(_Handler):
            @property
            def owner(self) -> CallbackListener:
                return listener

        for port in self._ports:
            try:
                self._server = _Server((ADDRESS, port), Handler)
                break
            except OSError:
                continue
        if self._server is None:
            taken = " and ".join(str(port) for port in self._ports)
            raise LoginFailed(
                f"Port {taken} is taken, and the provider sends browsers back to no other one: another login may be "
                "under way. End it, or log in with --paste."
            )
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="login-callback", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def redirect_uri(self) -> str:
        """What the authorization server is told."""
        return f"http://{self._host}:{self._port}{self._path}"

    @property
    def _port(self) -> int:
        return 0 if self._server is None else self._server.server_port

    def wait(self, seconds: float) -> str | None:
        """The query that the browser came with; None when it has not come within so many seconds."""
        return self._query if self._came.wait(seconds) else None

    def judge(self, method: str, target: str, host: str) -> tuple[int, str, str]:
        """What a request is answered with: status, title, text. The one that is waited for is kept."""
        if host not in (f"localhost:{self._port}", f"{ADDRESS}:{self._port}"):
            return 421, "Not here", "This address serves one login of this machine."
        if method != "GET":
            return 405, "Not so", "This address takes the end of a login only."
        path, _, query = target.partition("?")
        if path != self._path:
            return 404, "Nothing here", "This address takes the end of a login only."
        fields = parse_qs(query) if len(query) <= LONGEST_QUERY else {}
        if fields.get("state") != [self._state]:
            return 400, "Another login", "This answer belongs to another login, which is not waiting here. Begin again."
        if not ({"code", "error"} & set(fields)):
            return 400, "No code", "This answer holds no code. Begin again."
        with self._lock:
            if self._query:
                return 410, "Already used", "This login has had its answer. Look at the terminal."
            self._query = query
        if error := fields.get("error"):
            why = (fields.get("error_description") or error)[0]
            return 400, "The login was not completed", f"The provider said: {why[:300]}. Look at the terminal."
        return 200, "That was it here", "You may close this page: the rest is done in the terminal."

    def answered(self, target: str) -> None:
        """The browser has its page; only now may the port be closed."""
        if self._query and target.partition("?")[2] == self._query:
            self._came.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def server_bind(self) -> None:
        """Without the name of this host, which the library's own asks the network for."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.socket.getsockname()[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away is nothing to print."""


class _Handler(BaseHTTPRequestHandler):
    timeout = SILENT_S
    server_version, sys_version = "mitmrouter", ""

    @property
    def owner(self) -> CallbackListener:
        raise NotImplementedError

    def do_GET(self) -> None:
        status, title, text = self.owner.judge(self.command, self.path, self.headers.get("Host", ""))
        try:
            self._show(status, _PAGE.format(title=escape(title), text=escape(text)).encode())
        finally:
            self.owner.answered(self.path)

    def _show(self, status: int, page: bytes) -> None:
        self.send_response(status)
        for name, value in (*_HEADERS, ("Content-Length", str(len(page)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)
        self.close_connection = True

    do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the address holds the code."""
