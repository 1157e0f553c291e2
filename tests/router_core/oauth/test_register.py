"""A login becomes a token: one per account and workspace, whose credentials a new login replaces."""

import threading
from dataclasses import replace

import pytest

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.oauth.register import default_name, register
from router_core.oauth.token_set import TokenSet
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Login, Token


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def store(home: Home, clock: FixedClock) -> TokenStore:
    return open_tokens(home, clock)


def login(number: int = 1, account: str | None = "acc-1", **facts: str) -> TokenSet:
    facts = {"email": "person@example.com", **facts}
    return TokenSet(f"access-{number}", f"refresh-{number}", 1_900_000_000.0, account_id=account, facts=facts)


def test_first_login_is_a_new_token_with_everything_that_was_given(store: TokenStore, clock: FixedClock) -> None:
    found = replace(login(plan="max"), extra={"id_token": "jwt"}, refresh_expires_at=1_950_000_000.0)
    done = register(store, clock, "codex", "codex", found, priority=7)
    token = store.named("codex-person")
    assert (done.renewed, done.token.id) == (False, token.id)
    assert (token.access_token, token.refresh_token, token.login) == ("access-1", "refresh-1", "codex")
    assert (token.expires_at, token.refresh_expires_at) == (1_900_000_000.0, 1_950_000_000.0)
    assert (token.priority, token.account_id, token.refreshed_at) == (7, "acc-1", clock.now())
    assert (dict(token.extra), token.facts["plan"]) == ({"id_token": "jwt"}, "max")


def test_same_account_again_replaces_the_credentials_heals_and_keeps_the_rest(
    store: TokenStore, clock: FixedClock
) -> None:
    first = register(store, clock, "claude", "claude", login(organization_id="o-1"), name="mine", priority=3).token
    store.save(replace(first, weight=2.0, enabled=False, shared="claude-file:/x"))
    store.save_state(replace(first, health="unhealthy", health_because="invalid_grant"))
    done = register(store, clock, "claude", "claude", login(2, organization_id="o-1"))
    (token,) = store.all()
    assert done.renewed
    assert (token.id, token.name, token.priority, token.weight) == (first.id, "mine", 3, 2.0)
    assert (token.access_token, token.refresh_token) == ("access-2", "refresh-2")
    assert token.generation > first.generation
    assert (token.health, token.enabled) == ("healthy", True)
    assert token.shared == "", "a login of our own shares its refresh token with nobody"


@pytest.mark.parametrize(
    ("of", "first", "second"),
    [
        pytest.param(
            "codex", {"account": "acc-1", "user_id": "u"}, {"account": "acc-2", "user_id": "u"}, id="workspaces"
        ),
        pytest.param("claude", {"organization_id": "o-1"}, {"organization_id": "o-2"}, id="organizations"),
        pytest.param("codex", {"user_id": "u-1"}, {"user_id": "u-2"}, id="two people of one workspace"),
        pytest.param("vertex", {"project": "p-1"}, {"project": "p-2"}, id="projects"),
        pytest.param("codex", {"account": None}, {"account": None}, id="nobody knows whose"),
    ],
)
def test_another_workspace_of_the_same_mail_is_another_token(
    store: TokenStore, clock: FixedClock, of: Login, first: dict[str, str], second: dict[str, str]
) -> None:
    register(store, clock, of, of, login(1, **first))
    done = register(store, clock, of, of, login(2, **second))
    assert (done.renewed, len(store.all())) == (False, 2)


def test_part_that_an_imported_login_does_not_know_does_not_make_it_another_account(
    store: TokenStore, clock: FixedClock
) -> None:
    store.add(Token("", "imported", "codex", "a", account_id="acc-1", login="codex"))
    assert register(store, clock, "codex", "codex", login(user_id="u-1")).renewed


def test_same_account_at_another_provider_is_another_token(store: TokenStore, clock: FixedClock) -> None:
    register(store, clock, "codex", "codex", login())
    assert not register(store, clock, "codex-eu", "codex", login(2)).renewed


def test_name_of_another_token_is_left_to_it_and_the_login_is_not_lost(store: TokenStore, clock: FixedClock) -> None:
    store.add(Token("", "mine", "claude", "sk-ant-api03-key"))
    done = register(store, clock, "claude", "claude", login(), name="mine")
    assert (done.name_taken, done.token.name) == ("mine", "claude-person")
    assert store.named("mine").access_token == "sk-ant-api03-key"
    done = register(store, clock, "claude", "claude", login(2), name="mine")
    assert (done.renewed, done.name_taken, done.token.name) == (True, "mine", "claude-person")
    done = register(store, clock, "claude", "claude", login(3), name="ours", priority=1)
    assert (done.token.name, done.token.priority, done.token.access_token) == ("ours", 1, "access-3")


def test_demo_token_of_the_same_account_is_left_alone(store: TokenStore, clock: FixedClock) -> None:
    store.add(Token("", "demo-1", "codex", "a", account_id="acc-1", login="codex", origin="demo"))
    assert not register(store, clock, "codex", "codex", login()).renewed


@pytest.mark.parametrize(
    ("found", "taken", "name"),
    [
        pytest.param(login(), set(), "codex-person", id="of the mail"),
        pytest.param(login(organization="My Work"), {"codex-person"}, "codex-person-My-Work", id="with the workspace"),
        pytest.param(login(), {"codex-person"}, "codex-person-2", id="with a number"),
        pytest.param(login(email="a b+c@x.y"), set(), "codex-a-b-c", id="what a name cannot hold"),
        pytest.param(TokenSet("a", facts={"user": "octocat"}), set(), "codex-octocat", id="of the user"),
        pytest.param(TokenSet("a"), set(), "codex", id="of nobody"),
        pytest.param(login(email="\x1b[2J../" + "x" * 200), set(), "codex-2J..-" + "x" * 45, id="hostile"),
    ],
)
def test_default_name_says_provider_and_account(found: TokenSet, taken: set[str], name: str) -> None:
    assert default_name("codex", found, taken) == name


def test_login_wins_over_renewals_that_run_beside_it(home: Home, store: TokenStore, clock: FixedClock) -> None:
    """A renewal of the old chain that ends a moment later must not put the old chain back."""
    token = register(store, clock, "codex", "codex", login()).token
    stop = threading.Event()

    def renew() -> None:
        mine = open_tokens(home, clock)
        while not stop.is_set():
            seen = mine.named(token.id)
            if seen.access_token.startswith("access-9"):
                continue
            mine.rotate(replace(seen, access_token="renewed", refresh_token="refresh-of-old"), seen.generation)

    beside = threading.Thread(target=renew)
    beside.start()
    try:
        register(store, clock, "codex", "codex", login(9))
    finally:
        stop.set()
        beside.join()
    after = store.named(token.id)
    assert (after.access_token, after.refresh_token) == ("access-9", "refresh-9")
