"""The app in a real browser, and everything that must not reach it."""

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.router_core.cli.conftest import Cli
from tests.support.browser import Browser, browser_to_start
from tests.support.lab import Lab, running_lab
from tests.support.router import wait_until
from tests.support.terminal import terminal

CONTROL = re.compile(r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07]*\x07|[()][A-Z0-9]|.)")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("portal")) as lab:
        lab.fresh("anthropic")
        yield lab


def shown(browser: Browser) -> str:
    """All words that the app has painted so far."""
    browser.value("1")  # takes in what has come
    return CONTROL.sub("", browser.painted.decode("utf-8", "replace"))


def link(lab: Lab) -> str:
    answer = lab.http.post("/api/portal/links", json={}, headers=lab.router.admin_headers)
    assert answer.status_code == 201, answer.text
    return lab.router.url + str(answer.json()["path"])


def session(lab: Lab, url: str | None = None) -> dict[str, str]:
    """Log in as the page does; the cookie, as a header."""
    code = (url or link(lab)).partition("#")[2]
    with httpx.Client(base_url=lab.router.url, trust_env=False) as plain:
        answer = plain.post("/portal/session", json={"code": code}, headers={"origin": lab.router.url})
    assert answer.status_code == 200, answer.text
    cookies = answer.headers.get_list("set-cookie")
    assert {part for cookie in cookies for part in re.findall(r"Path=([^;]+)", cookie)} == {
        "/portal", "/api/docs", "/api/openapi.json",
    }  # fmt: skip
    assert all("; HttpOnly; SameSite=Strict" in cookie for cookie in cookies)
    return {"cookie": cookies[0].partition(";")[0]}


def socket_to(lab: Lab, path: str = "/portal/ws?width=80&height=24", **headers: str) -> ClientConnection:
    wanted = {"origin": lab.router.url, **headers}
    return connect(f"ws://127.0.0.1:{lab.router.port}{path}", additional_headers=wanted, proxy=None, max_size=None)


def refused_socket(lab: Lab, **headers: str) -> tuple[int, str]:
    """Status and kind of the refusal."""
    with pytest.raises(InvalidStatus) as refused:
        socket_to(lab, **headers)
    response = refused.value.response
    return response.status_code, json.loads(response.body or b"{}")["error"]["code"]


def sidecar(lab: Lab) -> tuple[int, int]:
    """Process id and port of the process behind the portal."""
    said = wait_until(lambda: re.findall(r"the portal's process runs: pid (\d+), port (\d+)", lab.router.log()), 20)
    return int(said[-1][0]), int(said[-1][1])


