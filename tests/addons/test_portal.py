"""What the portal answers, without the process behind it (with it: tests/live/test_portal.py)."""

import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils

from addons.portal import Portal
from addons.portal_process import Place
from addons.tunnel import find_tunnel
from router_core.clock import FixedClock
from router_core.config.portal import PortalConfig
from router_core.config.schema import Config
from router_core.portal.sessions import Sessions
from router_core.portal.sidecar import REMAINING_HEADER, SECRET_HEADER, SESSION_HEADER

ADMIN = "mitm-admin-token"


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Portal:
    clock = FixedClock()
    runtime: Any = SimpleNamespace(
        config=Config(providers={}),
        clock=clock,
        portal=Sessions(clock),
        admin_token=ADMIN,
        listening=("127.0.0.1", 8100),
    )
    made = Portal(runtime)

    async def started() -> Place:
        return Place(1234, "the-secret")

    monkeypatch.setattr(made.process, "started", started)
    monkeypatch.setattr(made.process, "running", lambda: Place(1234, "the-secret"))
    return made


async def asked(portal: Portal, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> http.HTTPFlow:
    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = tutils.treq(
        method=method.encode(), path=path.encode(), content=body,
        headers=http.Headers([(b"host", b"127.0.0.1:8100"), *fields]),
    )  # fmt: skip
    flow = tflow.tflow(req=request)
    flow.live = True
    waiting = portal.request(flow)
    if waiting is not None:
        await waiting
    return flow


def status(flow: http.HTTPFlow) -> int:
    assert flow.response is not None
    return flow.response.status_code


def cookie(flow: http.HTTPFlow) -> str:
    assert flow.response is not None
    return flow.response.headers.get_all("set-cookie")[0].partition(";")[0]


async def test_other_paths_are_not_its_business(portal: Portal) -> None:
    for path in ("/portals", "/v1/messages", "/"):
        assert (await asked(portal, path)).response is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"admin_token": "mitm-admin-token"}', 200),
        (b'{"admin_token": "mitm-admin-toke"}', 403),
        (b'{"admin_token": ""}', 403),
        (b"{}", 403),
        (b'{"code": "guessed"}', 403),
        (b'{"code": "guessed", "admin_token": "mitm-admin-token"}', 403),
        (b'{"admin_token": ["mitm-admin-token"]}', 400),
        (b'{"admin_token": "mitm-admin-token", "x": 1}', 400),
        (b"no JSON", 400),
        (b"", 400),
    ],
)
async def test_session_is_begun_by_the_admin_token_or_a_link_only(portal: Portal, body: bytes, expected: int) -> None:
    flow = await asked(portal, "/portal/session", "POST", body)
    assert status(flow) == expected
    assert flow.response is not None
    assert ("set-cookie" in flow.response.headers) == (expected == 200)


async def test_cookie_is_secure_where_the_page_came_over_tls(portal: Portal) -> None:
    body = b'{"admin_token": "mitm-admin-token"}'
    for origin, secure in (("https://router.lan", True), ("http://127.0.0.1:8100", False)):
        flow = await asked(portal, "/portal/session", "POST", body, origin=origin)
        assert flow.response is not None
        assert all(("; Secure" in each) == secure for each in flow.response.headers.get_all("set-cookie"))


async def test_page_is_the_app_in_a_session_and_the_login_form_else(portal: Portal) -> None:
    flow = await asked(
        portal, "/portal/session", "POST", json.dumps({"code": portal.runtime.portal.new_link()}).encode()
    )
    inside = await asked(portal, "/portal", cookie=cookie(flow))
    outside = await asked(portal, "/portal")
    assert (status(inside), status(outside)) == (200, 401)
    assert inside.response is not None
    assert outside.response is not None
    assert (b'id="terminal"' in inside.response.content, b'id="token"' in outside.response.content) == (True, True)
    head = await asked(portal, "/portal", "HEAD")
    assert head.response is not None
    assert (head.response.data.content, head.response.headers["content-length"] != "0") == (b"", True)
    ended = await asked(portal, "/portal/logout", "POST", b"{}", cookie=cookie(flow))
    assert status(ended) == 200, "although the process behind it is not there"
    assert status(await asked(portal, "/portal", cookie=cookie(flow))) == 401


