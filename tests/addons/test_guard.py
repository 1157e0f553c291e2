"""Who is let in: Host, Origin, token, size; and that nothing goes upstream when a hook breaks."""

from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils

from addons.guard import Guard
from addons.hooks import request_hook
from router_core.config.schema import Config, ProviderConfig, ServerConfig

GATEWAY, ADMIN = "mitm-gateway-token", "mitm-admin-token"


def guard(**server: Any) -> Guard:
    config = Config(server=ServerConfig(**server), providers={})
    runtime: Any = SimpleNamespace(ready=True, config=config, gateway_token=GATEWAY, admin_token=ADMIN)
    return Guard(runtime)


def flow(path: str = "/claude/v1/messages", method: str = "POST", **headers: str) -> http.HTTPFlow:
    fields = {"host": "127.0.0.1:8100", "x_api_key": GATEWAY, **headers}
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items() if value]
    made = tflow.tflow(req=tutils.treq(method=method.encode(), path=path.encode(), headers=http.Headers(pairs)))
    made.live = True
    return made


def verdict(guarding: Guard, asked: http.HTTPFlow) -> str:
    """`ok`, or the kind of the refusal."""
    guarding.requestheaders(asked)
    return asked.response.headers["x-mitmrouter-error"] if asked.response else "ok"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8100", "ok"),
        ("localhost", "ok"),
        ("LOCALHOST:8100", "ok"),
        ("[::1]:8100", "ok"),
        ("127.8.8.8:1", "ok"),
        ("router.lan", "ok"),
        ("evil.example", "bad_host"),
        ("127.0.0.1.evil.example", "bad_host"),
        ("localhost.evil.example:8100", "bad_host"),
        ("", "bad_host"),
    ],
)
def test_the_host_header_must_name_this_machine_or_an_allowed_name(host: str, expected: str) -> None:
    assert verdict(guard(allowed_hosts=("router.lan",)), flow(host=host)) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"origin": "http://127.0.0.1:8100"}, "ok"),
        ({"origin": "http://127.0.0.1:3000"}, "foreign_origin"),
        ({"origin": "https://evil.example"}, "foreign_origin"),
        ({"origin": "null"}, "foreign_origin"),
        ({"sec_fetch_site": "cross-site"}, "foreign_origin"),
        ({"sec_fetch_site": "same-origin"}, "ok"),
        ({"sec_fetch_site": "none"}, "ok"),
    ],
)
def test_requests_from_other_peoples_pages_are_refused(headers: dict[str, str], expected: str) -> None:
    assert verdict(guard(), flow(**headers)) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x_api_key": GATEWAY}, "ok"),
        ({"x_api_key": "", "authorization": f"Bearer {GATEWAY}"}, "ok"),
        ({"x_api_key": "", "x_goog_api_key": GATEWAY}, "ok"),
        ({"x_api_key": "other", "authorization": f"Bearer {GATEWAY}"}, "ok"),  # Claude Code sends both
        ({"x_api_key": "wrong"}, "bad_client_token"),
        ({"x_api_key": ""}, "bad_client_token"),
        ({"x_api_key": ADMIN}, "bad_client_token"),
        ({"x_api_key": "ключ"}, "bad_client_token"),
    ],
)
def test_a_client_shows_the_gateway_token_in_any_of_the_three_headers(headers: dict[str, str], expected: str) -> None:
    assert verdict(guard(), flow(**headers)) == expected


def test_a_wrong_client_token_is_403_because_claude_code_retries_a_401_for_minutes() -> None:
    asked = flow(x_api_key="wrong")
    guard().requestheaders(asked)
    assert asked.response is not None
    assert asked.response.status_code == 403
    body = orjson.loads(asked.response.content or b"")
    assert body["error"]["type"] == "permission_error"
    assert "mitmrouter activate" in body["error"]["message"]


def test_open_auth_accepts_any_placeholder() -> None:
    assert verdict(guard(auth="open"), flow(x_api_key="placeholder")) == "ok"
    assert verdict(guard(auth="open"), flow(x_api_key="")) == "ok"


def test_a_path_is_spelled_in_one_way_from_here_on() -> None:
    asked = flow("/%63laude/v1/%6Dessages?x=%6d")
    assert verdict(guard(), asked) == "ok"
    assert asked.request.path == "/claude/v1/messages?x=%6d"
    assert verdict(guard(), flow("/%61pi/tokens", method="GET")) == "bad_admin_token"


