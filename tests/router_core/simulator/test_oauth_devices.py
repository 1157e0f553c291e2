"""Logins without a browser of their own, at the simulated servers: device codes, and JWTs of service accounts."""

from urllib.parse import parse_qs

import httpx
import pytest

from router_core.clock import FixedClock
from router_core.config.schema import Config
from router_core.oauth import vertex
from router_core.simulator import OAuth, Person, Script, ServiceAccount, SimulatorThread
from tests.router_core.simulator.asking_oauth import (
    CODEX,
    GITHUB,
    authorize_fields,
    exchange,
    key_pair,
)
from tests.router_core.simulator.conftest import Start
from tests.router_core.simulator.test_oauth_servers import use

EDITOR = {"user-agent": "GitHubCopilotChat/1", "editor-version": "vscode/1.107.0", "accept": "application/json"}
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def sim(start: Start, clock: FixedClock) -> SimulatorThread:
    return start(Script(accept_unknown=False), clock=clock)


def github_device(http: httpx.Client, sim: SimulatorThread) -> dict[str, object]:
    body = {"client_id": GITHUB, "scope": "read:user"}
    found: dict[str, object] = http.post(f"{sim.url}/login/device/code", json=body, headers=EDITOR).json()
    return found


def github_poll(
    http: httpx.Client, sim: SimulatorThread, device: dict[str, object], **changes: str
) -> dict[str, object]:
    body = {"client_id": GITHUB, "device_code": device["device_code"], "grant_type": DEVICE_GRANT, **changes}
    answer = http.post(f"{sim.url}/login/oauth/access_token", json=body, headers=EDITOR)
    assert answer.status_code == 200, "GitHub says no with a 200"
    found: dict[str, object] = answer.json()
    return found


def test_github_device_login_and_the_copilot_token_made_of_it(
    http: httpx.Client, sim: SimulatorThread, clock: FixedClock
) -> None:
    device = github_device(http, sim)
    assert github_poll(http, sim, device)["error"] == "authorization_pending"
    assert github_poll(http, sim, device) | {"error_description": ""} == {
        "error": "slow_down", "interval": 10, "error_description": "",
    }  # fmt: skip
    done = http.post(f"{sim.url}/login/device", data={"user_code": device["user_code"], "decision": "allow"})
    assert done.status_code == 200
    clock.advance(10)
    login = github_poll(http, sim, device)
    assert github_poll(http, sim, device)["error"] == "incorrect_device_code", "a device code works once"
    headers = {**EDITOR, "authorization": f"token {login['access_token']}"}
    made = http.get(f"{sim.url}/copilot_internal/v2/token", headers=headers).json()
    assert made["token"].startswith("tid=")
    assert made["expires_at"] == clock.now() + 1500
    assert made["endpoints"]["api"] == sim.base_urls["copilot"]
    for broken, status in (
        ({**headers, "authorization": "token ghu_guessed"}, 401),
        ({**headers, "editor-version": ""}, 400),
        ({**headers, "user-agent": ""}, 403),
    ):
        assert http.get(f"{sim.url}/copilot_internal/v2/token", headers=broken).status_code == status


def test_github_refuses_a_denied_an_expired_and_an_unknown_device_code(
    http: httpx.Client, sim: SimulatorThread, clock: FixedClock
) -> None:
    denied = github_device(http, sim)
    http.post(f"{sim.url}/login/device", data={"user_code": denied["user_code"], "decision": "deny"})
    assert github_poll(http, sim, denied)["error"] == "access_denied"
    expired = github_device(http, sim)
    clock.advance(900)
    assert github_poll(http, sim, expired)["error"] == "expired_token"
    assert http.post(f"{sim.url}/login/device", data={"user_code": expired["user_code"]}).status_code == 400
    assert github_poll(http, sim, {"device_code": "guessed"})["error"] == "incorrect_device_code"
    assert github_poll(http, sim, expired, grant_type="password")["error"] == "unsupported_grant_type"
    assert github_poll(http, sim, expired, client_id="nobody")["error"] == "incorrect_client_credentials"


