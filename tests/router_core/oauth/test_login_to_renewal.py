"""From login to renewal: what each login stores is enough to renew it, for ever, and its API takes what comes out."""

from pathlib import Path

import httpx
import pytest

from router_core.clock import FixedClock
from router_core.oauth.code_flow import new_proof
from router_core.oauth.flows import WAYS, flow_of
from router_core.oauth.logins import LOGINS
from router_core.oauth.refresh import renew
from router_core.oauth.register import register
from router_core.oauth.token_set import TokenSet
from router_core.oauth.vertex_login import file_flow, metadata_flow
from router_core.oauth.want import Want
from router_core.simulator import OAuth, Script, ServiceAccount, SimulatorThread
from router_core.tokens.token import Login, Token
from tests.router_core.oauth.renewing import renewing
from tests.router_core.oauth.test_vertex_login import EMAIL, PUBLIC, key_file
from tests.router_core.oauth.walking import Person, config_for, walk
from tests.router_core.simulator.asking import claude_code_body, codex_body

RENEWALS = 3


def logged_in(login: str, url: str, clock: FixedClock) -> TokenSet:
    config, person = config_for(url), Person()
    match login:
        case "vertex":
            return walk(file_flow(key_file(), "", "", config, clock), person)
        case "metadata server":
            return walk(metadata_flow("", "", config, clock), person)
        case _:
            of: Login = login  # type: ignore[assignment]
            way = "paste" if "paste" in WAYS[of] else "device"
            flow = flow_of(of, way, config, clock, new_proof())
            return walk(flow, person, clock=clock, paste=lambda _: person.code_on_page or person.location)


def serves(url: str, token: Token) -> int:
    """The status of one request of the API that the token is for."""
    bearer = {"authorization": f"Bearer {token.access_token}"}
    match token.login:
        case "claude":
            beta = {"anthropic-version": "2023-06-01", "anthropic-beta": "claude-code-20250219,oauth-2025-04-20"}
            path, body, more = "/v1/messages", claude_code_body(), beta
        case "codex":
            path, body, more = (
                "/backend-api/codex/responses",
                codex_body(),
                {"chatgpt-account-id": str(token.account_id)},
            )
        case "copilot":
            with httpx.Client(trust_env=False, verify=False) as http:
                editor = {"editor-version": "vscode/1.107.0", "editor-plugin-version": "copilot-chat/0.26.7",
                          "copilot-integration-id": "vscode-chat"}  # fmt: skip
                return http.get(f"{url}/copilot-api/models", headers={**bearer, **editor}).status_code
        case "vertex":
            path = "/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:countTokens"
            body, more = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}, {}
        case _:
            kind = "ANTIGRAVITY" if token.login == "antigravity" else "IDE_UNSPECIFIED"
            path, body, more = "/v1internal:loadCodeAssist", {"metadata": {"ideType": kind}}, {}
    with httpx.Client(trust_env=False, verify=False) as http:
        return http.post(f"{url}{path}", json=body, headers={**bearer, **more}).status_code


@pytest.mark.parametrize("login", [*LOGINS, "metadata server"])
def test_login_is_renewed_again_and_again_and_serves_each_time(tmp_path: Path, locks: Path, login: str) -> None:
    clock = FixedClock()
    oauth = OAuth(service_accounts=[ServiceAccount(email=EMAIL, public_key=PUBLIC)])
    with (
        SimulatorThread(Script(accept_unknown=False, oauth=oauth), clock=clock) as simulator,
        renewing(tmp_path / "home", simulator, clock) as home,
    ):
        whose: Login = "vertex" if login == "metadata server" else login  # type: ignore[assignment]
        token = register(home.store, clock, whose, whose, logged_in(login, simulator.url, clock)).token
        used = {token.access_token}
        for number in range(RENEWALS + 1):
            assert serves(simulator.url, token) != 401, f"after {number} renewals"
            assert token.expires_at
            clock.advance(token.expires_at - clock.now() + 1)
            assert serves(simulator.url, token) == 401, "it has expired"
            done = renew(token.id, Want(), home.tools(config=config_for(simulator.url)))
            assert done.state == "renewed", done.because
            token = home.stored(token)
            assert token.access_token not in used
            used.add(token.access_token)
        assert [chain.reuses for chain in simulator.logins] == [0]
