"""The simulated authorization servers refuse what the real ones refuse, and what they mint opens the simulated APIs."""

import httpx
import pytest

from router_core.clock import FixedClock
from router_core.simulator import Account, Fault, OAuth, Person, Script, SimulatorThread
from tests.router_core.simulator.asking import claude_code_body, codex_body
from tests.router_core.simulator.asking_oauth import (
    AUTHORIZE,
    CLAUDE,
    CODEX,
    authorize_fields,
    exchange,
    log_in,
    post,
    press,
    refresh,
)
from tests.router_core.simulator.conftest import Start

SERVERS = ["claude", "codex", "google"]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def sim(start: Start, clock: FixedClock) -> SimulatorThread:
    people = [Person(), Person(workspace="Work", plan="team"), Person(email="none@example.com", plan="none")]
    return start(Script(accept_unknown=False, oauth=OAuth(people=people)), clock=clock)


def use(http: httpx.Client, sim: SimulatorThread, server: str, access_token: str, account: str = "") -> httpx.Response:
    """One call to the API that the access token is for."""
    bearer = {"authorization": f"Bearer {access_token}"}
    match server:
        case "claude":
            headers = {"anthropic-version": "2023-06-01", "anthropic-beta": "claude-code-20250219,oauth-2025-04-20"}
            return http.post(f"{sim.url}/v1/messages", json=claude_code_body(), headers={**bearer, **headers})
        case "codex":
            headers = {**bearer, "chatgpt-account-id": account}
            return http.post(f"{sim.url}/backend-api/codex/responses", json=codex_body(), headers=headers)
        case _:
            return http.get(f"{sim.url}/v1beta/models", headers=bearer)


@pytest.mark.parametrize("server", SERVERS)
def test_login_gives_tokens_that_its_api_takes_until_they_expire(
    http: httpx.Client, sim: SimulatorThread, clock: FixedClock, server: str
) -> None:
    found = log_in(http, sim.url, server)
    account = sim.logins[0].account_id
    assert use(http, sim, server, found["access_token"], account).status_code == 200
    clock.advance(found["expires_in"])
    late = use(http, sim, server, found["access_token"], account)
    assert late.status_code == 401
    assert {"claude": "OAuth token has expired", "codex": "token_expired", "google": "ACCESS_TOKEN_EXPIRED"}[
        server
    ] in late.text
    again = refresh(http, sim.url, server, found["refresh_token"]).json()
    assert use(http, sim, server, again["access_token"], account).status_code == 200


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"redirect_uri": "http://localhost:1455/elsewhere"}, id="wrong path"),
        pytest.param({"redirect_uri": "http://evil.example:1455/auth/callback"}, id="somebody else's host"),
        pytest.param({"redirect_uri": "https://localhost/auth/callback"}, id="other scheme"),
        pytest.param({"client_id": "nobody"}, id="unknown client"),
        pytest.param({"code_challenge": ""}, id="no challenge"),
        pytest.param({"code_challenge_method": "plain"}, id="plain challenge"),
        pytest.param({"scope": "everything"}, id="unknown scope"),
        pytest.param({"response_type": "token"}, id="implicit flow"),
    ],
)
def test_wrong_authorization_request_gets_a_page_and_no_redirect(
    http: httpx.Client, sim: SimulatorThread, server: str, changes: dict[str, str]
) -> None:
    for method in ("GET", "POST"):
        fields = authorize_fields(server, **changes)
        path = f"{sim.url}{AUTHORIZE[server][0]}"
        answer = http.get(path, params=fields) if method == "GET" else http.post(path, data=fields)
        assert (answer.status_code, "location" in answer.headers) == (400, False)


def test_codex_knows_two_ports_only_and_claude_wants_a_state(http: httpx.Client, sim: SimulatorThread) -> None:
    page = f"{sim.url}/oauth/authorize"
    for port, status in ((1455, 200), (1457, 200), (1456, 400)):
        fields = authorize_fields("codex", redirect_uri=f"http://localhost:{port}/auth/callback")
        assert http.get(page, params=fields).status_code == status
    assert http.get(page, params=authorize_fields("claude", state="")).status_code == 400


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"code_verifier": "w" * 50}, id="wrong verifier"),
        pytest.param({"code_verifier": "v" * 10}, id="short verifier"),
        pytest.param({"redirect_uri": "http://localhost:1457/auth/callback"}, id="other redirect"),
        pytest.param({"client_id": "nobody"}, id="unknown client"),
        pytest.param({"code": "code-guessed"}, id="unknown code"),
        pytest.param({"grant_type": "password"}, id="unknown grant"),
    ],
)
def test_wrong_exchange_is_refused(
    http: httpx.Client, sim: SimulatorThread, server: str, changes: dict[str, str]
) -> None:
    code = press(http, sim.url, server)["code"]
    answer = exchange(
        http, sim.url, server, changes.get("code", code), **{k: v for k, v in changes.items() if k != "code"}
    )
    assert answer.status_code in (400, 401)
    assert "error" in answer.json()
    assert sim.logins == []


