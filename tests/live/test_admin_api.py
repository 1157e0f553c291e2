"""The admin plane that the TUI acts through, on a real router."""

from collections.abc import Iterator

import httpx
import pytest

from router_core.home import Home
from router_core.simulator import Script, SimulatorThread, make_jwt
from router_core.simulator.script import Fault
from tests.support.router import Router, add_token, running_router

GOOD = "sk-ant-api03-admin-admin-admin-good"
OTHER = "sk-ant-api03-admin-admin-admin-other"


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread(Script()) as made:
        yield made


@pytest.fixture
def router(home: Home, simulator: SimulatorThread) -> Iterator[Router]:
    add_token(home, "first", "claude", GOOD, 1)
    add_token(home, "second", "claude", OTHER, 2)
    add_token(home, "login", "codex", make_jwt("acct-1"), 1)
    with running_router(home, simulator.base_urls) as made:
        yield made


@pytest.fixture
def admin(router: Router) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=router.url, headers=router.admin_headers, trust_env=False, timeout=20) as client:
        yield client


def test_tokens_are_listed_with_their_state_and_without_their_secrets(router: Router, admin: httpx.Client) -> None:
    answer = admin.get("/api/tokens")
    assert [token["name"] for token in answer.json()["tokens"]] == ["first", "login", "second"]
    assert {token["status"] for token in answer.json()["tokens"]} == {"healthy"}
    assert GOOD not in answer.text
    assert GOOD not in httpx.get(f"{router.url}/status", headers=router.client_headers, trust_env=False).text


def test_disabling_and_reordering_count_from_the_next_request_on(
    router: Router, admin: httpx.Client, simulator: SimulatorThread
) -> None:
    body = {"model": "claude-sonnet-4-5", "max_tokens": 20, "messages": [{"role": "user", "content": "hi"}]}
    with router.http() as client:
        assert admin.patch("/api/tokens/first", json={"enabled": False}).json()["status"] == "disabled"
        client.post("/claude/v1/messages", json=body)
        assert simulator.requests[-1].token == OTHER
        assert admin.patch("/api/tokens/first", json={"enabled": True, "priority": 5}).json()["priority"] == 5
        client.post("/claude/v1/messages", json=body)
        assert simulator.requests[-1].token == OTHER
        admin.patch("/api/tokens/first", json={"priority": 0})
        client.post("/claude/v1/messages", json=body)
        assert simulator.requests[-1].token == GOOD


def test_testing_an_unhealthy_token_heals_it_and_fills_its_windows(
    router: Router, admin: httpx.Client, simulator: SimulatorThread
) -> None:
    simulator.set_faults([Fault(fault="unauthorized_401", token=GOOD)])
    failed = admin.post("/api/tokens/first/test", json={}).json()
    assert failed["ok"] is False
    assert "credential_refused" in failed["detail"]
    simulator.set_faults([Fault(fault="unauthorized_401", token=GOOD)])
    with router.http() as client:
        client.post(
            "/claude/v1/messages",
            json={"model": "claude-sonnet-4-5", "max_tokens": 20, "messages": [{"role": "user", "content": "hi"}]},
        )
    listed = {token["name"]: token for token in admin.get("/api/tokens").json()["tokens"]}
    assert listed["first"]["status"] == "unhealthy"
    healed = admin.post("/api/tokens/first/test", json={}).json()
    assert healed["ok"] is True
    assert healed["token"]["status"] == "healthy"
    assert healed["token"]["windows"]


def test_a_chatgpt_login_is_tested_at_the_usage_endpoint(admin: httpx.Client, simulator: SimulatorThread) -> None:
    result = admin.post("/api/tokens/login/test", json={}).json()
    assert result["ok"] is True
    assert "5h" in result["detail"]
    assert simulator.requests[-1].path.startswith("/backend-api/wham/usage")
    assert {window["name"] for window in result["token"]["windows"]} >= {"5h", "7d"}


@pytest.mark.parametrize(
    ("method", "path", "json", "status", "says"),
    [
        ("PATCH", "/api/tokens/nobody", {"enabled": True}, 400, "no token named 'nobody'"),
        ("PATCH", "/api/tokens/first", {"priority": "high"}, 400, "priority"),
        ("PATCH", "/api/tokens/first", {"secret": "x"}, 400, "secret"),
        ("POST", "/api/tokens/first/explode", {}, 404, "no POST"),
        ("GET", "/api/nothing", None, 404, "no GET"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(
    admin: httpx.Client, method: str, path: str, json: object, status: int, says: str
) -> None:
    answer = admin.request(method, path, json=json)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]
