"""`token refresh`, and the commands that use a login which has run out."""

import json
import time
from collections.abc import Iterator

import pytest

from router_core.clock import SystemClock
from router_core.simulator import SimulatorThread
from router_core.simulator.oauth_book import Chain
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Token
from tests.router_core.cli.conftest import Cli


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Iterator[SimulatorThread]:
    with SimulatorThread() as running:
        monkeypatch.setenv("MITMROUTER__OAUTH__CLAUDE__BASE_URL", running.url)
        monkeypatch.setenv("MITMROUTER__PROVIDERS__CLAUDE__BASE_URL", running.url)
        yield running


@pytest.fixture
def store(cli: Cli) -> Iterator[TokenStore]:
    store = open_tokens(cli.home.ensure(), SystemClock())
    yield store
    store.database.close()


def _add(store: TokenStore, chain: Chain, left_s: float) -> Token:
    return store.add(
        Token(
            "", "mine", "claude", chain.access_token, chain.refresh_token, login="claude",
            expires_at=time.time() + left_s,
        )
    )  # fmt: skip


def test_a_login_is_renewed_although_it_has_time_left(cli: Cli, store: TokenStore, simulator: SimulatorThread) -> None:
    token = _add(store, simulator.log_in("claude"), 7 * 3600)
    result = cli("token", "refresh", "mine")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.output.startswith("renewed  mine (claude): renewed by 127.0.0.1:")
    assert "good for 8h00m" in result.output
    stored = store.get(token.id)
    assert stored is not None
    assert stored.refresh_token == simulator.logins[0].refresh_token
    for secret in (token.access_token, stored.access_token, stored.refresh_token or ""):
        assert secret not in result.output


def test_json_says_how_it_went(cli: Cli, store: TokenStore, simulator: SimulatorThread) -> None:
    _add(store, simulator.log_in("claude"), 60)
    told = json.loads(cli("token", "refresh", "mine", "--json").output)
    assert (told["name"], told["state"], told["ok"], told["generation"]) == ("mine", "renewed", True, 1)


def test_a_dead_login_fails_and_says_what_to_do(cli: Cli, store: TokenStore, simulator: SimulatorThread) -> None:
    chain = simulator.log_in("claude")
    simulator.reset()  # the server knows nothing of it any more
    _add(store, chain, 60)
    result = cli("token", "refresh", "mine")
    assert result.exit_code == 1
    assert "Log in again: mitmrouter auth login claude" in result.output


def test_a_key_is_no_login(cli: Cli, store: TokenStore) -> None:
    store.add(Token("", "key", "claude", "sk-ant-api03-x"))
    result = cli("token", "refresh", "key")
    assert result.exit_code == 1
    assert "key is no login that could be renewed" in result.output


def test_token_test_renews_a_login_that_has_run_out_first(
    cli: Cli, store: TokenStore, simulator: SimulatorThread
) -> None:
    token = _add(store, simulator.log_in("claude"), -60)
    result = cli("token", "test", "mine")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("works  mine")
    stored = store.get(token.id)
    assert stored is not None
    assert stored.generation == 1


def test_editing_a_token_while_it_is_renewed_does_not_bring_the_used_credential_back(
    cli: Cli, store: TokenStore, simulator: SimulatorThread
) -> None:
    token = _add(store, simulator.log_in("claude"), 60)
    read_before = store.named("mine")
    assert cli("token", "refresh", "mine").exit_code == 0
    store.save(read_before)  # what `token edit` and the TUI do with what they had read
    stored = store.get(token.id)
    assert stored is not None
    assert (stored.refresh_token, stored.generation) == (simulator.logins[0].refresh_token, 1)
