"""What may be given as a token, and what may be changed of one: the same for commands and for the admin API."""

from dataclasses import replace

import pytest

from router_core.config.schema import Config, ProviderConfig
from router_core.errors import TokenError
from router_core.providers.catalogue import CATALOGUE
from router_core.tokens.given import Change, Given, changed, new_token, provider_meant, seems_of_another
from router_core.tokens.token import Token

OAT = "sk-ant-oat01-made-up-0123456789"
KEY = "sk-ant-api03-made-up-0123456789"
TOKEN = Token("id", "mine", "claude", OAT, credential="claude-oauth", claude_code_compat=True, max_concurrent=4)


def provider(name: str) -> ProviderConfig:
    return CATALOGUE[name]


def test_a_new_token_has_what_was_given_without_the_blanks_around_it() -> None:
    new = new_token(Given("work", "claude", f" {OAT}\n", weight=2.0, claude_code_compat=True), provider("claude"), [])
    assert (new.name, new.access_token, new.weight, new.claude_code_compat) == ("work", OAT, 2.0, True)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (Given("no blanks", "claude", KEY), "up to 64 letters"),
        (Given("demo-x", "claude", KEY), "belong to the demo"),
        (Given("a", "claude", " "), "The access token is empty."),
        (Given("a", "claude", "two words of it"), "white space"),
        (Given("a", "claude", KEY, "x y"), "The refresh token holds"),
        (Given("a", "claude", KEY, claude_code_compat=True), "for Claude subscription tokens"),
        (Given("a", "claude", OAT), "registered already, as 'mine'"),
        (Given("a", "codex", KEY), "not the access token of a ChatGPT login"),
    ],
    ids=["name", "demo", "empty", "blanks", "refresh", "compat", "twice", "codex"],
)
def test_what_cannot_be_is_said_without_the_secret(given: Given, says: str) -> None:
    with pytest.raises(TokenError, match=says) as raised:
        new_token(given, provider(given.provider), [TOKEN])
    for secret in (given.access_token.strip(), given.refresh_token):
        assert not secret or secret not in raised.value.message
    assert given.access_token not in repr(given) or not given.access_token.strip()


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (Change(), {}),
        (Change(name="other", priority=-3, weight=0.5, enabled=False),
         {"name": "other", "priority": -3, "weight": 0.5, "enabled": False}),
        (Change(max_concurrent=0), {"max_concurrent": None}),
        (Change(claude_code_compat=False), {"claude_code_compat": False}),
        (Change(access_token=KEY), {"access_token": KEY, "claude_code_compat": False}),
    ],
    ids=["nothing", "several", "no limit", "compat off", "a key has no compat"],
)  # fmt: skip
def test_only_what_is_named_changes(change: Change, fields: dict[str, object]) -> None:
    assert changed(TOKEN, change, provider) == replace(TOKEN, **fields)  # type: ignore[arg-type]


def test_the_settings_of_a_provider_are_asked_for_with_a_new_credential_only() -> None:
    def refused(name: str) -> ProviderConfig:
        raise TokenError(f"{name} is not configured")

    assert changed(TOKEN, Change(priority=1), refused).priority == 1
    with pytest.raises(TokenError, match="claude is not configured"):
        changed(TOKEN, Change(access_token=KEY), refused)


def test_a_token_of_the_demo_may_be_played_with_and_stays_what_it_is() -> None:
    demo = replace(TOKEN, origin="demo", claude_code_compat=False)
    assert changed(demo, Change(enabled=False, priority=3), provider).priority == 3
    for change in (Change(name="x"), Change(access_token=KEY), Change(claude_code_compat=True), Change(account_id="a")):
        with pytest.raises(TokenError, match="belongs to the demo"):
            changed(demo, change, provider)
    with pytest.raises(TokenError, match=r"kept in config\.toml"):
        changed(replace(TOKEN, origin="config"), Change(priority=1), provider)


@pytest.mark.parametrize(("typed", "name"), [("claude", "claude"), ("Anthropic", "claude"), ("CODEX", "codex")])
def test_a_provider_is_meant_by_other_names_too(typed: str, name: str) -> None:
    config = Config().model_copy(update={"providers": dict(CATALOGUE)})
    assert provider_meant(typed, config) == name
    with pytest.raises(TokenError, match="Did you mean 'claude'"):
        provider_meant("claud", config)


@pytest.mark.parametrize(
    ("secret", "provider", "other"),
    [
        ("sk-proj-made-up", "claude", "openai"),
        ("sk-ant-api03-made-up", "openai", "claude"),
        ("sk-ant-api03-made-up", "claude", None),
        ("sk-or-made-up", "openrouter-anthropic", None),
        ("AIza-made-up", "vertex", None),
        ("sk-ant-api03-made-up", "my-relay", None),
        ("made-up", "claude", None),
    ],
)
def test_a_credential_that_looks_like_another_vendors_is_noticed(secret: str, provider: str, other: str | None) -> None:
    assert seems_of_another(secret, provider) == other
