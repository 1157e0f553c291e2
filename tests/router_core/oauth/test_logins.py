"""Which login a word means, and that a vendor's login never goes to a service that only speaks the vendor's dialect."""

import pytest

from router_core.config.schema import Config
from router_core.errors import TokenError
from router_core.oauth.due import login_of as login_of_token
from router_core.oauth.logins import LOGIN_OF_KIND, LOGINS, OWN_PROVIDER, login_of, login_of_provider, renewal_of
from router_core.tokens.token import Login, Token

PLAIN = Config()


def with_provider(name: str, kind: str, base_url: str) -> Config:
    providers = {**PLAIN.providers, name: {"kind": kind, "base_url": base_url}}
    return Config.model_validate({"providers": providers})


@pytest.mark.parametrize(
    ("word", "provider", "login"),
    [
        ("claude", "claude", "claude"), ("anthropic", "claude", "claude"), ("codex", "codex", "codex"),
        ("copilot", "copilot", "copilot"), ("gemini", "gemini-cli", "gemini"), ("gemini-cli", "gemini-cli", "gemini"),
        ("antigravity", "antigravity", "antigravity"), ("vertex", "vertex", "vertex"),
    ],
)  # fmt: skip
def test_word_is_a_provider_or_a_login(word: str, provider: str, login: str) -> None:
    assert login_of(word, PLAIN) == (provider, login)


def test_every_login_has_its_provider_in_the_catalogue_and_its_renewal() -> None:
    assert set(LOGINS) == set(LOGIN_OF_KIND.values()) == set(OWN_PROVIDER)
    for login in LOGINS:
        assert login_of_provider(OWN_PROVIDER[login], PLAIN.providers[OWN_PROVIDER[login]]) == login
        assert renewal_of(login).refresh_call
    with pytest.raises(ValueError, match="not renewed"):
        renewal_of("")


@pytest.mark.parametrize("name", [name for name, one in PLAIN.providers.items() if name not in OWN_PROVIDER.values()])
def test_no_other_service_of_the_catalogue_gets_a_login(name: str) -> None:
    assert login_of_provider(name, PLAIN.providers[name]) == ""
    token = Token("t", "mine", name, "access", "its-own-refresh-token")
    assert login_of_token(token, PLAIN) == "", "what it is renewed with would go to a stranger"
    if name not in LOGINS:
        with pytest.raises(TokenError, match="only keys"):
            login_of(name, PLAIN)


@pytest.mark.parametrize(
    ("name", "kind", "base_url", "login"),
    [
        pytest.param("work", "anthropic", "https://api.anthropic.com", "claude", id="the vendor under another name"),
        pytest.param("work", "copilot", "https://copilot-api.acme.ghe.com", "copilot", id="an enterprise's own"),
        pytest.param("work", "vertex", "https://europe-west1-aiplatform.googleapis.com", "vertex", id="a region"),
        pytest.param("stand-in", "codex", "http://127.0.0.1:9/backend-api/codex", "codex", id="this machine"),
        pytest.param("claude", "anthropic", "https://gateway.acme.example", "claude", id="the owner's gateway"),
        pytest.param("other", "anthropic", "https://gateway.acme.example", "", id="somebody else's host"),
        pytest.param("other", "anthropic", "https://api.anthropic.com.evil.example", "", id="host that begins so"),
        pytest.param("other", "anthropic", "https://evilanthropic.com", "", id="host that ends so"),
        pytest.param("other", "openai", "https://chatgpt.com/v1", "", id="kind without a login"),
    ],
)
def test_login_goes_to_the_vendors_own_hosts_only(name: str, kind: str, base_url: str, login: Login) -> None:
    config = with_provider(name, kind, base_url)
    assert login_of_provider(name, config.providers[name]) == login


def test_second_provider_of_a_kind_does_not_take_the_logins_of_the_first() -> None:
    config = with_provider("aaa", "anthropic", "https://api.anthropic.com")
    assert login_of("claude", config) == ("claude", "claude")
    assert login_of("aaa", config) == ("aaa", "claude")


def test_unknown_word_names_the_known_ones() -> None:
    with pytest.raises(TokenError, match=r"no login 'clyde'. Known: claude, codex, copilot"):
        login_of("clyde", PLAIN)
