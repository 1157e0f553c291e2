"""`portal`: prints a link that opens once, and opens it where somebody sees a browser."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from router_core.running import Running
from tests.router_core.cli.conftest import Cli

LINK = {"path": "/portal/open#code", "expires_in_s": 120.0}


class Answering(HTTPServer):
    """Answers every question with `status` and `told`, and keeps it."""

    status, told = 201, json.dumps(LINK)

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    server: Answering

    def do_POST(self) -> None:
        self.server.asked.append((self.path, self.headers["authorization"]))
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.told.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def router(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    cli.home.ensure()
    server = Answering()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    running = Running(1, "127.0.0.1", server.server_port, "0")
    monkeypatch.setattr("router_core.cli.portal.own_router", lambda home: running)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a browser was opened with, on a machine where one would be seen."""
    addresses: list[str] = []

    def open_browser(url: str) -> threading.Thread:
        thread = threading.Thread(target=addresses.append, args=(url,))
        thread.start()
        return thread

    monkeypatch.setattr("router_core.cli.portal.open_browser", open_browser)
    monkeypatch.setattr("router_core.cli.portal.can_open", lambda environ, *, is_terminal: True)
    for name in ("CI", "NON_INTERACTIVE", "NON_INTERACTIVE_MODE"):
        monkeypatch.delenv(name, raising=False)
    return addresses


def test_link_is_printed_and_opened(cli: Cli, router: Answering, opened: list[str]) -> None:
    said = cli("portal")
    url = f"http://127.0.0.1:{router.server_port}/portal/open#code"
    assert (said.exit_code, opened) == (0, [url])
    assert url in said.output
    assert router.asked == [("/api/portal/links", f"Bearer {cli.home.admin_token()}")]
    assert cli.home.admin_token() not in said.output


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--no-open"], {}), (["--json"], {}), ([], {"NON_INTERACTIVE": "1"}), ([], {"CI": "true"})],
)
def test_browser_stays_closed_when_told_so(
    cli: Cli, router: Answering, opened: list[str], arguments: list[str], environment: dict[str, str]
) -> None:
    cli.env = environment
    said = cli("portal", *arguments)
    assert (said.exit_code, opened) == (0, [])
    assert "/portal/open#code" in said.output
    if arguments == ["--json"]:
        assert json.loads(said.output)["expires_in_s"] == 120


def test_a_link_for_pictures_says_so_before_its_code(cli: Cli, router: Answering, opened: list[str]) -> None:
    assert cli("portal", "--sanitized").exit_code == 0
    assert opened == [f"http://127.0.0.1:{router.server_port}/portal/open?sanitized=1#code"]


def test_refusal_is_told(cli: Cli, router: Answering) -> None:
    router.status, router.told = 404, json.dumps({"error": {"message": "The portal is switched off."}})
    said = cli("portal")
    assert (said.exit_code, "The portal is switched off." in said.output) == (1, True)
    router.told = "no JSON"
    assert "restart" in cli("portal").output


def test_router_that_is_not_running_is_told(cli: Cli) -> None:
    said = cli("portal")
    assert said.exit_code == 1
    assert "start" in said.output