@pytest.mark.clients
def test_one_time_link_opens_the_app_in_a_real_browser(lab: Lab, tmp_path: Path) -> None:
    with (
        browser_to_start(tmp_path / "browser") as browser,
        terminal(Cli(lab.router.home), "portal", BROWSER=browser.command) as said,
    ):
        url = said.until(r"http://127\.0\.0\.1:\d+/portal/open#[\w-]+").strip()
        browser.attach()
        assert said.end() == 0, said.shown
        browser.ask("Emulation.setDeviceMetricsOverride", width=1280, height=800, deviceScaleFactor=1, mobile=False)
        browser.wait_for("document.body.classList.contains('-first-byte')", 30)
        assert browser.value("location.href") == f"{lab.router.url}/portal"
        assert browser.value("document.cookie") == "", "scripts do not see it"
        wait_until(lambda: "Requests" in shown(browser), 30)
        browser.painted.clear()
        assert lab.ask("anthropic").status_code == 200
        wait_until(lambda: "claude-sonnet-5" in shown(browser), 30)
        picture(browser, tmp_path, "portal")
        browser.painted.clear()
        browser.press("?", 191)
        wait_until(lambda: "help" in shown(browser).lower(), 30)
        picture(browser, tmp_path, "portal-help")
        browser.painted.clear()
        browser.go(f"{lab.router.url}/portal?sanitized=1")
        there = "location.search === '?sanitized=1' && document.body.classList.contains('-first-byte')"
        browser.wait_for(there, 30)
        wait_until(lambda: "Requests" in shown(browser), 30)
        address = "document.getElementById('terminal').dataset.sessionWebsocketUrl"
        assert browser.value(address).endswith("/portal/ws/sanitized")
        assert [text for text in browser.console if "WebGL" not in text] == []
        own = (lab.router.url + "/", f"ws://127.0.0.1:{lab.router.port}/", "data:", "blob:", "about:")
        assert [address for address in browser.loaded if not address.startswith(own)] == []
        foreign = f"{lab.router.url.replace('127.0.0.1', 'localhost')}/portal"
        assert socket_from_page(browser, lab) == "open", "our own page gets one"
        for elsewhere in ("about:blank", f"{lab.simulator.url}/of-another-port"):
            browser.go(elsewhere)
            browser.wait_for(f"location.href == {elsewhere!r}")
            assert socket_from_page(browser, lab) == "error", "another origin's page gets none, its cookie or not"
        browser.go(f"http://rebound.example:{lab.router.port}/portal")
        browser.wait_for("/names another machine/.test(document.body.innerText)")
        browser.go(url)
        text = browser.wait_for("/used already/.test(document.body.innerText) && document.body.innerText")
        assert "mitmrouter portal" in text
        browser.go(foreign)
        browser.wait_for("!!document.querySelector('button:enabled')")
        browser.value("document.querySelector('#token').value = 'wrong'")
        browser.click("button")
        browser.wait_for("/admin.token/.test(document.querySelector('#message').innerText)")
        picture(browser, tmp_path, "portal-login")
        browser.value(f"document.querySelector('#token').value = '{lab.router.home.admin_token()}'")
        browser.click("button")
        browser.wait_for("document.body.classList.contains('-first-byte')", 30)
        browser.go(f"{foreign.removesuffix('/portal')}/api/docs")
        browser.wait_for("document.title === 'mitmrouter API'")
        corners = "getComputedStyle(document.querySelector('section')).borderTopLeftRadius"
        assert browser.value(corners) == "8px", "its own style is allowed by its policy"


def socket_from_page(browser: Browser, lab: Lab) -> str:
    """What becomes of a WebSocket that the present page opens; its cookies go with it."""
    browser.value(
        f"window.tried = ''; s = new WebSocket('ws://127.0.0.1:{lab.router.port}/portal/ws?width=80&height=24');"
        "s.onopen = () => window.tried = 'open'; s.onerror = () => window.tried = 'error'"
    )
    return str(browser.wait_for("window.tried"))


def picture(browser: Browser, folder: Path, name: str) -> None:
    """Kept where `$PORTAL_PICTURES` says, to be looked at."""
    file = Path(os.environ.get("PORTAL_PICTURES", folder)) / f"{name}.png"
    browser.picture(file)
    assert file.stat().st_size > 5000


def test_link_works_once(lab: Lab) -> None:
    url = link(lab)
    session(lab, url)
    with httpx.Client(base_url=lab.router.url, trust_env=False) as plain:
        for code in (url.partition("#")[2], "guessed", ""):
            answer = plain.post("/portal/session", json={"code": code}, headers={"origin": lab.router.url})
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


