"""OpenClaw's openclaw.json: the provider block, the default model with its fallbacks, and aliases."""

import pytest

from tests.router_core.migrating.conftest import Migrate, left, tokens


def test_providers_default_model_and_aliases_are_taken_over(migrate: Migrate) -> None:
    found = migrate("openclaw.json5")
    assert found.changes == {
        ("providers", "synthetic", "kind"): "anthropic",
        ("providers", "synthetic", "base_url"): "https://api.synthetic.new/anthropic",
        ("providers", "synthetic", "auth"): "bearer",
        ("providers", "synthetic", "models"): ["hf:MiniMaxAI/MiniMax-M3"],
        ("providers", "synthetic", "headers", "X-Team"): 'it\'s "ours"',
        ("providers", "vaulted", "kind"): "openai-chat",
        ("providers", "vaulted", "base_url"): "https://vaulted.example.com/v1",
        ("routing", "default"): {
            "primary": "moonshot/kimi-k3",
            "fallback": ["claude/claude-sonnet-4-5", "synthetic/hf:MiniMaxAI/MiniMax-M3"],
        },
        ("routing", "image"): "gemini/gemini-2.5-flash",
        ("routing", "models", "Local"): "lmstudio/my-local-model",
    }
    assert tokens(found) == [
        ("synthetic", "made-up-synthetic-key-0123456789"),
        ("lmstudio", "made-up-lm-token-0123456789"),
    ]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("models.providers.moonshot key", "MOONSHOT_API_KEY is not set"),
        ("models.providers.xai key", "XAI_API_KEY is not set"),
        ("models.providers.vaulted key", "only refers to it"),
        ("models.providers.amazon-bedrock", "'bedrock-converse-stream'"),
        ("models.providers.oauthrouter", "like this one"),
        ("models.providers.synthetic header Authorization", "as $VARIABLE"),
        ("agents.defaults.model.fallbacks", "'nobody/x'"),
    ],
)
def test_what_cannot_be_taken_over_is_said_with_its_reason(migrate: Migrate, source: str, says: str) -> None:
    assert says in left(migrate("openclaw.json5"))[source]