@pytest.mark.parametrize("server", SERVERS)
def test_code_works_once_and_its_reuse_ends_the_login(http: httpx.Client, sim: SimulatorThread, server: str) -> None:
    code = press(http, sim.url, server)["code"]
    found = exchange(http, sim.url, server, code).json()
    assert exchange(http, sim.url, server, code).status_code == 400
    assert refresh(http, sim.url, server, found["refresh_token"]).status_code in (400, 401)


@pytest.mark.parametrize("server", SERVERS)
def test_code_expires(http: httpx.Client, sim: SimulatorThread, clock: FixedClock, server: str) -> None:
    code = press(http, sim.url, server)["code"]
    clock.advance(600)
    assert exchange(http, sim.url, server, code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("server", SERVERS)
def test_declined_consent_is_told_to_the_program(http: httpx.Client, sim: SimulatorThread, server: str) -> None:
    assert press(http, sim.url, server, "deny") == {"error": "access_denied", "state": "state-1"}


def test_claude_wants_the_state_again_and_json(http: httpx.Client, sim: SimulatorThread) -> None:
    code = press(http, sim.url, "claude")["code"]
    assert "state: Field required" in exchange(http, sim.url, "claude", code, state="").text
    assert "Invalid 'state'" in exchange(http, sim.url, "claude", code, state="other").text
    assert http.post(f"{sim.url}/v1/oauth/token", data={"grant_type": "refresh_token"}).status_code == 400


def test_claude_paste_mode_shows_code_and_state_on_a_page(http: httpx.Client, sim: SimulatorThread) -> None:
    paste = "https://platform.claude.com/oauth/code/callback"
    fields = authorize_fields("claude", redirect_uri=paste)
    shown = http.post(f"{sim.url}/oauth/authorize", data={**fields, "decision": "allow"}).text
    code, state = shown.partition('id="code">')[2].partition("</pre>")[0].split("#")
    assert state == "state-1"
    assert exchange(http, sim.url, "claude", code, redirect_uri=paste).status_code == 200


def test_claude_refresh_token_works_once_and_its_reuse_ends_the_chain(http: httpx.Client, sim: SimulatorThread) -> None:
    first = log_in(http, sim.url, "claude")["refresh_token"]
    second = refresh(http, sim.url, "claude", first).json()["refresh_token"]
    for dead in (first, second, "sk-ant-ort01-guessed"):
        answer = refresh(http, sim.url, "claude", dead)
        assert answer.status_code == 400
        assert answer.json() == {
            "error": "invalid_grant",
            "error_description": "Refresh token not found or invalid",
        }
    (chain,) = sim.logins
    assert (chain.refreshes, chain.reuses, chain.alive) == (1, 1, False)


def test_codex_refresh_token_works_once_and_the_answer_says_what_happened_to_it(
    http: httpx.Client, sim: SimulatorThread
) -> None:
    first = log_in(http, sim.url, "codex")["refresh_token"]
    body = {"client_id": CODEX, "grant_type": "refresh_token", "refresh_token": first}
    second = http.post(f"{sim.url}/oauth/token", json=body).json()["refresh_token"]  # JSON as well as a form
    codes = [refresh(http, sim.url, "codex", token).json()["error"]["code"] for token in (first, second, "rt_guessed")]
    assert codes == ["refresh_token_reused", "refresh_token_invalidated", "refresh_token_invalidated"]


def test_google_refresh_token_stays_and_wants_the_clients_secret(http: httpx.Client, sim: SimulatorThread) -> None:
    first = log_in(http, sim.url, "google")["refresh_token"]
    for _ in range(3):
        answer = refresh(http, sim.url, "google", first)
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json()
    assert refresh(http, sim.url, "google", first, client_secret="wrong").json()["error"] == "invalid_client"
    assert refresh(http, sim.url, "google", "1//guessed").json()["error"] == "invalid_grant"
    assert (sim.logins[0].refreshes, sim.logins[0].reuses) == (3, 0)


@pytest.mark.parametrize("server", ["claude", "codex"])
def test_unused_refresh_token_expires(http: httpx.Client, start: Start, clock: FixedClock, server: str) -> None:
    sim = start(Script(oauth=OAuth(refresh_life_s=100)), clock=clock)
    first = log_in(http, sim.url, server)["refresh_token"]
    clock.advance(60)
    second = refresh(http, sim.url, server, first).json()["refresh_token"]
    clock.advance(60)
    third = refresh(http, sim.url, server, second).json()["refresh_token"]
    clock.advance(100)
    late = refresh(http, sim.url, server, third)
    assert late.status_code in (400, 401)
    if server == "codex":
        assert late.json()["error"]["code"] == "refresh_token_expired"


def test_workspaces_of_one_person_are_accounts_of_their_own(http: httpx.Client, sim: SimulatorThread) -> None:
    for person in ("0", "1"):
        log_in(http, sim.url, "codex", person=person)
    home, work = sim.logins
    assert (home.user_id, home.person.email) == (work.user_id, work.person.email)
    assert home.account_id != work.account_id


def test_quota_belongs_to_the_person_and_not_to_the_access_token(http: httpx.Client, start: Start) -> None:
    windows = [{"name": "5h", "length_s": 18000, "capacity_tokens": 10}]
    account = Account.model_validate(
        {"token": "sk-ant-oat01-a", "kind": "anthropic_oauth", "refresh_token": "sk-ant-ort01-a", "windows": windows}
    )
    sim = start(Script(accounts=[account]))
    assert use(http, sim, "claude", "sk-ant-oat01-a").status_code == 200
    renewed = refresh(http, sim.url, "claude", "sk-ant-ort01-a").json()["access_token"]
    assert use(http, sim, "claude", renewed).status_code == 429


def test_listed_account_expires_and_is_renewed_by_its_listed_refresh_token(
    http: httpx.Client, start: Start, clock: FixedClock
) -> None:
    account = Account(token="sk-ant-oat01-a", kind="anthropic_oauth", refresh_token="sk-ant-ort01-a", expires_in_s=60)
    sim = start(Script(accounts=[account]), clock=clock)
    assert use(http, sim, "claude", account.token).status_code == 200
    clock.advance(60)
    assert use(http, sim, "claude", account.token).status_code == 401
    renewed = refresh(http, sim.url, "claude", account.refresh_token).json()
    assert use(http, sim, "claude", renewed["access_token"]).status_code == 200


# ---- steering -------------------------------------------------------------------------------------------------------


def test_logins_and_their_counts_can_be_looked_at_and_made_from_another_process(
    http: httpx.Client, sim: SimulatorThread
) -> None:
    made = http.post(f"{sim.url}/_simulator/oauth", json={"server": "claude"}).json()
    refresh(http, sim.url, "claude", made["refresh_token"])
    refresh(http, sim.url, "claude", made["refresh_token"])
    (chain,) = http.get(f"{sim.url}/_simulator/oauth").json()["chains"]
    assert (chain["refreshes"], chain["reuses"], chain["alive"]) == (1, 1, False)
    assert http.post(f"{sim.url}/_simulator/oauth", json={"server": "nobody"}).status_code == 400


@pytest.mark.parametrize(
    ("server", "fault", "status"),
    [("claude", "rate_limit", 429), ("claude", "overloaded_529", 529), ("codex", "server_error_500", 500),
     ("google", "overloaded_503", 503)],
)  # fmt: skip
def test_faults_strike_token_endpoints_too(
    http: httpx.Client, sim: SimulatorThread, server: str, fault: str, status: int
) -> None:
    path = {"claude": "/v1/oauth/token", "codex": "/oauth/token", "google": "/token"}[server]
    sim.set_faults([Fault.model_validate({"fault": fault, "path": path})])
    chain = sim.log_in(server)  # type: ignore[arg-type]
    assert refresh(http, sim.url, server, chain.refresh_token).status_code == status
    assert refresh(http, sim.url, server, chain.refresh_token).status_code == 200, "the refused try used nothing up"


def test_token_endpoint_can_use_a_refresh_token_up_and_lose_the_answer(
    http: httpx.Client, sim: SimulatorThread
) -> None:
    sim.set_faults([Fault.model_validate({"fault": "cut_stream", "path": "/v1/oauth/token"})])
    chain = sim.log_in("claude")
    with pytest.raises(httpx.HTTPError):
        refresh(http, sim.url, "claude", chain.refresh_token)
    assert sim.logins[0].refreshes == 1
    assert refresh(http, sim.url, "claude", chain.refresh_token).status_code == 400


def test_unknown_client_of_claude_is_refused_at_the_token_endpoint(http: httpx.Client, sim: SimulatorThread) -> None:
    chain = sim.log_in("claude")
    assert refresh(http, sim.url, "claude", chain.refresh_token, client_id=CLAUDE[::-1]).status_code == 401
    assert post(http, sim.url, "claude", {}).status_code == 401