async def test_process_is_told_of_the_session_and_not_of_the_browser(portal: Portal) -> None:
    value, session = portal.runtime.portal.begin(60)
    handshake = {
        "upgrade": "websocket", "connection": "Upgrade", "sec_websocket_key": "k", "sec_websocket_version": "13",
        "origin": "http://127.0.0.1:8100", "cookie": f"mitmrouter-portal-8100={value}", "x_more": "1",
    }  # fmt: skip
    flow = await asked(portal, "/portal/ws?width=91&height=-3&more=x", **handshake)
    tunnel = find_tunnel(flow)
    assert tunnel is not None
    assert (tunnel.port, tunnel.request.path) == (1234, "/ws?width=91&height=0")
    sanitized = find_tunnel(await asked(portal, "/portal/ws/sanitized?width=91&height=30", **handshake))
    assert sanitized is not None
    assert sanitized.request.path == "/ws?width=91&height=30&sanitized=1"
    assert dict(tunnel.request.headers) == {
        "upgrade": "websocket", "connection": "Upgrade", "sec-websocket-key": "k", "sec-websocket-version": "13",
        "host": "127.0.0.1:1234", SECRET_HEADER: "the-secret", SESSION_HEADER: session.label,
        REMAINING_HEADER: "60.000",
    }  # fmt: skip
    plain = await asked(portal, "/portal/ws", cookie=f"mitmrouter-portal-8100={value}")
    assert (status(plain), find_tunnel(plain)) == (426, None)


@pytest.mark.parametrize(
    ("key", "answer", "expected", "name"),
    [
        (
            "abc1",
            httpx.Response(200, content=b"x", headers={"content-disposition": "inline; filename=a b.csv"}),
            200,
            "a b.csv",
        ),
        ("abc1", httpx.Response(200, headers={"content-disposition": 'x; filename=../"e"; x=y'}), 200, "..e xy"),
        ("abc1", httpx.Response(200), 200, "download"),
        ("abc1", httpx.Response(404), 404, ""),
        ("..", httpx.Response(200), 404, ""),
    ],
)
async def test_download_is_an_attachment_with_a_harmless_name(
    portal: Portal, key: str, answer: httpx.Response, expected: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = httpx.MockTransport(lambda request: answer)
    real = httpx.AsyncClient
    monkeypatch.setattr(httpx, "AsyncClient", lambda **options: real(transport=transport))
    flow = await asked(portal, f"/portal/download/{key}")
    assert status(flow) == expected
    if expected == 200:
        assert flow.response is not None
        assert flow.response.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert flow.response.headers["x-content-type-options"] == "nosniff"
        head = await asked(portal, f"/portal/download/{key}", "HEAD")
        assert (status(head), head.response and head.response.data.content) == (200, b"")


@pytest.mark.parametrize("path", ["/portal/static/", "/portal/static/nothing.js", "/portal/static/a/b", "/portal/x"])
async def test_what_is_not_there_is_404(portal: Portal, path: str) -> None:
    assert status(await asked(portal, path)) == 404


async def test_a_browser_at_the_front_door_is_sent_to_the_portal_without_its_query(portal: Portal) -> None:
    flow = await asked(portal, "/debug/dashboard?token=made-up", accept="text/html,*/*")
    assert status(flow) == 302
    assert flow.response is not None
    assert flow.response.headers["location"] == "/portal"


async def test_a_program_at_the_front_door_and_a_portal_that_is_off_are_left_alone(portal: Portal) -> None:
    assert (await asked(portal, "/", accept="application/json")).response is None
    portal.runtime.config = Config(providers={}, portal=PortalConfig(enabled=False))
    assert (await asked(portal, "/", accept="text/html")).response is None
