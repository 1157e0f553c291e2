"""claude-code-router's config.json of its first and its later versions."""

from pathlib import Path
from typing import Any

import pytest

from router_core.config.load import config_of
from router_core.config.toml_edit import edited
from router_core.migrating import ccr_config
from router_core.migrating.outcome import Here
from tests.router_core.migrating.conftest import VARIABLES, Migrate, left, tokens


def test_the_first_version_gives_its_providers_its_default_and_its_scenarios(migrate: Migrate) -> None:
    found = migrate("ccr_v1.json")
    assert found.changes == {
        ("routing", "default"): "deepseek/deepseek-chat",
        ("routing", "background"): "ollama/qwen2.5-coder:latest",
        ("routing", "think"): "openrouter/anthropic/claude-sonnet-4",
        ("routing", "long_context"): "openrouter/google/gemini-2.5-pro-preview",
    }
    assert tokens(found) == [
        ("openrouter", "sk-or-v1-made-up-openrouter-0123456789"),
        ("deepseek", "sk-made-up-default-0123456789"),
    ]
    assert list(left(found)) == ["LOG"]


def test_a_later_version_gives_everything_that_has_a_place_here(migrate: Migrate) -> None:
    found = migrate("ccr_v2.json")
    assert found.changes == {
        ("providers", "openrouter", "api_key"): "$OPENROUTER_API_KEY",
        ("providers", "openrouter", "transformers"): ["openrouter"],
        ("providers", "openrouter", "model_transformers", "moonshotai/kimi-k2"): [
            ["openrouter", {"provider": {"only": ["moonshotai/fp8"]}}]
        ],
        ("providers", "deepseek", "transformers"): ["deepseek"],
        ("providers", "deepseek", "model_transformers", "deepseek-chat"): ["tooluse"],
        ("providers", "modelscope", "kind"): "openai-chat",
        ("providers", "modelscope", "base_url"): "https://api-inference.modelscope.cn/v1",
        ("providers", "modelscope", "models"): [
            "Qwen/Qwen3-Coder-480B-A35B-Instruct",
            "Qwen/Qwen3-235B-A22B-Thinking-2507",
        ],
        ("providers", "modelscope", "transformers"): [["maxtoken", {"max_tokens": 65536}], "enhancetool"],
        ("providers", "modelscope", "model_transformers", "Qwen/Qwen3-235B-A22B-Thinking-2507"): ["reasoning"],
        ("providers", "qwen", "transformers"): [["maxtoken", {"max_tokens": 65536}], "enhancetool"],
        ("providers", "openai-2", "kind"): "openai-chat",
        ("providers", "openai-2", "base_url"): "https://gateway.example.com/openai/v1",
        ("providers", "openai-2", "models"): ["gpt-5"],
        ("providers", "qwen-cli", "kind"): "openai-chat",
        ("providers", "qwen-cli", "base_url"): "https://portal.qwen.ai/v1",
        ("providers", "qwen-cli", "models"): ["qwen3-coder-plus"],
        ("providers", "groq", "transformers"): ["groq"],
        ("routing", "default"): {
            "primary": "deepseek/deepseek-chat",
            "fallback": ["modelscope/Qwen/Qwen3-Coder-480B-A35B-Instruct", "copilot/gpt-5-mini"],
        },
        ("routing", "background"): "ollama/qwen2.5-coder:latest",
        ("routing", "think"): "deepseek/deepseek-reasoner",
        ("routing", "long_context"): "openrouter/google/gemini-2.5-pro-preview",
        ("routing", "long_context_threshold"): 80000,
        ("routing", "web_search"): "gemini/gemini-2.5-flash",
        ("server", "host"): "0.0.0.0",
        ("server", "port"): 3456,
        ("server", "proxy_url"): "http://127.0.0.1:7890",
        ("server", "log_level"): "warning",
        ("timeouts", "total_s"): 600.0,
    }
    assert tokens(found) == [
        ("deepseek", "sk-made-up-deepseek-0123456789"),
        ("modelscope", "ms-made-up-modelscope-0123456789"),
        ("openai-2", "made-up-gateway-key-0123456789"),
        ("deepseek-anthropic", "sk-made-up-deepseek-0123456789"),
        ("qwen-cli", "made-up-qwen-key-0123456789"),
        ("groq", "gsk_madeupgroqkey0123456789"),
    ]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("CUSTOM_ROUTER_PATH", 'custom = "file.py:place"'),
        ("transformers $HOME/.claude-code-router/plugins/gemini-cli.js", "JavaScript"),
        ("APIKEY", "own token"),
        ("NON_INTERACTIVE_MODE", "environment"),
        ("Providers gemini key", "GEMINI_API_KEY is not set"),
        ("Providers insecure", "loopback only"),
        ("Providers qwen-cli transformer qwen-cli", "none of this name"),
        ("Router.image", "'nobody,some-model'"),
        ("Router.forceUseImageAgent", "means nothing"),
        ("fallback.default", "'insecure,m'"),
    ],
)
def test_what_cannot_be_taken_over_is_said_with_its_reason(migrate: Migrate, source: str, says: str) -> None:
    assert says in left(migrate("ccr_v2.json"))[source]


