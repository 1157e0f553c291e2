"""LiteLLM's config.yaml: names, entries that share a name, fallbacks, aliases, and where keys come from."""

from pathlib import Path

import pytest

from router_core.config.load import config_of
from router_core.migrating import litellm_config
from router_core.migrating.outcome import Here
from tests.router_core.migrating.conftest import Migrate, left, tokens


def test_names_entries_fallbacks_and_aliases_become_routes(migrate: Migrate) -> None:
    gpt = {"primary": "openai/gpt-5", "fallback": ["my-endpoint-europe/gpt-5-eu"]}
    assert migrate("litellm.yaml").changes == {
        ("providers", "claude", "api_key"): "$ANTHROPIC_API_KEY",
        ("providers", "my-endpoint-europe", "kind"): "openai-chat",
        ("providers", "my-endpoint-europe", "base_url"): "https://my-endpoint-europe.openai.azure.com/openai/v1",
        ("providers", "my-endpoint-europe", "auth"): "api-key",
        ("providers", "my-endpoint-europe", "api_key"): "$AZURE_API_KEY_EU",
        ("providers", "localhost-8000", "kind"): "openai-chat",
        ("providers", "localhost-8000", "base_url"): "http://localhost:8000/v1",
        ("providers", "localhost-8000", "keyless"): True,
        ("providers", "openrouter", "api_key"): "$OPENROUTER_API_KEY",
        ("routing", "models", "claude-sonnet"): {
            "primary": "claude/claude-sonnet-4-5",
            "fallback": ["openai/gpt-5", "my-endpoint-europe/gpt-5-eu", "deepseek/deepseek-chat"],
        },
        ("routing", "models", "gpt-5"): gpt,
        ("routing", "models", "deepseek"): "deepseek/deepseek-chat",
        ("routing", "models", "vllm-models"): "localhost-8000/facebook/opt-125m",
        ("routing", "models", "local"): "ollama/llama3.1",
        ("routing", "models", "gpt-4"): gpt,
        ("routing", "models", "hidden"): "deepseek/deepseek-chat",
        ("routing", "fallbacks"): ["deepseek/deepseek-chat"],
        ("failover", "max_attempts"): 4,
        ("timeouts", "total_s"): 600.0,
    }


def test_keys_in_plain_become_tokens_all_of_them(migrate: Migrate) -> None:
    assert tokens(migrate("litellm.yaml")) == [
        ("openai", "sk-proj-made-up-first-0123456789"),
        ("openai", "sk-proj-made-up-second-0123456789"),
        ("deepseek", "sk-made-up-deepseek-in-file-0123456789"),
    ]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("general_settings.master_key", "own token"),
        ("model_list bedrock-claude", "'bedrock'"),
        ("model_list mystery", "'together-ai'"),
        ("model_list openrouter/* *", "provider/model"),
        ("model_list gpt-5 rpm", "not taken over"),
        ("fallbacks of nobody", "could be taken over"),
        ("model_group_alias wrong", "'nobody'"),
        ("litellm_settings.context_window_fallbacks", "long_context"),
    ],
)
def test_what_cannot_be_taken_over_is_said_with_its_reason(migrate: Migrate, source: str, says: str) -> None:
    assert says in left(migrate("litellm.yaml"))[source]


def test_a_second_key_of_config_toml_s_own_is_stored_beside_it(migrate: Migrate) -> None:
    found = migrate("litellm.yaml", '[providers.claude]\napi_key = "another-key-that-is-there"\n')
    assert ("providers", "claude", "api_key") not in found.changes
    assert ("claude", "made-up-anthropic-variable") in tokens(found)


def test_two_services_of_one_host_are_two_providers() -> None:
    entries = [
        {"model_name": name, "litellm_params": {"model": "openai/m", "api_base": f"https://llm.example/{name}/v1"}}
        for name in ("one", "two")
    ]
    here = Here(config_of("", Path("config.toml"), env={}), {}, "x")
    found = litellm_config.migrate({"model_list": entries}, here).changes
    assert (found["routing", "models", "one"], found["routing", "models", "two"]) == ("llm/m", "llm-2/m")
    assert found["providers", "llm-2", "base_url"] == "https://llm.example/two/v1"


def test_odd_values_harm_nothing() -> None:
    here = Here(config_of("", Path("config.toml"), env={}), {}, "x")
    odd = {
        "model_list": [3, {}, {"model_name": "a"}, {"model_name": "b", "litellm_params": {"model": 7, "api_key": []}}],
        "router_settings": [],
        "litellm_settings": {"fallbacks": ["x", {"a": 3}], "num_retries": True, "timeout": "long"},
    }
    assert litellm_config.migrate(odd, here).changes == {}
