"""Each provider's list, as it comes, and lists that are none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_core.errors import WireError
from router_core.models.info import ModelInfo
from router_core.models.known import model_info
from router_core.models.parsing import parse_models


def one(entry: dict[str, Any], provider: str = "p", key: str = "data") -> ModelInfo:
    (info,) = parse_models({key: [entry]}, provider)
    return info


def can(supported: bool) -> dict[str, bool]:
    return {"supported": supported}


def test_anthropic() -> None:
    efforts = {"supported": True, "low": can(True), "medium": can(True), "high": can(True), "max": can(False)}
    types = {"adaptive": can(True), "enabled": can(False), "disabled": can(False)}
    able = {"effort": efforts, "image_input": can(True), "pdf_input": can(False), "structured_outputs": can(True)}
    able["thinking"] = {"supported": True, "types": types}
    entry = {
        "type": "model",
        "id": "claude-opus-7",
        "display_name": "Claude Opus 7",
        "created_at": "2026-11-19T00:00:00Z",
    }
    info = one({**entry, "max_input_tokens": 2_000_000, "max_tokens": 256_000, "capabilities": able}, "claude")
    assert (info.id, info.provider, info.display_name, info.created) == (
        "claude-opus-7",
        "claude",
        "Claude Opus 7",
        1_795_046_400,
    )
    assert (info.context_window, info.max_output_tokens) == (2_000_000, 256_000)
    assert (info.input_modalities, info.structured_output) == (("text", "image"), True)
    assert (info.reasoning.mode, info.reasoning.always, info.reasoning.efforts) == (
        "adaptive",
        True,
        ("low", "medium", "high"),
    )
    assert info.reasoning.budget_min is None


def test_anthropic_without_capabilities_keeps_what_is_known() -> None:
    entry = {
        "type": "model",
        "id": "claude-haiku-4-5-20251001",
        "display_name": "Claude Haiku 4.5",
        "capabilities": None,
    }
    info = one({**entry, "max_input_tokens": None, "max_tokens": None}, "claude")
    assert (info.context_window, info.max_output_tokens, info.reasoning.mode) == (200_000, 64_000, "budget")


def test_openai_says_little_and_the_rest_is_known() -> None:
    info = one({"id": "gpt-6.2-sol", "object": "model", "created": 1_794_873_600, "owned_by": "openai"}, "openai")
    assert (info.created, info.input_limit, info.responses_only) == (1_794_873_600, 922_000, True)


@pytest.mark.parametrize(
    "name",
    [
        "text-embedding-3-large",
        "whisper-1",
        "dall-e-3",
        "gpt-4o-mini-tts",
        "omni-moderation-latest",
        "gpt-image-1",
        "sora-2",
    ],
)
def test_models_that_hold_no_conversation_are_left_out(name: str) -> None:
    assert [info.id for info in parse_models({"data": [{"id": name}, {"id": "gpt-6-sol"}]}, "openai")] == ["gpt-6-sol"]


def test_codex_keeps_its_own_entry() -> None:
    levels = [{"effort": "high", "description": ""}, {"effort": "low", "description": ""}, {"effort": "ultra"}]
    entry = {"slug": "gpt-6.1-sol", "display_name": "GPT-6.1 Sol", "supported_reasoning_levels": levels}
    info = one(
        {**entry, "context_window": 272_000, "visibility": "list", "input_modalities": ["text"]}, "codex", "models"
    )
    assert (info.context_window, info.endpoints, info.input_modalities) == (272_000, ("openai-responses",), ("text",))
    assert (info.reasoning.efforts, info.reasoning.always) == (("low", "high"), True)
    assert b'"slug":"gpt-6.1-sol"' in info.codex_entry
    assert parse_models({"models": [{**entry, "visibility": "hide"}]}, "codex") == []


def copilot(**changes: Any) -> dict[str, Any]:
    limits = {"max_context_window_tokens": 264_000, "max_prompt_tokens": 128_000, "max_output_tokens": 16_000}
    able = {
        "type": "chat",
        "limits": limits,
        "supports": {"tool_calls": True, "vision": False, "structured_outputs": True},
    }
    return {"id": "gpt-5.4", "name": "GPT-5.4", "capabilities": able, "policy": {"state": "enabled"}, **changes}


def test_copilot_tells_limits_and_endpoints() -> None:
    info = one(copilot(supported_endpoints=["/responses"]), "copilot")
    assert (info.context_window, info.input_limit, info.max_output_tokens) == (264_000, 128_000, 16_000)
    assert (info.input_modalities, info.endpoints, info.responses_only) == (("text",), ("openai-responses",), True)
    both = one(copilot(supported_endpoints=["/chat/completions", "/v1/messages", "ws:/responses"]), "copilot")
    assert (both.endpoints, both.responses_only) == (("openai-chat", "anthropic"), False)
    assert one(copilot(), "copilot").endpoints == ()  # a list that does not say it


@pytest.mark.parametrize("changes", [{"policy": {"state": "unconfigured"}}, {"capabilities": {"type": "embeddings"}}])
def test_copilot_models_that_would_be_refused_are_left_out(changes: dict[str, Any]) -> None:
    assert parse_models({"data": [copilot(**changes)]}, "copilot") == []


def test_gemini() -> None:
    entry = {"name": "models/gemini-5-xenon", "displayName": "Gemini 5 Xenon", "inputTokenLimit": 2_097_152}
    entry |= {"outputTokenLimit": 131_072, "supportedGenerationMethods": ["generateContent", "countTokens"]}
    info = one(entry, "gemini", "models")
    assert (info.id, info.display_name, info.input_limit) == ("gemini-5-xenon", "Gemini 5 Xenon", 2_097_152)
    assert (info.max_output_tokens, info.endpoints, info.reasoning.mode) == (131_072, ("gemini",), "level")
    assert parse_models({"models": [{**entry, "supportedGenerationMethods": ["embedContent"]}]}, "gemini") == []
    assert one({**entry, "thinking": False}, "gemini", "models").reasoning.mode == "none"


def test_openrouter() -> None:
    entry = {
        "id": "anthropic/claude-opus-4.8", "name": "Anthropic: Claude Opus 4.8", "created": 1_770_000_000,
        "context_length": 1_000_000, "top_provider": {"context_length": 400_000, "max_completion_tokens": 64_000},
        "architecture": {"input_modalities": ["text", "image", "file"], "output_modalities": ["text"]},
        "supported_parameters": ["tools", "reasoning", "structured_outputs"],
    }  # fmt: skip
    info = one(entry, "openrouter")
    assert (info.id, info.display_name, info.vendor) == (entry["id"], entry["name"], "anthropic")
    assert (info.context_window, info.input_limit, info.max_output_tokens) == (400_000, 400_000, 64_000)
    assert (info.input_modalities, info.endpoints) == (("text", "image", "pdf"), ("openai-chat",))
    assert info.reasoning == model_info("claude-opus-4-8").reasoning
    unknown = one({**entry, "id": "some/new-thinker"}, "openrouter")
    assert (unknown.reasoning.mode, unknown.tools, unknown.basis) == ("effort", True, "provider")
    assert not one({**entry, "id": "some/new", "supported_parameters": ["seed"]}, "openrouter").tools
    painter = {**entry, "id": "some/painter", "architecture": {"output_modalities": ["image"]}}
    assert parse_models({"data": [painter]}, "openrouter") == []


def test_ollama_in_both_its_forms() -> None:
    native = {
        "models": [{"name": "qwen3-coder:30b", "model": "qwen3-coder:30b", "size": 1, "details": {"family": "qwen3"}}]
    }
    compatible = {"object": "list", "data": [{"id": "qwen3-coder:30b", "object": "model", "owned_by": "library"}]}
    assert (
        [i.id for i in parse_models(native, "ollama")]
        == [i.id for i in parse_models(compatible, "ollama")]
        == ["qwen3-coder:30b"]
    )


def test_a_host_with_a_small_window_cannot_answer_more_than_that() -> None:
    info = one({"id": "deepseek-v4-pro", "context_window": 32_768}, "groq")
    assert (info.context_window, info.input_limit, info.max_output_tokens) == (32_768, 32_768, 32_768)


def test_a_broken_entry_costs_only_itself() -> None:
    broken: list[Any] = [
        None,
        7,
        "x",
        [],
        {},
        {"id": 5},
        {"id": ""},
        {"id": "a b"},
        {"id": "x" * 999},
        {"id": "a\x1b[31m"},
    ]
    assert [info.id for info in parse_models({"data": [*broken, {"id": "good"}, {"id": "good"}]}, "p")] == ["good"]


@pytest.mark.parametrize("answer", [None, 5, "x", {}, {"data": 5}, {"models": {}}, {"error": {"message": "no"}}])
def test_an_answer_that_is_no_list_is_a_defined_error(answer: object) -> None:
    with pytest.raises(WireError) as refused:
        parse_models(answer, "p")
    assert refused.value.status == 502


_WORDS = (
    "id slug name model type capabilities limits supports thinking types effort disabled policy architecture "
    "context_length top_provider max_tokens max_input_tokens created created_at input_modalities supported_parameters "
    "inputTokenLimit supported_reasoning_levels supportedGenerationMethods display_name supported_endpoints visibility "
    "context_window"
)
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("models/gemini-x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_WORDS.split()), inner, max_size=6),
    max_leaves=25,
)


@given(st.lists(_JSON, max_size=4), st.sampled_from(["data", "models"]))
def test_no_entry_is_more_than_skipped(entries: list[Any], key: str) -> None:
    for info in parse_models({key: entries}, "p"):
        assert info.id
        assert 0 < info.max_output_tokens <= info.context_window
