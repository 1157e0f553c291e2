"""A real router: mitmdump with addons/router.py as a process of its own, on free ports, with a home of its own."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlite_utils import Database

from router_core.clock import SystemClock
from router_core.home import Home
from router_core.oauth.lock import FOLDER_VARIABLE
from router_core.store.database import open_read_only
from router_core.store.tokens import TokenStore, open_tokens, view_tokens
from router_core.tokens.token import Token

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 15.0


QUIET = {"MITMROUTER__NOTIFY__DESKTOP": "false"}
"""No test speaks on the desktop of whoever runs it."""
PORTS = range(12_000, 32_000)
"""Below those that systems give out by themselves: one of them may be somebody's connection a moment later."""


def free_port() -> int:
    """A loopback port that was free a moment ago, and that nobody gets by chance."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


def wait_until(condition: Any, timeout_s: float = 5.0, every_s: float = 0.02) -> Any:
    """The first true value of `condition()`; fails loudly when it stays false."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(every_s)
    raise AssertionError(f"not true within {timeout_s} s: {condition}")


def mitmdump(name: str = "mitmdump") -> str:
    return str(Path(sys.executable).with_name(name))


@dataclass
class Router:
    """One running router."""

    home: Home
    port: int
    process: subprocess.Popen[bytes]
    env: dict[str, str] = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def client_headers(self) -> dict[str, str]:
        """The gateway token, as an Anthropic client presents it."""
        return {"x-api-key": self.home.gateway_token(), "anthropic-version": "2023-06-01"}

    @property
    def admin_headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.home.admin_token()}"}

    def http(self, **options: Any) -> httpx.Client:
        """A client with the gateway token; nothing of the machine's proxy settings."""
        headers = {**self.client_headers, **options.pop("headers", {})}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=20, **options)

    def traces(self) -> Database:
        return open_read_only(self.home.traces_db)

    def requests(self) -> list[dict[str, Any]]:
        """Trace rows, oldest first."""
        return list(self.traces().query("select * from requests order by id"))

    def finished(self, count: int) -> list[dict[str, Any]]:
        """Trace rows, once `count` of them are finished and written."""
        rows: list[dict[str, Any]] = wait_until(
            lambda: (found := [r for r in self.requests() if r["finished_at"]]) and len(found) >= count and found
        )
        return rows

    def attempts(self, request_id: str) -> list[dict[str, Any]]:
        query = "select * from attempts where request_id = ? order by number"
        return list(self.traces().query(query, [request_id]))

    def tokens(self) -> dict[str, Token]:
        """The tokens as tokens.db has them, by name (without secrets)."""
        return {token.name: token for token in view_tokens(self.home, SystemClock()).all()}

    def store(self) -> TokenStore:
        return open_tokens(self.home, SystemClock())

    def log(self) -> str:
        return self.home.log.read_text(encoding="utf-8") if self.home.log.exists() else ""

    def kill(self) -> None:
        """As a crash would: no chance to write anything."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()


def start_router(
    home: Home, base_urls: Mapping[str, str], *, port: int | None = None, env: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (), program: str = "mitmdump",
) -> Router:  # fmt: skip
    """Start one and wait until it is healthy.

    Args:
        base_urls: provider name → base URL (the simulator's `base_urls`).
        env: more environment, e.g. `MITMROUTER__TIMEOUTS__IDLE_S`.
        program: `mitmweb`: then with `arguments` that it wants.
    """
    port = port or free_port()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MITMROUTER", "HTTP", "http"))}
    locks = {name: os.environ[name] for name in (FOLDER_VARIABLE,) if name in os.environ}
    environment = {**kept, **locks, "MITMROUTER_HOME": str(home.path), "PYTHONUNBUFFERED": "1", **QUIET, **(env or {})}
    for name, url in base_urls.items():
        environment[f"MITMROUTER__PROVIDERS__{name.upper()}__BASE_URL"] = url
    command = [
        mitmdump(program), "-s", str(ROOT / "addons" / "router.py"),
        "--mode", f"reverse:http://router.invalid@127.0.0.1:{port}", "--set", "connection_strategy=lazy",
        "--set", f"confdir={home.path / 'mitmproxy'}", *arguments,
    ]  # fmt: skip
    output = (home.path / "mitmdump.out").open("wb")
    process = subprocess.Popen(
        command, env=environment, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    output.close()
    router = Router(home, port, process, environment)
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{router.url}/health", trust_env=False).status_code == 200:
                return router
        time.sleep(0.02)
    router.stop()
    raise AssertionError("the router did not start:\n" + (home.path / "mitmdump.out").read_text())


@contextlib.contextmanager
def running_router(home: Home, base_urls: Mapping[str, str], **options: Any) -> Iterator[Router]:
    """`start_router`, stopped at the end."""
    router = start_router(home, base_urls, **options)
    try:
        yield router
    finally:
        router.stop()


def add_token(home: Home, name: str, provider: str, secret: str, priority: int = 100, **fields: Any) -> Token:
    """Register a token as the CLI would."""
    token = Token("", name, provider, secret, priority=priority, **fields)
    return open_tokens(home, SystemClock()).add(token)