@pytest.mark.parametrize("path", ["/health", "/api/hello"])
def test_whether_the_router_is_there_needs_no_token(path: str) -> None:
    assert verdict(guard(), flow(path, "HEAD", x_api_key="")) == "ok"


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("GET", {"authorization": f"Bearer {ADMIN}"}, "ok"),
        ("GET", {"authorization": f"Bearer {GATEWAY}"}, "bad_admin_token"),
        ("GET", {}, "bad_admin_token"),
        ("POST", {"authorization": f"Bearer {ADMIN}", "content_type": "application/json"}, "ok"),
        ("POST", {"authorization": f"Bearer {ADMIN}", "content_type": "text/plain"}, "not_json"),
        ("POST", {"authorization": f"Bearer {ADMIN}"}, "not_json"),
        ("DELETE", {"authorization": f"Bearer {ADMIN}"}, "ok"),
        ("DELETE", {"authorization": f"Bearer {ADMIN}", "content_length": "2"}, "not_json"),
        ("DELETE", {"authorization": f"Bearer {ADMIN}", "content_type": "text/plain"}, "not_json"),
        ("TRACE", {"authorization": f"Bearer {ADMIN}"}, "ok"),
        ("OPTIONS", {"authorization": f"Bearer {ADMIN}"}, "ok"),
        ("OPTIONS", {}, "bad_admin_token"),
    ],
)
def test_the_admin_plane_takes_the_admin_token_only_and_changes_as_json_only(
    method: str, headers: dict[str, str], expected: str
) -> None:
    assert verdict(guard(), flow("/api/tokens", method, **headers)) == expected
    assert verdict(guard(), flow("/metrics", method, **headers)) == expected


def test_a_declared_size_beyond_the_limit_is_413() -> None:
    asked = flow(content_length=str(33 * 1024 * 1024))
    guard().requestheaders(asked)
    assert asked.response is not None
    assert asked.response.status_code == 413


def test_nothing_is_served_before_the_router_is_ready() -> None:
    waiting = guard()
    waiting.runtime.ready = False
    assert verdict(waiting, flow()) == "starting"


class Breaks:
    @request_hook
    def request(self, flow: http.HTTPFlow) -> None:
        raise RuntimeError("secret-in-exception")


def test_a_hook_that_raises_answers_the_flow_instead_of_forwarding_it() -> None:
    asked = flow()
    Breaks().request(asked)
    assert asked.response is not None
    assert asked.response.status_code == 500
    assert b"secret-in-exception" not in (asked.response.content or b"")


def test_a_hook_is_not_asked_about_a_flow_that_is_answered_already() -> None:
    asked = flow()
    asked.response = http.Response.make(204)
    Breaks().request(asked)
    assert asked.response.status_code == 204


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/", {"accept": "text/html,*/*"}, "ok"),
        ("/debug/dashboard?token=made-up", {"accept": "text/html"}, "ok"),
        ("/", {"accept": "application/json"}, "bad_client_token"),
        ("/", {"accept": "text/html", "origin": "https://evil.example"}, "foreign_origin"),
        ("/claude/v1/models", {"accept": "text/html"}, "bad_client_token"),
    ],
)
def test_a_browser_at_the_front_door_needs_no_token(path: str, headers: dict[str, str], expected: str) -> None:
    assert verdict(guard(), flow(path, "GET", x_api_key="", **headers)) == expected


@pytest.mark.parametrize(("path", "ours"), [("/admin/traces", "/api/traces"), ("/debug/routing-trace", "/api/traces")])
def test_an_address_of_another_router_is_told_which_is_ours(path: str, ours: str) -> None:
    asked = flow(path, "GET", x_api_key="")
    assert verdict(guard(), asked) == "not_found"
    assert asked.response is not None
    assert ours in orjson.loads(asked.response.content or b"")["error"]["message"]


def test_a_provider_that_is_called_like_another_router_s_address_is_reached() -> None:
    guarding = guard()
    providers = {"debug": ProviderConfig(kind="openai-chat", base_url="http://127.0.0.1:9/v1")}
    guarding.runtime.config = Config(providers=providers)
    assert verdict(guarding, flow("/debug/routing-trace", "GET")) == "ok"
