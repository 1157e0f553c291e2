"""Where a model name leads, and why."""

from typing import Any

import pytest

from router_core.config.schema import Config
from router_core.routing.decide import NoRoute, decide
from router_core.routing.facts import facts_of_name
from router_core.routing.target import split_target

ALL = frozenset({"claude", "codex", "openai", "gemini", "openrouter"})


def route(model: str, tokens: frozenset[str] = ALL, *, serves: tuple[str, str] = ("", ""), **routing: Any) -> Any:
    config = Config.model_validate({"routing": routing})
    found = decide(
        facts_of_name(model, {}), config, has_token=lambda name: name in tokens, serves=lambda *asked: asked == serves
    )
    return [str(target) for target in found.targets], found.because


@pytest.mark.parametrize(
    ("model", "target"),
    [
        ("codex/gpt-5", "codex/gpt-5"),
        ("codex,gpt-5", "codex/gpt-5"),
        ("openrouter/z-ai/glm-5", "openrouter/z-ai/glm-5"),
        ("claude-via-gemini--gemini-2.5-pro", "gemini/gemini-2.5-pro"),
        ("claude-sonnet-5", "claude/claude-sonnet-5"),
        ("gpt-6.2", "codex/gpt-6.2"),
        ("gemini-2.5-flash", "gemini/gemini-2.5-flash"),
    ],
)
def test_a_name_says_where(model: str, target: str) -> None:
    assert route(model)[0] == [target]


def test_a_family_goes_to_the_first_provider_that_has_a_token() -> None:
    assert route("gpt-6.2", frozenset({"openai"}))[0] == ["openai/gpt-6.2"]


def test_a_pattern_comes_before_the_family_and_says_so() -> None:
    targets, because = route("claude-haiku-4-5", models={"claude-haiku-*": "gemini/gemini-2.5-flash"})
    assert (targets, because) == (
        ["gemini/gemini-2.5-flash"],
        "[routing.models] 'claude-haiku-*' = gemini/gemini-2.5-flash",
    )


def test_an_explicit_target_comes_before_every_pattern() -> None:
    assert route("claude/claude-opus-5", models={"*": "gemini/gemini-2.5-flash"})[0] == ["claude/claude-opus-5"]


def test_a_provider_that_lists_the_model_serves_it() -> None:
    assert route("glm-5", serves=("openrouter", "glm-5"))[0] == ["openrouter/glm-5"]


def test_the_default_takes_what_nobody_serves() -> None:
    assert route("llama-9", default="openrouter/meta/llama-9")[0] == ["openrouter/meta/llama-9"]


def test_fallbacks_follow_once_each() -> None:
    targets, _ = route("codex/gpt-5", fallbacks=("openai/gpt-5", "codex/gpt-5", "gemini/gemini-2.5-pro"))
    assert targets == ["codex/gpt-5", "openai/gpt-5", "gemini/gemini-2.5-pro"]


def test_without_a_route_the_error_says_what_to_write() -> None:
    with pytest.raises(NoRoute, match=r"openrouter/llama-9.*\[routing\] default"):
        route("llama-9", frozenset({"openrouter"}))


def test_a_mistyped_provider_is_told_and_sent_to_nobody() -> None:
    with pytest.raises(NoRoute, match=r"Did you mean 'claude'\? Write .* \(claude/claude-opus-5\)"):
        route("claud/claude-opus-5", frozenset({"claude"}))


def test_a_request_without_a_model_is_told_so() -> None:
    with pytest.raises(NoRoute, match=r"^No model is asked for\. Write .* \(claude/MODEL\)"):
        route("", frozenset({"claude"}))


def test_without_a_token_the_error_says_how_to_add_one() -> None:
    with pytest.raises(NoRoute, match="mitmrouter token add"):
        route("claude-opus-5", frozenset())


@pytest.mark.parametrize("text", ["", "gpt-5", "/gpt-5", "codex/", "codex, "])
def test_what_is_no_target(text: str) -> None:
    assert split_target(text) is None


def test_a_target_of_an_unknown_provider_is_a_config_error() -> None:
    with pytest.raises(ValueError, match="nobody"):
        Config.model_validate({"routing": {"default": "nobody/x"}})


def test_another_vendor_s_service_of_the_format_does_not_take_claude_s_models() -> None:
    with pytest.raises(NoRoute):
        route("claude-sonnet-5", frozenset({"zai-anthropic"}))


def test_a_known_model_goes_to_its_vendor_even_if_that_gives_no_list() -> None:
    targets, because = route("glm-5.3", frozenset({"openrouter", "zai-anthropic"}))
    assert (targets, because) == (["zai-anthropic/glm-5.3"], "glm-5.3 is a model of zai-anthropic's vendor")


def test_what_a_list_says_comes_before_what_is_known() -> None:
    tokens = frozenset({"openrouter", "zai"})
    assert route("glm-5.3", tokens, serves=("openrouter", "glm-5.3"))[0] == ["openrouter/glm-5.3"]
