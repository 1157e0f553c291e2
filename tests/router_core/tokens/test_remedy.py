"""An unhealthy token says what its owner can do."""

from typing import Any

import pytest

from router_core.providers.failure import FailureKind
from router_core.tokens.remedy import UNREADABLE, how_to_add, remedy
from router_core.tokens.token import Token
from router_core.tokens.view import token_view


def unhealthy(because: str = "401: refused", kind: str = "", **fields: Any) -> Token:
    base: dict[str, Any] = {"access_token": "secret", "health": "unhealthy", "provider": "claude"}
    return Token("id", "work", health_because=because, health_kind=kind, **{**base, **fields})


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (unhealthy(), "mitmrouter token edit work --access-token-stdin"),
        (unhealthy(login="claude"), "mitmrouter auth login claude"),
        (unhealthy("403: no plan", FailureKind.TOKEN_UNUSABLE, login="claude"), "change the account's plan"),
        (unhealthy("403: VALIDATION_REQUIRED: open …"), "in a browser"),
        (unhealthy(origin="config"), "api_key of [providers.claude]"),
    ],
    ids=["key", "login", "plan", "validation", "config"],
)
def test_the_remedy_names_what_helps(token: Token, says: str) -> None:
    assert says in remedy(token)
    assert token_view(token, 0.0)["remedy"] == remedy(token)


@pytest.mark.parametrize(
    ("provider", "says"), [("copilot", "auth login copilot"), ("zai", "token add NAME --provider zai")]
)
def test_a_provider_without_keys_is_logged_in_to(provider: str, says: str) -> None:
    assert f"mitmrouter {says}" in how_to_add(provider)


@pytest.mark.parametrize(
    "token",
    [
        unhealthy(health="healthy"),
        unhealthy(kind=UNREADABLE),
        unhealthy("refused. Log in again: mitmrouter auth login gemini", provider="gemini-cli", login="gemini"),
    ],
    ids=["healthy", "no key", "the reason says it"],
)
def test_nothing_is_said_where_nothing_is_wrong_or_the_reason_says_it(token: Token) -> None:
    assert remedy(token) == ""
