"""Requests and WebSockets through an HTTP proxy, over TLS, as from behind a company's: with its password, and with a
provider on this machine beside it."""

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from router_core.config.schema import ServerConfig
from router_core.oauth import http as oauth_http
from router_core.oauth.http import HttpCall, send
from router_core.simulator import Script, SimulatorThread
from tests.live.test_http2 import Front, running_front
from tests.support.connect_proxy import ConnectProxy, connect_proxy
from tests.support.lab import Lab, running_lab
from tests.support.router import free_port
from tests.support.websocket import opened, say, text_of, turn

PASSWORD = "made-up-proxy-password"


@dataclass
class Company:
    """A router whose providers are far, and the proxy between."""

    lab: Lab
    proxy: ConnectProxy
    front: Front


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    port = free_port()
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(SimulatorThread(Script(websocket=True)))
        front = stack.enter_context(running_front(folder, port, int(simulator.url.rsplit(":", 1)[1])))
        proxy = stack.enter_context(connect_proxy(f"me:{PASSWORD}", port))
        urls = {"claude": "https://claude.example", "codex": "https://codex.example/backend-api/codex"}
        (folder / "lab").mkdir()
        options = {
            "base_urls": urls,
            "env": {"HTTPS_PROXY": proxy.url},
            "arguments": ("--set", f"ssl_verify_upstream_trusted_ca={front.ca}"),
        }
        lab = stack.enter_context(running_lab(folder / "lab", simulator=simulator, **options))
        yield Company(lab, proxy, front)


def test_a_request_goes_through_and_the_provider_sees_nothing_of_the_proxy(company: Company) -> None:
    lab = company.lab
    lab.fresh("anthropic")
    answer = lab.ask("anthropic")
    assert answer.status_code == 200, answer.text
    assert set(company.proxy.asked) == {"claude.example:443"}, "the first test of this company"
    (seen,) = lab.seen()
    assert seen.token == lab.secrets["first"]
    assert not any(name.lower().startswith("proxy") for name, _ in seen.headers)


def test_a_failover_goes_through_it_too(company: Company) -> None:
    lab = company.lab
    lab.fresh("anthropic")
    lab.faults(lab.fault("window_exhausted"))
    with lab.stream("anthropic") as answer:
        assert answer.status_code == 200
        assert "message_stop" in answer.read().decode()
    assert lab.paid() == ["first", "second"]


def test_a_websocket_goes_through(company: Company) -> None:
    lab = company.lab
    lab.fresh("codex")
    company.proxy.asked.clear()
    with opened(lab) as client:
        first = turn(client, input=say("one"))
        assert text_of(turn(client, input=say("two"), previous_response_id=first[-1]["response"]["id"]))
    assert set(company.proxy.asked) == {"codex.example:443"}
    assert "WS" in [seen.method for seen in lab.simulator.requests]


def test_a_provider_on_this_machine_is_asked_directly(company: Company) -> None:
    lab = company.lab
    lab.fresh("chat")
    company.proxy.asked.clear()
    assert lab.ask("chat").status_code == 200
    assert company.proxy.asked == []


def test_a_login_s_call_comes_through_to_the_end(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = ssl.create_default_context(cafile=str(company.front.ca))
    monkeypatch.setattr(oauth_http, "_trusted", lambda: trusted)
    server = ServerConfig(proxy_url=company.proxy.url)
    company.proxy.asked.clear()
    assert send(HttpCall("HEAD", "https://auth.example/api/hello"), proxy=server.proxy_for).status == 200
    assert company.proxy.asked == ["auth.example:443"]


def test_the_password_is_written_nowhere_also_when_it_is_refused(company: Company) -> None:
    lab = company.lab
    lab.fresh("anthropic", tokens=("first",))
    company.proxy.credentials = "me:another"
    try:
        lab.add("second", "anthropic", priority=-1)
        with httpx.Client(base_url=lab.router.url, headers=lab.router.client_headers, trust_env=False) as fresh:
            answer = fresh.post(
                "/claude/v1/messages", json={"model": "claude-haiku-4-5", "max_tokens": 9, "messages": []}
            )
        assert answer.status_code >= 500
    finally:
        company.proxy.credentials = f"me:{PASSWORD}"
    written = [answer.text, lab.router.log()]
    files = [file for file in lab.router.home.path.rglob("*") if file.is_file()]
    written += [file.read_bytes().decode("latin-1") for file in files]
    assert "407" in answer.text + lab.router.log() + str(lab.attempts(lab.rows(1)[0]))
    assert not any(PASSWORD in text for text in written)