def test_a_login_and_a_renamed_provider_are_told_what_follows(migrate: Migrate) -> None:
    because = {line.source: line.because for line in migrate("ccr_v2.json").lines}
    assert "auth login copilot" in because["Providers copilot"]
    assert "'openai-2'" in because["Providers openai"]


def changes(document: dict[str, Any], present: str = "") -> dict[tuple[str, ...], Any]:
    config = config_of(present, Path("config.toml"), env=VARIABLES)
    return dict(ccr_config.migrate(document, Here(config, VARIABLES, "x")).changes)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"HOST": "0.0.0.0"}, {}),
        ({"HOST": "127.0.0.1"}, {("server", "host"): "127.0.0.1"}),
        ({"PROXY_URL": "http://me:made-up-password@proxy.example:3128"}, {}),
        ({"PROXY_URL": "socks5://127.0.0.1:1080"}, {}),
        (
            {"PORT": "x", "API_TIMEOUT_MS": -1, "LOG_LEVEL": "loud", "Router": [], "fallback": 3, "transformers": "x"},
            {},
        ),
        ({"Providers": [3, None, {}, {"name": "x", "api_base_url": "not a url", "transformer": 7}]}, {}),
        ({"Providers": [{"name": "a", "transformer": {"use": [[], [3], ["maxtoken"], None]}}]}, {}),
    ],
    ids=["no key", "loopback", "password", "socks", "nonsense", "no providers", "no url"],
)
def test_odd_values_harm_nothing(document: dict[str, Any], expected: dict[tuple[str, ...], Any]) -> None:
    assert changes(document) == expected


@pytest.mark.parametrize(
    ("transformer", "expected"),
    [
        ({"use": [["openrouter", {"referer": "x", "providerOrder": []}]]}, ["openrouter"]),
        ({"use": [["maxtoken", {}], ["maxtoken", {"max_tokens": "many"}], "cleancache"]}, ["cleancache"]),
        ({"use": [["customparams", {"a": "$1", "b": {"c": ["$2"]}}]]},
         [["customparams", {"a": "$$1", "b": {"c": ["$$2"]}}]]),
        ({"use": ["vertex-gemini"]}, ["vertex-gemini"]),
        (["Sampling", ["reasoning", None]], ["sampling", "reasoning"]),
    ],
    ids=["unknown options", "wrong options", "a dollar", "a gateway before Vertex", "a plain list"],
)  # fmt: skip
def test_transformers_come_with_the_options_that_exist_here(transformer: Any, expected: list[Any]) -> None:
    one = {"name": "x", "api_base_url": "https://x.example/v1/chat/completions", "transformer": transformer}
    found = changes({"Providers": [one]})
    assert found["providers", "x", "transformers"] == expected
    config_of(edited("", found), Path("config.toml"), env={})


def test_a_single_model_may_be_asked_in_anthropic_s_format() -> None:
    transformer = {"use": [], "claude-x": {"use": ["Anthropic"]}}
    one = {"name": "x", "api_base_url": "https://x.example/v1/chat/completions", "transformer": transformer}
    found = changes({"Providers": [one]})
    assert found["providers", "x", "kind"] == "openai-chat"
    assert found["providers", "x", "model_transformers", "claude-x"] == ["anthropic"]


def test_a_name_that_config_toml_gives_to_another_service_is_not_taken_away_from_it() -> None:
    present = '[providers.mine]\nkind = "openai-chat"\nbase_url = "https://mine.example/v1"\n'
    theirs = {"name": "mine", "api_base_url": "https://other.example/v1/chat/completions", "models": ["m"]}
    found = changes({"Providers": [theirs], "Router": {"default": "mine,m"}}, present)
    assert found[("providers", "mine-2", "base_url")] == "https://other.example/v1"
    assert found[("routing", "default")] == "mine-2/m"
    same = {**theirs, "api_base_url": "https://mine.example/v1/chat/completions"}
    assert changes({"Providers": [same], "Router": {"default": "mine,m"}}, present) == {
        ("routing", "default"): "mine/m"
    }