def test_github_answers_a_form_unless_json_is_asked_for(http: httpx.Client, sim: SimulatorThread) -> None:
    answer = http.post(f"{sim.url}/login/device/code", data={"client_id": GITHUB}, headers={"accept": "*/*"})
    assert "device_code" in parse_qs(answer.text)


def test_account_without_copilot_gets_no_copilot_token(http: httpx.Client, sim: SimulatorThread) -> None:
    login = sim.log_in("github", Person(email="none@example.com", plan="none"))
    headers = {**EDITOR, "authorization": f"token {login.refresh_token}"}
    assert http.get(f"{sim.url}/copilot_internal/v2/token", headers=headers).status_code == 403


def test_codex_device_login(http: httpx.Client, sim: SimulatorThread, clock: FixedClock) -> None:
    asked = http.post(f"{sim.url}/api/accounts/deviceauth/usercode", json={"client_id": CODEX}).json()
    assert asked["interval"] == "5", "a text, as the provider sends it"
    poll = {"device_auth_id": asked["device_auth_id"], "user_code": asked["user_code"]}
    where = f"{sim.url}/api/accounts/deviceauth/token"
    assert http.post(where, json=poll).status_code == 403
    assert http.post(where, json=poll).json()["error"]["code"] == "slow_down"
    http.post(f"{sim.url}/codex/device", data={"user_code": asked["user_code"], "decision": "allow"})
    clock.advance(5)
    given = http.post(where, json=poll).json()
    fields = {"redirect_uri": f"{sim.url}/deviceauth/callback", "code_verifier": given["code_verifier"]}
    assert exchange(http, sim.url, "codex", given["authorization_code"], code_verifier="w" * 50).status_code == 400
    assert exchange(http, sim.url, "codex", given["authorization_code"], **fields).status_code == 200
    assert http.post(where, json={**poll, "user_code": "OTHER"}).status_code == 404
    clock.advance(900)
    assert http.post(where, json=poll).status_code == 404


@pytest.mark.parametrize(("consent", "error"), [("allow", ""), ("deny", "access_denied")])
def test_person_who_is_not_there_decides_as_the_script_says(
    http: httpx.Client, start: Start, clock: FixedClock, consent: str, error: str
) -> None:
    sim = start(Script.model_validate({"oauth": {"consent": consent}}), clock=clock)
    device = github_device(http, sim)
    assert github_poll(http, sim, device)["error"] == "authorization_pending", "nobody is that quick"
    clock.advance(5)
    assert github_poll(http, sim, device).get("error", "") == error
    shown = http.get(f"{sim.url}/oauth/authorize", params=authorize_fields("codex")).text
    assert f'name="decision" value="{consent}">' in shown
    assert "forms[0].submit()" in shown


def test_service_account_is_checked_by_its_signature_audience_and_times(
    http: httpx.Client, start: Start, clock: FixedClock
) -> None:
    private, public = key_pair()
    stranger, _ = key_pair()
    email = "robot@p-1.iam.gserviceaccount.com"
    sim = start(Script(oauth=OAuth(service_accounts=[ServiceAccount(email=email, public_key=public)])), clock=clock)
    config = Config.model_validate({"oauth": {"vertex": {"base_url": sim.url}}})
    info = {"type": "service_account", "client_email": email, "private_key": private, "private_key_id": "k1"}

    def ask(changes: dict[str, str], at: float = clock.now()) -> httpx.Response:
        call = vertex.grant_call({**info, **changes}, config, at)
        return http.post(call.url, content=call.body, headers=dict(call.headers))

    good = ask({})
    assert good.status_code == 200, good.text
    assert use(http, sim, "google", good.json()["access_token"]).status_code == 200
    for bad in (
        ask({"private_key": stranger}),
        ask({"client_email": "other@p-1.iam.gserviceaccount.com"}),
        ask({"token_uri": "https://www.googleapis.com/oauth2/v4/token"}),
        ask({}, clock.now() + 4000),
        ask({}, clock.now() - 4000),
    ):
        assert (bad.status_code, bad.json()["error"]) == (400, "invalid_grant"), bad.text
