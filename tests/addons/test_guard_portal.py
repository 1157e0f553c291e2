"""Who is let into the portal: pages are anybody's and show nothing; the rest is for a session, from our own page."""

from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import http

from addons.guard import Guard
from router_core.clock import FixedClock
from router_core.config.portal import PortalConfig
from router_core.config.schema import Config
from router_core.portal.cookies import cookie_name
from router_core.portal.sessions import Sessions
from tests.addons.test_guard import ADMIN, GATEWAY, flow, verdict

OWN = "http://127.0.0.1:8100"
JSON = "application/json"
OPEN = ["/portal", "/portal/", "/portal/open", "/portal/static/app.js"]
CLOSED = ["/portal/ws", "/portal/ws/sanitized", "/portal/download/abc", "/portal/anything", "/portal/%77s"]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def guard(clock: FixedClock) -> Guard:
    runtime: Any = SimpleNamespace(
        ready=True, config=Config(providers={}), gateway_token=GATEWAY, admin_token=ADMIN, portal=Sessions(clock),
        listening=("127.0.0.1", 8100),
    )  # fmt: skip
    return Guard(runtime)


def cookie(guard: Guard, port: int = 8100) -> str:
    return f"{cookie_name(port)}={guard.runtime.portal.begin(60)[0]}"


def asked(path: str, method: str = "GET", **headers: str) -> http.HTTPFlow:
    made = flow(path, method, x_api_key="", **headers)
    made.client_conn.sockname = ("127.0.0.1", 8100)
    return made


@pytest.mark.parametrize("path", OPEN)
def test_pages_are_open(guard: Guard, path: str) -> None:
    assert verdict(guard, asked(path)) == "ok"


@pytest.mark.parametrize("path", CLOSED)
def test_all_else_needs_a_session_that_lasts(guard: Guard, clock: FixedClock, path: str) -> None:
    good, other_router = cookie(guard), cookie(guard, 8101)
    assert verdict(guard, asked(path, origin=OWN)) == "no_session"
    assert verdict(guard, asked(path, origin=OWN, authorization=f"Bearer {GATEWAY}")) == "no_session"
    assert verdict(guard, asked(path, origin=OWN, cookie=other_router)) == "no_session"
    assert verdict(guard, asked(path, origin=OWN, cookie=good)) == "ok"
    clock.advance(60)
    assert verdict(guard, asked(path, origin=OWN, cookie=good)) == "no_session"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"origin": OWN, "content_type": JSON}, "ok"),
        ({"origin": "https://127.0.0.1:8100", "content_type": JSON}, "ok"),
        ({"content_type": JSON}, "no_origin"),
        ({"origin": OWN, "content_type": "text/plain"}, "not_json"),
        ({"origin": OWN}, "not_json"),
        ({"origin": "null", "content_type": JSON}, "foreign_origin"),
        ({"origin": "http://localhost:8100", "content_type": JSON}, "foreign_origin"),
        ({"origin": OWN, "content_type": JSON, "sec_fetch_site": "cross-site"}, "foreign_origin"),
        ({"origin": OWN, "content_type": JSON, "host": "evil.example"}, "bad_host"),
    ],
)
def test_session_is_asked_for_by_our_own_page_only(guard: Guard, headers: dict[str, str], expected: str) -> None:
    assert verdict(guard, asked("/portal/session", "POST", **headers)) == expected


@pytest.mark.parametrize("path", ["/portal/ws", "/portal/ws/sanitized"])
def test_an_app_is_spoken_to_by_a_page_that_says_where_it_is_from(guard: Guard, path: str) -> None:
    assert verdict(guard, asked(path, cookie=cookie(guard))) == "no_origin"
    assert verdict(guard, asked(path, cookie=cookie(guard), origin="https://evil.example")) == "foreign_origin"


def test_link_may_be_opened_from_elsewhere_but_nothing_else(guard: Guard) -> None:
    from_elsewhere = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert verdict(guard, asked("/portal/open", **from_elsewhere)) == "ok"
    assert (
        verdict(guard, asked("/portal/open", sec_fetch_site="cross-site", sec_fetch_mode="no-cors")) == "foreign_origin"
    )
    for path in ("/portal", "/portal/static/app.js", "/api/docs", "/v1/models"):
        assert verdict(guard, asked(path, cookie=cookie(guard), **from_elsewhere)) == "foreign_origin"


def test_cookie_reads_the_documentation_and_nothing_else_of_the_api(guard: Guard) -> None:
    given = cookie(guard)
    for path in ("/api/docs", "/api/openapi.json"):
        assert verdict(guard, asked(path, cookie=given)) == "ok"
        assert verdict(guard, asked(path)) == "bad_admin_token"
        assert verdict(guard, asked(path, "POST", cookie=given, content_type=JSON, origin=OWN)) == "bad_admin_token"
    for path in ("/api/tokens", "/api/portal/links", "/api/docs/x", "/v1/messages", "/claude/v1/messages", "/status"):
        kind = "bad_admin_token" if path.startswith("/api") else "bad_client_token"
        assert verdict(guard, asked(path, cookie=given, origin=OWN)) == kind


def test_cookie_is_of_no_use_to_another_user(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    given = cookie(guard)
    monkeypatch.setattr("addons.guard.is_strangers", lambda peer, own: True)
    assert verdict(guard, asked("/portal/ws", origin=OWN, cookie=given)) == "no_session"
    assert verdict(guard, asked("/api/docs", cookie=given)) == "bad_admin_token"
    assert verdict(guard, asked("/portal/session", "POST", origin=OWN, content_type=JSON)) == "another_user"


def test_portal_that_is_switched_off_does_not_exist(guard: Guard) -> None:
    guard.runtime.config = Config(providers={}, portal=PortalConfig(enabled=False))
    for path in (*OPEN, *CLOSED):
        assert verdict(guard, asked(path, origin=OWN, cookie=cookie(guard))) == "not_found"
