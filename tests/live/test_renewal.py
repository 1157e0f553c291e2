"""Logins that are renewed under a real router, against the simulated authorization servers."""

import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from router_core.simulator.oauth_book import Chain
from router_core.store.renewals import host_answered
from router_core.tokens.token import Token
from tests.router_core.oauth.renewing import HOUR_S, ClaudeFile
from tests.support.lab import Lab, restarted, running_lab
from tests.support.router import wait_until

TOKEN_PATH = "/v1/oauth/token"
_numbers = itertools.count(1)


def _environment(url: str) -> dict[str, str]:
    return {f"MITMROUTER__OAUTH__{name}__BASE_URL": url for name in ("CLAUDE", "CODEX", "COPILOT")}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    from router_core.simulator import SimulatorThread

    with (
        SimulatorThread() as simulator,
        running_lab(
            tmp_path_factory.mktemp("renewal"), simulator=simulator, env=_environment(simulator.url)
        ) as running,
    ):
        yield running


def _new_login(lab: Lab) -> Chain:
    """The simulator gives out the same tokens after each reset: not twice in one run of ours."""
    return [lab.simulator.log_in("claude") for _ in range(next(_numbers))][-1]


def _log_in(lab: Lab, name: str = "first", left_s: float = 8 * HOUR_S, **fields: Any) -> tuple[Token, Chain]:
    """A login of the simulator in the router."""
    chain = fields.pop("chain", None) or _new_login(lab)
    lab.secrets[name] = chain.access_token
    expires = time.time() + left_s
    token = lab.store.add(
        Token(
            "", name, "claude", chain.access_token, chain.refresh_token, expires_at=expires, login="claude",
            **{"claude_code_compat": True, "priority": len(lab.secrets), **fields},
        )
    )  # fmt: skip
    wait_until(lambda: name in {token["name"] for token in lab.status()})
    return token, chain


def _uses(lab: Lab) -> int:
    return sum(1 for seen in lab.simulator.requests if seen.path == TOKEN_PATH)


def _generation(lab: Lab, token: Token) -> int:
    found = lab.store.get(token.id)
    assert found is not None
    return found.generation


def _fresh(lab: Lab) -> None:
    lab.fresh()
    lab.simulator.reset()
    host_answered(lab.store, urlsplit(lab.simulator.url).netloc)  # no server is left alone from an earlier test


def test_a_login_is_renewed_ahead_and_no_client_notices(lab: Lab) -> None:
    _fresh(lab)
    token, _ = _log_in(lab, left_s=200)
    wait_until(lambda: _generation(lab, token) == 1, 10)
    stored = lab.store.get(token.id)
    assert stored is not None
    lab.secrets["first"] = stored.access_token
    assert lab.ask("oauth").status_code == 200
    assert lab.paid() == ["first"]
    assert lab.outcomes() == [("first", "answered", "done")]
    assert _uses(lab) == 1


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("fault", ["unauthorized_401", "forbidden_403"])
def test_a_credential_that_is_refused_in_mid_life_is_renewed_within_the_request(
    lab: Lab, fault: str, streamed: bool
) -> None:
    """Report 58: the server had ended it, the local expiry was hours away."""
    _fresh(lab)
    token, _ = _log_in(lab)
    lab.faults(lab.fault(fault))
    answer = lab.ask("oauth", stream=streamed)
    assert answer.status_code == 200, answer.text
    assert lab.outcomes() == [("first", "credential_refused", "same_token"), ("first", "answered", "done")]
    attempts = lab.attempts(lab.rows(1)[0])
    assert "renewed, once more" in attempts[0]["reason"]
    assert attempts[1]["because"].startswith("the same token once more, renewed")
    assert (_generation(lab, token), _uses(lab), lab.token().health) == (1, 1, "healthy")


def test_many_requests_that_are_refused_together_cost_one_renewal(lab: Lab) -> None:
    from concurrent.futures import ThreadPoolExecutor

    _fresh(lab)
    _log_in(lab)
    lab.faults(lab.fault("unauthorized_401"))
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda number: lab.ask("oauth").status_code, range(8)))
    assert answers == [200] * 8
    assert _uses(lab) == 1


def test_a_login_that_is_dead_gives_way_to_the_next_token_and_says_what_to_do(lab: Lab) -> None:
    _fresh(lab)
    _log_in(lab)
    _log_in(lab, "second")
    lab.faults(
        lab.fault("unauthorized_401"),
        lab.fault("status", "*", path=TOKEN_PATH, status=400, body='{"error":"invalid_grant"}'),
    )
    assert lab.ask("oauth").status_code == 200
    assert lab.outcomes() == [("first", "credential_refused", "next_token"), ("second", "answered", "done")]
    assert "not renewed: Claude refused to renew first" in lab.attempts(lab.rows(1)[0])[0]["reason"]
    dead = lab.token()
    assert dead.health == "unhealthy"
    assert "Log in again: mitmrouter auth login claude" in dead.health_because
    assert lab.ask("oauth").status_code == 200
    assert _uses(lab) == 1


def test_a_credential_that_is_refused_after_its_renewal_too_is_put_aside(lab: Lab) -> None:
    _fresh(lab)
    token, _ = _log_in(lab)
    _log_in(lab, "second")
    lab.faults(lab.fault("unauthorized_401", "*", times=2))
    assert lab.ask("oauth").status_code == 200
    assert [row[:1] + row[2:] for row in lab.outcomes()] == [
        ("first", "same_token"), ("first", "next_token"), ("second", "done"),
    ]  # fmt: skip
    assert "also after it was renewed" in lab.token().health_because
    assert (_generation(lab, token), _uses(lab)) == (1, 1)


