"""The admin plane that the TUI acts through, on a real router."""

from typing import Any

import httpx
import pytest

from tests.live.raw_http import send_raw
from tests.support.lab import Lab


def admin(lab: Lab, method: str, path: str, json: Any = None) -> httpx.Response:
    """A call as the TUI makes it."""
    headers = {**lab.router.admin_headers, **({} if json is None else {"content-type": "application/json"})}
    return lab.http.request(method, path, json=json, headers=headers)


def test_tokens_are_listed_with_their_state_and_without_their_secrets(lab: Lab) -> None:
    lab.fresh("anthropic", "codex")
    answer = admin(lab, "GET", "/api/tokens")
    listed = answer.json()["tokens"]
    assert [token["name"] for token in listed] == [
        "anthropic-first", "codex-first", "anthropic-second", "codex-second",
    ]  # fmt: skip
    assert {token["status"] for token in listed} == {"healthy"}
    for secret in lab.secrets.values():
        assert secret not in answer.text
        assert secret not in lab.http.get("/status").text


def test_disabling_and_reordering_count_from_the_next_request_on(lab: Lab) -> None:
    lab.fresh("anthropic")
    assert admin(lab, "PATCH", "/api/tokens/first", {"enabled": False}).json()["status"] == "disabled"
    lab.ask("anthropic")
    assert admin(lab, "PATCH", "/api/tokens/first", {"enabled": True, "priority": 5}).json()["priority"] == 5
    lab.ask("anthropic")
    admin(lab, "PATCH", "/api/tokens/first", {"priority": -1})
    lab.ask("anthropic", headers={"x-claude-code-session-id": "another"})  # the first session stays where it is warm
    lab.ask("anthropic")
    assert lab.paid() == ["second", "second", "first", "second"]


def test_testing_an_unhealthy_token_heals_it_and_fills_its_windows(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("unauthorized_401", times=2))
    lab.ask("anthropic")
    assert {token["name"]: token["status"] for token in lab.status()}["first"] == "unhealthy"
    failed = admin(lab, "POST", "/api/tokens/first/test", {}).json()
    assert (failed["ok"], failed["token"]["status"]) == (False, "unhealthy")
    assert "credential_refused" in failed["detail"]
    healed = admin(lab, "POST", "/api/tokens/first/test", {}).json()
    assert (healed["ok"], healed["token"]["status"]) == (True, "healthy")
    assert healed["token"]["windows"]
    lab.ask("anthropic", headers={"x-claude-code-session-id": "another"})
    assert lab.paid()[-1] == "first"


def test_a_chatgpt_login_is_tested_at_the_usage_endpoint(lab: Lab) -> None:
    lab.fresh("codex")
    result = admin(lab, "POST", "/api/tokens/first/test", {}).json()
    assert result["ok"] is True
    assert result["detail"].startswith("plan ")
    assert lab.simulator.requests[-1].path.startswith("/backend-api/wham/usage")


@pytest.mark.parametrize(
    ("method", "path", "json", "status", "says"),
    [
        ("PATCH", "/api/tokens/nobody", {"enabled": True}, 404, "no token named 'nobody'"),
        ("PATCH", "/api/tokens/first", {"priority": "high"}, 400, "priority"),
        ("PATCH", "/api/tokens/first", {"secret": "x"}, 400, "secret"),
        ("POST", "/api/tokens/first/explode", {}, 404, "no POST"),
        ("GET", "/api/nothing", None, 404, "no GET"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(
    lab: Lab, method: str, path: str, json: object, status: int, says: str
) -> None:
    lab.fresh("anthropic")
    answer = admin(lab, method, path, json)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]


def test_half_a_character_in_a_plan_or_a_path_spoils_no_answer(lab: Lab) -> None:
    plan = "half \ud83d"
    lab.fresh("anthropic", tokens=("first",), facts={"plan": plan})
    for path in ("/api/tokens", "/api/usage"):
        assert [token["plan"] for token in admin(lab, "GET", path).json()["tokens"]] == [plan]
    assert [token["plan"] for token in lab.http.get("/status").json()["tokens"]] == [plan]
    assert admin(lab, "PATCH", "/api/tokens/first", {"priority": 7}).json()["plan"] == plan
    token = lab.router.admin_headers["authorization"]
    status, _, body = send_raw(
        lab.router.port,
        f"GET /api/\xff HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {token}\r\n\r\n".encode("latin-1"),
    )
    assert (status, b"There is no GET /api/" in body) == (404, True)


def test_the_lock_is_offered_what_the_tokens_reach(lab: Lab) -> None:
    lab.fresh("anthropic", "codex")
    answer = admin(lab, "GET", "/api/targets").json()
    assert answer["providers"] == ["claude", "codex"]
    assert {target.partition("/")[0] for target in answer["models"]} == {"claude", "codex"}
    assert len(set(answer["models"])) == len(answer["models"]) > 2


def test_the_lock_is_set_and_let_go_and_a_wrong_one_names_what_there_is(lab: Lab) -> None:
    assert admin(lab, "GET", "/api/lock").json() == {"target": None, "since_ms": None}
    assert admin(lab, "PUT", "/api/lock", {"target": "codex,gpt-5.5"}).json()["target"] == "codex/gpt-5.5"
    assert admin(lab, "GET", "/api/lock").json()["since_ms"] > 1_700_000_000_000
    refused = admin(lab, "PUT", "/api/lock", {"target": "nowhere"})
    assert refused.status_code == 400
    assert "mitmrouter provider list" in refused.text
    assert admin(lab, "PUT", "/api/lock", {"to": "codex"}).status_code == 400
    assert admin(lab, "PUT", "/api/lock", {"target": None}).json() == {"target": None, "since_ms": None}
