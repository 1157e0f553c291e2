"""Names as clients, resellers and clouds spell them, and what follows from them."""

import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_core.models.known import is_same_model, known_models, model_info

SPELLINGS = {
    "exact": ("claude-opus-5-5", "exact", "Claude Opus 5.5"),
    "capitals": ("minimax-m3", "exact", "MiniMax M3"),
    "dated": ("claude-haiku-4-5-20251001", "alias", "Claude Haiku 4.5"),
    "dashed date": ("gpt-5-2025-08-07", "alias", "GPT-5"),
    "vertex date": ("claude-opus-4-5@20251101", "alias", "Claude Opus 4.5"),
    "bedrock": ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "alias", "Claude Haiku 4.5"),
    "openrouter, dotted, thinking": ("anthropic/claude-opus-4.8:thinking", "alias", "Claude Opus 4.8"),
    "copilot": ("claude-sonnet-4.5", "alias", "Claude Sonnet 4.5"),
    "old order": ("claude-4.5-sonnet", "alias", "Claude Sonnet 4.5"),
    "antigravity": ("claude-opus-4-6-thinking", "alias", "Claude Opus 4.6"),
    "gemini path": ("models/gemini-3.8-flash", "alias", "Gemini 3.8 Flash"),
    "preview left out": ("gemini-3-flash", "alias", "Gemini 3 Flash"),
    "dated preview": ("gemini-2.5-flash-preview-09-2025", "alias", "Gemini 2.5 Flash"),
    "vendor's alias": ("deepseek-reasoner", "alias", "DeepSeek Flash"),
    "window": ("claude-sonnet-4-5[1m]", "alias", "Claude Sonnet 4.5"),
    "newer than we are": ("claude-opus-6", "family", "claude-opus-6"),
    "nobody's": ("my-own-llama", "none", "my-own-llama"),
    "empty": ("", "none", ""),
}