def test_nothing_is_shown_without_a_session(lab: Lab) -> None:
    cookie = session(lab)["cookie"]
    wrong = {"cookie": cookie[:-3] + "xyz"}
    own = {"origin": lab.router.url, "content-type": "application/json"}
    with httpx.Client(base_url=lab.router.url, trust_env=False) as plain:
        for headers in ({}, wrong, {"authorization": f"Bearer {lab.router.home.gateway_token()}"}):
            page = plain.get("/portal", headers=headers)
            assert (page.status_code, "admin.token" in page.text, "/portal/ws" in page.text) == (401, True, False)
            assert plain.get("/portal/download/abc", headers=headers).status_code == 401
            assert plain.post("/portal/logout", headers={**own, **headers}, content=b"{}").status_code == 401
            assert plain.get("/api/docs", headers=headers).status_code == 403
        page = plain.get("/portal", headers={"cookie": cookie})
        assert page.status_code == 200
        assert page.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert (page.headers["cache-control"], "access-control-allow-origin" in page.headers) == ("no-store", False)
        assert "https://" not in page.text
        for name in ("../config.toml", "..%2f..%2fconfig.toml", "app.html", ""):
            assert plain.get(f"/portal/static/{name}", headers={"cookie": cookie}).status_code >= 400
        for path in ("/api/docs", "/api/openapi.json"):
            assert plain.get(path, headers={"cookie": cookie}).status_code == 200
            assert plain.get(path).status_code == 403
        change = plain.post("/api/portal/links", headers={**own, "cookie": cookie}, content=b"{}")
        assert change.status_code == 403, "the cookie changes nothing in the API"
        assert plain.get("/api/tokens", headers={"cookie": cookie}).status_code == 403
    assert refused_socket(lab) == (401, "no_session")
    assert refused_socket(lab, **wrong) == (401, "no_session")


def test_foreign_pages_and_rebound_names_are_refused(lab: Lab) -> None:
    cookie = session(lab)
    elsewhere = f"http://127.0.0.1:{lab.router.port + 1}"
    for origin in ("https://evil.example", elsewhere, "null", "http://evil.example:8100", ""):
        assert refused_socket(lab, **cookie, origin=origin)[1] in ("foreign_origin", "no_origin")
    assert refused_socket(lab, **cookie, host=f"evil.example:{lab.router.port}") == (403, "bad_host")
    with httpx.Client(base_url=lab.router.url, trust_env=False, headers=cookie) as plain:
        for headers, kind in (
            ({"host": "evil.example"}, "bad_host"),
            ({"origin": "https://evil.example"}, "foreign_origin"),
            ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, "foreign_origin"),
        ):
            answer = plain.get("/portal", headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, kind)
        own = {"origin": lab.router.url}
        assert plain.post("/portal/session", content=b'{"code": "x"}', headers=own).status_code == 415
        assert plain.post("/portal/session", json={"code": "x"}).json()["error"]["code"] == "no_origin"


def closed(page: ClientConnection) -> int:
    """With which code it was closed."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            page.recv(timeout=20)
    assert page.close_code is not None
    return page.close_code


def children(pid: int) -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal() and parent(int(name)) == pid]


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def test_process_behind_it_answers_nobody_but_the_router_and_ends_with_what_it_runs_for(lab: Lab) -> None:
    cookie = session(lab)
    with socket_to(lab, **cookie) as page:
        page.recv(timeout=20)
        pid, port = sidecar(lab)
        for headers in ({}, {"x-mitmrouter-portal": ""}, {"x-mitmrouter-portal": "guessed"}, session(lab)):
            for path in ("/", "/ws", "/download/x", "/static/js/textual.js"):
                assert httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers, trust_env=False).status_code == 403
            assert httpx.post(f"http://127.0.0.1:{port}/end/x", headers=headers, trust_env=False).status_code == 403
        with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{port}/ws?width=80&height=24", proxy=None):
            pass
        own = {"origin": lab.router.url, **cookie}
        assert httpx.post(f"{lab.router.url}/portal/logout", json={}, headers=own, trust_env=False).status_code == 200
        assert closed(page) == 4001
    assert refused_socket(lab, **cookie) == (401, "no_session")
    wait_until(lambda: not children(pid), 10)
    with socket_to(lab, **session(lab)) as page:
        wait_until(lambda: children(pid), 10)
        apps = children(pid)
        lab.router.kill()
        wait_until(lambda: not any(Path(f"/proc/{each}/cmdline").exists() for each in (pid, *apps)), 15)
