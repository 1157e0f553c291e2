"""A stand-in for the running router: `/health` and the part of the admin API that the TUI uses, over a real socket."""

import contextlib
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from router_core.config.schema import Config
from router_core.config.text import read_text, write_text
from router_core.errors import ConfigError
from router_core.home import Home
from router_core.routing.lock import LockFile, lock_of
from router_core.running import Running, announce, withdraw
from router_core.store.tokens import TokenStore

TARGETS = [
    "claude/claude-opus-4-5",
    "claude/claude-sonnet-4-5",
    "claude/claude-haiku-4-5",
    "codex/gpt-5.2-codex",
    "codex/gpt-5.2",
]

_USAGE = {"input_tokens": 12, "output_tokens": 842, "cache_read_tokens": 48_200, "cache_write_tokens": 1930}
REPLAYED: dict[str, Any] = {
    "before": {
        "id": "1", "status": 200, "state": "ok", "provider": "claude", "model": "claude-opus-4-5", "token": "max-anna",
        "stop_reason": "end_turn", "ttft_ms": 1620, "total_ms": 7312, "usage": _USAGE, "cost_nano_usd": 57_272_500,
        "text": "The failing test expects UTC.\nSet TZ.", "unread": "",
    },
    "after": {
        "id": "2", "status": 200, "state": "ok", "provider": "codex", "model": "gpt-5.2", "token": "plus-anna",
        "stop_reason": "completed", "ttft_ms": 820, "total_ms": 9312, "cost_nano_usd": None, "unread": "",
        "text": "The failing test expects UTC.\nUse a fixed clock.",
        "usage": {"input_tokens": 50_000, "output_tokens": 942},
    },
    "compared": {
        "same_text": False, "reasons": [], "ttft_ms": -800, "total_ms": 2000, "output_tokens": 100,
        "cost_nano_usd": None,
        "changed": [[" ", "The failing test expects UTC."], ["-", "Set TZ."], ["+", "Use a fixed clock."]],
    },
}  # fmt: skip


class FakeRouter:
    """Announces itself while it runs; remembers every admin call; stores changes as the router would."""

    def __init__(self, home: Home, tokens: TokenStore) -> None:
        self.home = home
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.refuse_with = ""
        self.replayed_as = ""
        """Id of the request that a replay has made."""
        self.budgets: list[dict[str, Any]] = []
        self.test_answer: dict[str, Any] = {"ok": True, "detail": "200, claude-haiku-4-5 answered in 412 ms"}
        self.may_answer = threading.Event()
        """Clear it, and token tests hang until it is set."""
        self.may_answer.set()
        self._tokens = tokens
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        announce(self.home, Running(os.getpid(), "127.0.0.1", self._server.server_address[1], "0"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        withdraw(self.home, os.getpid())

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if path == "/api/spend":  # asked for all the time: no call of a key
            return 200, {"today": {}, "budgets": self.budgets}
        if path.startswith("/api/config/text") and method == "GET":
            return self._config()
        if (method, path) == ("GET", "/api/tokens"):  # asked again and again
            return 200, {"tokens": [{"id": token.id, "in_flight": 0} for token in self._tokens.all()]}
        self.calls.append((method, path, body))
        if self.refuse_with:
            return 400, {"error": {"message": self.refuse_with}}
        if path == "/api/config/text":
            try:
                write_text(self.home.config, body["text"], body["version"])
            except ConfigError as error:
                return error.status, {"error": {"message": error.message}}
            return self._config()
        if path.startswith("/api/usage"):
            views = [{"name": "max-anna", "not_polled": ""}, {"name": "max-ben", "not_polled": "asked 1m ago"}]
            return 200, {"tokens": views}
        if path == "/api/targets":
            return 200, {"providers": ["claude", "codex"], "models": TARGETS}
        if path.endswith("/replay"):
            self.may_answer.wait(5)
            return 200, REPLAYED | {"after": REPLAYED["after"] | {"id": self.replayed_as}}
        if path == "/api/lock":
            file, target = LockFile(self.home.model_lock), body["target"]
            if target is None:
                file.release()
            else:
                file.set(lock_of(target, Config(), time.time()))
            return 200, {"target": target, "since_ms": None}
        name = unquote(path.removeprefix("/api/tokens/").removesuffix("/test"))
        if method == "POST":
            self.may_answer.wait(5)
            return 200, self.test_answer
        token = self._tokens.named(name)
        with self._tokens.database.conn as connection:
            for column, value in body.items():
                connection.execute(f"update tokens set {column} = ? where id = ?", (value, token.id))
        return 200, {"name": name}

    def _config(self) -> tuple[int, dict[str, Any]]:
        read = read_text(self.home.config, hidden=True)
        return 200, {"text": read.text, "version": read.version, "hidden": read.hidden}


def _handler_for(router: FakeRouter) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            content = self.rfile.read(length)
            if self.path == "/health":
                self._send(200, {"ok": True})
            elif self.headers.get("authorization") != f"Bearer {router.home.admin_token()}":
                self._send(401, {"error": {"message": "no admin token"}})
            elif self.headers.get("content-type") != "application/json":
                self._send(415, {"error": {"message": "application/json only"}})
            else:
                self._send(*router.answer(self.command, self.path, json.loads(content)))

        do_GET = do_PATCH = do_POST = do_PUT = do_DELETE = _answer

        def _send(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):  # the app may have been closed meanwhile
                self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