@pytest.mark.parametrize(("model", "basis", "name"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_model_is_found_under_every_spelling(model: str, basis: str, name: str) -> None:
    info = model_info(model)
    assert (info.id, info.basis, info.display_name, info.known) == (model, basis, name, basis != "none")


REASONING = {
    "fable 5 always thinks": ("claude-fable-5", "adaptive", True, False),
    "opus 5.5 always thinks": ("claude-opus-5-5", "adaptive", True, False),
    "haiku 5.5 can stop": ("claude-haiku-5-5", "adaptive", False, True),
    "opus 4.7 refuses a budget": ("claude-opus-4-7", "adaptive", False, True),
    "sonnet 4.5 wants a budget": ("claude-sonnet-4-5", "budget", False, True),
    "sonnet 4 wants a budget": ("claude-sonnet-4-20250514", "budget", False, True),
    "claude 3.5 does not think": ("claude-3-5-sonnet-20241022", "none", False, True),
    "gpt-6.2": ("gpt-6.2-sol", "effort", True, True),
    "gemini 4": ("gemini-4-argon", "level", True, True),
    "gemini 2.5 pro": ("gemini-2.5-pro", "budget", True, True),
    "gpt-4.1": ("gpt-4.1", "none", False, True),
    "unknown": ("my-own-llama", "none", False, True),
}


@pytest.mark.parametrize(("model", "mode", "always", "forced"), REASONING.values(), ids=REASONING.keys())
def test_how_a_model_is_told_to_think(model: str, mode: str, always: bool, forced: bool) -> None:
    info = model_info(model)
    assert (info.reasoning.mode, info.reasoning.always, info.forced_tool_ok) == (mode, always, forced)


def test_budgets_are_given_exactly_where_they_are_accepted() -> None:
    limits = {
        model: (model_info(model).reasoning.budget_min, model_info(model).reasoning.budget_max)
        for model in ("gemini-2.5-pro", "gemini-2.5-flash", "claude-sonnet-4-5", "claude-opus-4-6", "claude-opus-4-7")
    }
    assert limits == {
        "gemini-2.5-pro": (128, 32_768),
        "gemini-2.5-flash": (1, 24_576),
        "claude-sonnet-4-5": (1024, 63_999),
        "claude-opus-4-6": (1024, 127_999),
        "claude-opus-4-7": (None, None),
    }


@pytest.mark.parametrize(
    ("model", "refused"),
    [
        ("gpt-6.1-sol", {"none"}),
        ("gpt-6.1-terra", {"none"}),
        ("gpt-6.2-sol", {"none", "minimal"}),
        ("gpt-6.2-astra", {"none", "minimal"}),
        ("gpt-6-sol", set()),
        ("gemini-4-argon", {"none", "minimal", "xhigh", "max"}),
        ("claude-opus-4-6", {"none", "minimal", "xhigh"}),
    ],
)
def test_efforts_that_a_model_refuses_are_not_listed(model: str, refused: set[str]) -> None:
    every = {"none", "minimal", "low", "medium", "high", "xhigh", "max"}
    assert every - set(model_info(model).reasoning.efforts) == refused


def test_every_gpt_6_belongs_on_responses_whatever_the_client_speaks() -> None:
    named = [info for info in known_models(vendor="openai") if info.id.startswith("gpt-6")]
    assert len(named) == 7
    assert all(info.responses_only and not info.sampling for info in [*named, model_info("gpt-7-sol")])


def test_the_window_suffix_of_claude_code_means_a_million_tokens() -> None:
    assert model_info("claude-sonnet-4-5").context_window == 200_000
    assert model_info("claude-sonnet-4-5[1m]").context_window == 1_000_000


def test_codex_offers_less_input_than_the_platform() -> None:
    assert model_info("gpt-6-sol", "openai").input_limit == 922_000
    offered = model_info("gpt-6-sol", "codex")
    assert (offered.input_limit, offered.endpoints, offered.provider) == (272_000, ("openai-responses",), "codex")


def test_the_date_in_a_name_is_its_release() -> None:
    assert model_info("claude-haiku-4-5-20251001").created == 1_759_276_800
    assert model_info("claude-haiku-4-5-20250231").created is None


def test_every_row_is_complete_and_sensible() -> None:
    source = resources.files("router_core.models").joinpath("known.toml").read_text(encoding="utf-8")
    rows = known_models()
    assert len(rows) == len(tomllib.loads(source)["models"]) >= 70
    for info in rows:
        assert info.basis == "exact", info
        assert info.as_of >= "2026-07", info
        assert info.vendor == info.provider != "", info
        assert info.display_name != info.id, info
        assert 4096 <= info.max_output_tokens <= info.context_window, info
        assert info.input_limit <= info.context_window, info
        assert "text" in info.input_modalities, info
        assert info.endpoints, info
        thinking = info.reasoning
        assert (thinking.mode in ("adaptive", "effort", "level")) <= bool(thinking.efforts), info
        assert (thinking.mode == "budget") <= (thinking.budget_min is not None), info
        assert not (thinking.always and "none" in thinking.efforts), info
        assert thinking.budget_max is None or thinking.budget_max <= info.max_output_tokens, info


@given(st.text(max_size=300), st.sampled_from(["", "codex", "claude", "my"]))
def test_no_name_is_an_error(model: str, provider: str) -> None:
    info = model_info(model, provider)
    assert info.id == model
    assert info.input_limit > 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("claude-sonnet-4.5", "claude-sonnet-4-5-20250929", True),
        ("anthropic/claude-haiku-4.5", "claude-haiku-4-5", True),
        ("claude-sonnet-4.5", "claude-sonnet-4.6", False),
        ("gpt-5.4", "gpt-5.4-mini", False),
        ("claude-something-new", "claude-something-else", False),  # of one family, and nothing more is known
        ("m", "m2", False),
    ],
)
def test_two_spellings_of_one_model_are_the_same(one: str, other: str, same: bool) -> None:
    assert is_same_model(one, other) == same
