"""When a credential is renewed, and who renews it."""

import pytest

from router_core.config.schema import Config
from router_core.oauth.due import chain_of, due_at, is_dead, jitter, login_of, needs_refresh
from router_core.tokens.token import Token

NOW = 1_800_000_000.0


def token(access: str = "a", refresh: str | None = "r", **fields: object) -> Token:
    return Token("t1", "mine", "claude", access, refresh, **{"login": "claude", **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        pytest.param({"expires_at": NOW, "refreshed_at": NOW - 28_800}, NOW - 300, id="claude-8h"),
        pytest.param({"expires_at": NOW, "refreshed_at": NOW - 864_000}, NOW - 300, id="codex-10d"),
        pytest.param({"expires_at": NOW}, NOW - 300, id="imported"),
        pytest.param({"expires_at": NOW, "refreshed_at": NOW - 100}, NOW - 20, id="short-life"),
        pytest.param({"expires_at": NOW, "refreshed_at": NOW + 5}, NOW - 300, id="clock-moved"),
        pytest.param(
            {"expires_at": NOW + 1800, "refreshed_at": NOW, "facts": {"refresh_in": "1500"}}, NOW + 1440, id="copilot"
        ),
        pytest.param(
            {"expires_at": NOW + 1800, "refreshed_at": NOW, "facts": {"refresh_in": "40"}}, NOW + 20, id="tiny"
        ),
        pytest.param({}, None, id="no-expiry"),
    ],
)
def test_when_it_is_due(fields: dict[str, object], due: float | None) -> None:
    assert due_at(token(**fields)) == due
    if due is not None:
        assert needs_refresh(token(**fields), due)
        assert not needs_refresh(token(**fields), due - 0.1)


def test_a_login_without_an_access_token_is_due_at_once() -> None:
    assert needs_refresh(token(access=""), NOW)
    assert is_dead(token(access=""), NOW)


def test_a_credential_is_dead_a_moment_before_its_end() -> None:
    assert is_dead(token(expires_at=NOW + 4), NOW)
    assert not is_dead(token(expires_at=NOW + 6), NOW)
    assert not is_dead(token(), NOW)


def test_tokens_that_expire_together_are_not_renewed_together() -> None:
    from dataclasses import replace

    shares = {jitter(replace(token(expires_at=NOW, refreshed_at=NOW - 28_800), id=f"t{n}")) for n in range(50)}
    assert len(shares) == 50
    assert all(0 <= share <= 60 for share in shares)
    assert jitter(token(expires_at=NOW, refreshed_at=NOW - 10)) <= 1  # a short life is not eaten up by it


@pytest.mark.parametrize(
    ("given", "login"),
    [
        pytest.param(token(), "claude", id="its-own"),
        pytest.param(token(login=""), "claude", id="by-its-provider"),
        pytest.param(token(login="", refresh=None), "", id="a-key"),
        pytest.param(token(origin="demo"), "", id="demo"),
        pytest.param(token(login="", origin="config"), "", id="config"),
    ],
)
def test_whose_server_renews_it(given: Token, login: str) -> None:
    assert login_of(given, Config()) == login


def test_chains_are_told_apart_by_what_they_are_renewed_with() -> None:
    account = token(refresh=None, login="vertex", extra={"service_account": "{}"})
    chains = [chain_of(token(), "claude"), chain_of(token(refresh="r2"), "claude"), chain_of(token(), "codex")]
    assert len({*chains, chain_of(account, "vertex")}) == 4
    assert chain_of(token(refresh=None), "claude") is None
    assert chain_of(token(), "") is None