def test_after_a_long_sleep_the_first_request_waits_for_the_renewal(lab: Lab) -> None:
    _fresh(lab)
    lab.faults(lab.fault("stall_before_headers", "*", path=TOKEN_PATH, delay_s=0.7))
    token, _ = _log_in(lab, left_s=-HOUR_S)
    answer = lab.ask("oauth")
    assert answer.status_code == 200, answer.text
    assert lab.outcomes() == [("first", "answered", "done")]
    assert "renewed first" in lab.attempts(lab.rows(1)[0])[0]["because"]
    assert (_generation(lab, token), _uses(lab)) == (1, 1)


def test_an_authorization_server_that_hangs_holds_up_nobody_who_can_pay(lab: Lab) -> None:
    _fresh(lab)
    lab.faults(lab.fault("stall_before_headers", "*", path=TOKEN_PATH, delay_s=7))
    _log_in(lab, left_s=-HOUR_S)
    _log_in(lab, "second")
    lab.simulator.wait_for_requests(1, 10, finished=False)
    time.sleep(3)
    began = time.monotonic()
    for _ in range(3):
        assert lab.ask("oauth").status_code == 200
    assert time.monotonic() - began < 2
    assert set(lab.paid()) == {"second"}


def test_an_authorization_server_that_fails_is_left_alone_for_longer_and_longer(lab: Lab) -> None:
    _fresh(lab)
    lab.faults(lab.fault("status", "*", path=TOKEN_PATH, status=503, body="down"))
    _log_in(lab, left_s=-HOUR_S)
    _log_in(lab, "second")
    wait_until(lambda: lab.token().cooldowns, 10)
    for _ in range(3):
        assert lab.ask("oauth").status_code == 200
    assert _uses(lab) == 1
    (rest,) = lab.token().cooldowns
    assert rest.kind == "not_renewed"
    assert "expired, and not renewed yet" in rest.because
    assert lab.token().health == "healthy"  # it comes back by itself


def test_a_credential_that_has_run_out_and_cannot_be_renewed_costs_no_request(lab: Lab) -> None:
    _fresh(lab)
    lab.add("first", "oauth", priority=0, expires_at=time.time() - 5)
    lab.add("second", "oauth", priority=1)
    assert lab.ask("oauth").status_code == 200
    assert lab.paid() == ["second"]
    wait_until(lambda: lab.token().health == "unhealthy", 5)
    assert "mitmrouter token edit first --access-token-stdin" in lab.token().health_because


# ---- shared with Claude Code ----------------------------------------------------------------------------------------


@pytest.fixture
def claude_file(tmp_path: Path) -> ClaudeFile:
    return ClaudeFile(tmp_path / ".claude" / ".credentials.json")


def test_what_claude_code_has_renewed_is_taken_over_by_itself(lab: Lab, claude_file: ClaudeFile) -> None:
    _fresh(lab)
    mine, theirs = _new_login(lab), _new_login(lab)
    claude_file.put_chain(mine, time.time() + HOUR_S)
    token, _ = _log_in(lab, left_s=HOUR_S, chain=mine, shared=claude_file.locator)
    time.sleep(1)
    claude_file.put_chain(theirs, time.time() + 8 * HOUR_S)
    wait_until(lambda: (found := lab.store.get(token.id)) and found.access_token == theirs.access_token, 15)
    lab.secrets["first"] = theirs.access_token
    assert lab.ask("oauth").status_code == 200
    assert lab.paid() == ["first"]
    assert _uses(lab) == 0


def test_what_is_renewed_here_claude_code_finds_in_its_own_file(lab: Lab, claude_file: ClaudeFile) -> None:
    _fresh(lab)
    chain = _new_login(lab)
    claude_file.put_chain(chain, time.time() + 100)
    token, _ = _log_in(lab, left_s=100, chain=chain, shared=claude_file.locator)
    wait_until(lambda: claude_file.held()["accessToken"] != chain.access_token, 15)
    wait_until(lambda: (found := lab.store.get(token.id)) and not found.write_back, 5)
    stored = lab.store.get(token.id)
    assert stored is not None
    held = claude_file.held()
    assert (held["accessToken"], held["refreshToken"]) == (stored.access_token, stored.refresh_token)
    assert claude_file.document()["mcpOAuth"] == {"linear|1": {"accessToken": "mcp-made-up"}}
    assert (held["subscriptionType"], os.stat(claude_file.path).st_mode & 0o777) == ("max", 0o644)


# ---- the end of a router --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_router_that_ends_during_a_renewal_loses_no_login(tmp_path: Path, how: str) -> None:
    from router_core.simulator import SimulatorThread

    with SimulatorThread() as simulator, running_lab(
        tmp_path, simulator=simulator, env=_environment(simulator.url)
    ) as lab:  # fmt: skip
        lab.faults(lab.fault("stall_before_headers", "*", path=TOKEN_PATH, delay_s=1.5))
        token, _ = _log_in(lab, left_s=100)
        simulator.wait_for_requests(1, 10, finished=False)
        began = time.monotonic()
        getattr(lab.router, how)()
        assert time.monotonic() - began < 5
        wait_until(lambda: _generation(lab, token) == 1, 15)
        stored = lab.store.get(token.id)
        chains = [chain for chain in simulator.logins if chain.refreshes]
        assert stored is not None
        assert [(chain.refresh_token, chain.refreshes, chain.reuses) for chain in chains] == [
            (stored.refresh_token, 1, 0)
        ]
        with restarted(lab) as again:
            again.secrets["first"] = stored.access_token
            assert again.ask("oauth").status_code == 200
            assert again.paid() == ["first"]
