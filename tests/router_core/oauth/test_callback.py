"""The listener that a browser is sent back to: one answer, with the right state, from this machine."""

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from router_core.oauth.callback import CallbackListener
from router_core.oauth.token_set import LoginFailed

GOOD = "/auth/callback?code=c-1&state=s-1"


@pytest.fixture
def listener() -> Iterator[CallbackListener]:
    with CallbackListener("localhost", (0,), "/auth/callback", "s-1") as running:
        yield running


def base(listener: CallbackListener) -> str:
    return listener.redirect_uri.removesuffix("/auth/callback").replace("localhost", "127.0.0.1")


def get(listener: CallbackListener, target: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{base(listener)}{target}", headers=headers, trust_env=False)


def test_browsers_answer_is_given_to_the_login(listener: CallbackListener) -> None:
    page = get(listener, GOOD)
    assert (page.status_code, listener.wait(5)) == (200, "code=c-1&state=s-1")
    assert "may close this page" in page.text
    assert "c-1" not in page.text


def test_page_loads_nothing_and_is_kept_nowhere(listener: CallbackListener) -> None:
    page = get(listener, GOOD)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    for word in ("src=", "href=", "<script", "url("):
        assert word not in page.text
    assert "Python" not in page.headers["server"]


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        pytest.param("/auth/callback?code=c-2&state=s-2", {}, 400, id="another state"),
        pytest.param("/auth/callback?code=c-2", {}, 400, id="no state"),
        pytest.param("/auth/callback?code=c-2&state=s-1&state=s-2", {}, 400, id="two states"),
        pytest.param("/auth/callback?state=s-1", {}, 400, id="no code"),
        pytest.param("/auth/callback", {}, 400, id="no query"),
        pytest.param("/favicon.ico", {}, 404, id="another path"),
        pytest.param("/", {}, 404, id="root"),
        pytest.param("//[::1/auth/callback?code=c-2&state=s-1", {}, 404, id="no address at all"),
        pytest.param(GOOD, {"host": "evil.example"}, 421, id="foreign host, as after a DNS rebinding"),
        pytest.param(GOOD, {"host": "localhost"}, 421, id="host without its port"),
        pytest.param(f"/auth/callback?state=s-1&code={'c' * 20_000}", {}, 400, id="far too long"),
    ],
)
def test_whatever_else_comes_is_refused_and_does_not_end_the_waiting(
    listener: CallbackListener, target: str, headers: dict[str, str], status: int
) -> None:
    assert get(listener, target, **headers).status_code == status
    assert listener.wait(0.05) is None
    assert get(listener, GOOD).status_code == 200
    assert listener.wait(5) == "code=c-1&state=s-1"


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_a_get_is_an_answer(listener: CallbackListener, method: str) -> None:
    assert httpx.request(method, f"{base(listener)}{GOOD}", trust_env=False).status_code == 405
    assert listener.wait(0.05) is None


def test_listening_asks_no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's own server asks for this host's name, which takes seconds where the network is broken."""
    monkeypatch.setattr(socket, "getfqdn", lambda name: pytest.fail(f"asked for {name}"))
    with CallbackListener("localhost", (0,), "/x", "s-1") as listener:
        assert listener.redirect_uri


def test_second_answer_is_refused(listener: CallbackListener) -> None:
    get(listener, GOOD)
    assert get(listener, "/auth/callback?code=c-2&state=s-1").status_code == 410
    assert listener.wait(5) == "code=c-1&state=s-1"


def test_refusal_of_the_provider_is_shown_without_its_markup(listener: CallbackListener) -> None:
    page = get(listener, "/auth/callback?error=denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E&state=s-1")
    assert page.status_code == 400
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert "error=denied" in (listener.wait(5) or "")


def test_connection_that_says_nothing_keeps_nobody_waiting(listener: CallbackListener) -> None:
    """Browsers open connections in advance and leave them idle."""
    port = int(base(listener).rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
        assert get(listener, GOOD).status_code == 200
        assert listener.wait(5)


def test_browser_that_goes_away_before_its_page_came_is_an_answer_all_the_same(listener: CallbackListener) -> None:
    port = int(base(listener).rpartition(":")[2])
    with contextlib.closing(socket.create_connection(("127.0.0.1", port))) as gone:
        gone.sendall(f"GET {GOOD} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
    assert listener.wait(5) == "code=c-1&state=s-1"


def test_garbage_does_no_harm(listener: CallbackListener, capsys: pytest.CaptureFixture[str]) -> None:
    port = int(base(listener).rpartition(":")[2])
    with contextlib.closing(socket.create_connection(("127.0.0.1", port))) as odd:
        odd.sendall(b"\x16\x03\x01\x02\x00 what?\r\n\r\n")
        odd.recv(1000)
    assert get(listener, GOOD).status_code == 200
    assert capsys.readouterr() == ("", ""), "nothing is logged"


def test_it_listens_on_loopback_only_and_not_any_more_afterwards() -> None:
    with CallbackListener("127.0.0.1", (0,), "/oauth2callback", "s-1") as listener:
        port = int(listener.redirect_uri.removesuffix("/oauth2callback").rpartition(":")[2])
        assert listener.redirect_uri == f"http://127.0.0.1:{port}/oauth2callback"
        threads = threading.active_count()
    assert threading.active_count() < threads
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=2).connect()


def test_taken_port_gives_way_to_the_next_and_then_says_what_to_do() -> None:
    with contextlib.ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(2)]
        with CallbackListener("localhost", (taken[0], 0), "/x", "s") as listener:
            assert listener.redirect_uri != f"http://localhost:{taken[0]}/x"
        wanted = rf"Port {taken[0]} and {taken[1]} is taken.*--paste"
        with pytest.raises(LoginFailed, match=wanted), CallbackListener("localhost", taken, "/x", "s"):
            pass
