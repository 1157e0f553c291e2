from dataclasses import replace

import pytest

from router_core.clock import FixedClock
from router_core.errors import TokenError
from router_core.home import Home
from router_core.importing.found import Found, key
from router_core.importing.plan import Step, plan
from router_core.importing.take import take
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Token
from tests.router_core.importing.conftest import NOW

PROVIDERS = ("claude", "codex", "openai")
FOUND = Found(
    "claude", "claude", "/a", sort="login", access_token="sk-ant-oat01-new", refresh_token="sk-ant-ort01-new",
    expires_at=NOW + 3600, refresh_expires_at=NOW + 9e5, account_id="acc-1", extra={"id_token": "made-up-id"},
    facts={"email": "me@example.com", "organization_id": "org-1"}, login="claude", shared="claude-file:/a",
)  # fmt: skip
TOKEN = Token(
    "id-1", "mine", "claude", "sk-ant-oat01-old", "sk-ant-ort01-old", "acc-1", NOW - 60, login="claude",
    shared="claude-file:/a", facts={"organization_id": "org-1"},
)  # fmt: skip


def one_step(found: Found, *tokens: Token) -> Step:
    (step,) = plan([found], tokens, PROVIDERS, NOW)
    return step


@pytest.mark.parametrize(
    ("found", "token", "action", "because"),
    [
        pytest.param(FOUND, TOKEN, "update", "newer", id="the vendor's program has renewed it"),
        pytest.param(FOUND, replace(TOKEN, shared=""), "keep", "of its own here", id="a login of our own is better"),
        pytest.param(
            FOUND, replace(TOKEN, shared="", health="unhealthy"), "update", "newer", id="our own no longer works"
        ),
        pytest.param(FOUND, replace(TOKEN, expires_at=NOW + 7200), "keep", "newer", id="ours is newer"),
        pytest.param(
            FOUND, replace(TOKEN, access_token=FOUND.access_token, refresh_token=FOUND.refresh_token), "keep",
            "there already", id="the same",
        ),
        pytest.param(
            FOUND,
            replace(TOKEN, access_token=FOUND.access_token, refresh_token=FOUND.refresh_token, shared="", login=""),
            "update", "shared is new", id="the same, but not known as shared",
        ),
        pytest.param(
            FOUND, replace(TOKEN, facts={"organization_id": "org-2"}), "add", "", id="another organisation"
        ),
        pytest.param(FOUND, replace(TOKEN, account_id="acc-2"), "add", "", id="another account was logged in there"),
        pytest.param(
            FOUND, replace(TOKEN, login="", shared="", refresh_token=None, expires_at=NOW + 7200), "update", "newer",
            id="the same account, added by hand without a refresh token",
        ),
        pytest.param(FOUND, replace(TOKEN, provider="codex"), "add", "", id="the same id at another provider"),
        pytest.param(FOUND, replace(TOKEN, origin="demo"), "add", "", id="a demo's token is not touched"),
        pytest.param(
            replace(FOUND, account_id=None), replace(TOKEN, account_id=None, facts={}), "update", "newer",
            id="nobody knows the account, but it is the same place",
        ),
        pytest.param(
            replace(FOUND, account_id=None, shared="claude-file:/b"), replace(TOKEN, account_id=None), "add", "",
            id="nobody knows the account, and it is another place",
        ),
        pytest.param(
            key("env", "openai", "sk-made-up-0123456789", "$OPENAI_API_KEY"),
            Token("id-2", "k", "openai", "sk-made-up-0123456789"), "keep", "there already", id="the same key",
        ),
        pytest.param(
            key("env", "openai", "sk-made-up-0123456789", "$OPENAI_API_KEY"),
            Token("id-2", "k", "openai", "sk-made-up-another-one"), "add", "", id="another key",
        ),
        pytest.param(replace(FOUND, problem="It is empty."), TOKEN, "skip", "It is empty.", id="one that cannot work"),
        pytest.param(
            replace(FOUND, provider="antigravity"), TOKEN, "skip", "antigravity is not configured", id="no provider"
        ),
    ],
)  # fmt: skip
def test_each_find_has_one_step_with_its_reason(found: Found, token: Token, action: str, because: str) -> None:
    step = one_step(found, token)
    assert step.action == action
    assert because in step.because
    assert step.possible == (action in ("add", "update"))


def test_two_people_of_one_chatgpt_workspace_are_two_accounts() -> None:
    found = replace(FOUND, provider="codex", login="codex", shared="", facts={"user_id": "user-1"})
    token = replace(TOKEN, provider="codex", login="codex", shared="")
    assert one_step(found, replace(token, facts={"user_id": "user-2"})).action == "add"
    assert one_step(found, replace(token, facts={"user_id": "user-1"})).action == "update"


