"""By use, or by a subscription."""

import pytest

from router_core.config.schema import Config, ProviderConfig
from router_core.spend.billing import Billing, billing_of
from router_core.tokens.token import Login, Token

PROVIDERS = Config().providers


@pytest.mark.parametrize(
    ("provider", "secret", "login", "billing"),
    [
        ("claude", "sk-ant-api03-x", "", "metered"),
        ("claude", "sk-ant-oat01-x", "", "subscription"),
        ("claude", "sk-ant-oat01-x", "claude", "subscription"),
        ("openai", "sk-proj-x", "", "metered"),
        ("codex", "eyJ.a.b", "", "subscription"),
        ("copilot", "tid=x", "copilot", "subscription"),
        ("gemini", "AIzax", "", "metered"),
        ("gemini-cli", "ya29.x", "gemini", "subscription"),
        ("vertex", "ya29.x", "vertex", "metered"),
        ("openrouter", "sk-or-x", "", "metered"),
        ("zai", "k", "", "metered"),
        ("zai-coding", "k", "", "subscription"),
        ("kimi-coding-anthropic", "k", "", "subscription"),
        ("ollama", "", "", "subscription"),
    ],
)
def test_who_pays_is_told_by_kind_and_credential(provider: str, secret: str, login: Login, billing: Billing) -> None:
    assert billing_of(PROVIDERS[provider], Token("t", "t", provider, secret, login=login)) == billing


def test_the_configuration_knows_better() -> None:
    own = ProviderConfig(kind="openai-chat", base_url="https://a.example/v1", billing="subscription")
    assert billing_of(own, Token("t", "t", "own", "key")) == "subscription"