def test_a_copilot_login_of_the_same_github_user_is_the_same() -> None:
    found = Found(
        "copilot", "copilot", "/a", sort="login", refresh_token="ghu_made_up_2", expires_at=0.0, facts={"user": "me"},
        login="copilot",
    )  # fmt: skip
    token = Token("id-3", "gh", "copilot", "tid=made-up", "ghu_made_up_1", "583231", NOW + 900, login="copilot")
    (step,) = plan([found], [replace(token, facts={"user": "me"})], ["copilot"], NOW)
    assert (step.action, step.name) == ("keep", "gh")
    (step,) = plan([found], [replace(token, facts={"user": "you"})], ["copilot"], NOW)
    assert step.action == "add"


def test_the_shared_place_of_another_organisation_is_another_login() -> None:
    found = replace(FOUND, account_id=None)
    assert one_step(found, replace(TOKEN, account_id=None, facts={"organization_id": "org-2"})).action == "add"


def test_a_login_of_an_unknown_organisation_is_not_put_into_one_of_two() -> None:
    other = replace(TOKEN, id="id-2", name="team", facts={"organization_id": "org-2"}, shared="")
    assert one_step(replace(FOUND, facts={}, shared=""), TOKEN, other).action == "add"
    assert one_step(replace(FOUND, facts={}, shared=""), TOKEN).action == "update"


def test_new_tokens_get_names_that_are_free_and_tell_the_account() -> None:
    finds = [
        FOUND,
        replace(FOUND, account_id="acc-2", shared="x", access_token="sk-ant-oat01-c", refresh_token="sk-ant-ort01-c"),
        key("env", "openai", "sk-made-up-0123456789", "$OPENAI_API_KEY"),
        replace(FOUND, provider="codex", facts={"email": "Jürgen M@x"}, login="codex", account_id="x"),
    ]
    steps = plan(finds, [Token("t", "claude-me", "claude", "x")], PROVIDERS, NOW)
    assert [step.name for step in steps] == ["claude-me-2", "claude-me-3", "openai-env", "codex-j-rgen-m"]
    assert next(step.name for step in plan(finds, [], PROVIDERS, NOW, prefix="work-")) == "work-claude-me"
    assert len(plan([FOUND], [], PROVIDERS, NOW, prefix="p" * 64)[0].name) < 60
    assert plan([FOUND], [], PROVIDERS, NOW, prefix="demo-")[0].name == "my-demo-claude-me"


@pytest.fixture
def store(home: Home) -> TokenStore:
    return open_tokens(home, FixedClock(NOW))


def test_a_new_login_is_stored_with_all_that_is_known_of_it(store: TokenStore) -> None:
    taken = take(one_step(FOUND), store, NOW, priority=7)
    token = store.named("claude-me")
    assert token.id == taken.id
    assert (token.access_token, token.refresh_token, token.extra) == (
        FOUND.access_token, FOUND.refresh_token, FOUND.extra,
    )  # fmt: skip
    assert (token.login, token.shared, token.account_id, token.priority) == ("claude", "claude-file:/a", "acc-1", 7)
    assert (token.expires_at, token.refresh_expires_at, token.refreshed_at) == (NOW + 3600, NOW + 9e5, NOW)
    assert token.facts == FOUND.facts


def test_what_was_switched_off_there_is_switched_off_here(store: TokenStore) -> None:
    step = one_step(replace(FOUND, enabled=False))
    assert "Switched off" in step.because
    assert not take(step, store, NOW).enabled


def test_importing_again_updates_the_token_and_makes_it_well(store: TokenStore) -> None:
    old = store.add(replace(TOKEN, id="", priority=3, facts={"plan": "max", "organization_id": "org-1"}))
    store.save_state(replace(old, health="unhealthy", health_because="refused"))
    old = store.named("mine")
    take(one_step(FOUND, old), store, NOW)
    (token,) = store.all()
    assert (token.id, token.name, token.priority, token.health) == (old.id, "mine", 3, "healthy")
    assert (token.access_token, token.refresh_token) == (FOUND.access_token, FOUND.refresh_token)
    assert token.generation == old.generation + 1
    assert token.facts == {**FOUND.facts, "plan": "max"}
    again = one_step(FOUND, token)
    assert again.action == "keep"


def test_learning_that_a_login_is_shared_is_no_new_generation(store: TokenStore) -> None:
    old = store.add(
        replace(
            TOKEN, id="", access_token=FOUND.access_token, refresh_token=FOUND.refresh_token, login="", shared="",
            expires_at=FOUND.expires_at,
        )
    )  # fmt: skip
    take(one_step(FOUND, old), store, NOW, priority=1)
    (token,) = store.all()
    assert (token.login, token.shared, token.priority) == ("claude", "claude-file:/a", 1)
    assert (token.generation, token.access_token) == (old.generation, FOUND.access_token)


def test_a_token_that_was_renewed_meanwhile_is_not_overwritten(store: TokenStore) -> None:
    old = store.add(replace(TOKEN, id=""))
    step = one_step(FOUND, old)
    assert store.rotate(replace(old, refresh_token="sk-ant-ort01-by-the-router"), old.generation)
    with pytest.raises(TokenError, match="by another process"):
        take(step, store, NOW)
    assert store.named("mine").refresh_token == "sk-ant-ort01-by-the-router"
