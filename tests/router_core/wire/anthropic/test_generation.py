"""Thinking, sampling and limits, in the words of each generation of models."""

from typing import Any

import pytest

from router_core.wire.model import (
    Message,
    ThinkingSetting,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from tests.router_core.wire.anthropic.asking import (
    ADAPTIVE,
    ALWAYS,
    BUDGET,
    FOREIGN,
    HELLO,
    OLD,
    ON_MEDIUM,
    TOOL,
    asked,
    lost,
    sent,
)
from tests.router_core.wire.anthropic.samples import CODEC, target


@pytest.mark.parametrize(
    ("model", "given", "sent_tokens", "losses"),
    [
        (BUDGET, None, 64_000, []),
        (ADAPTIVE, None, 128_000, []),
        (OLD, None, 8_192, []),
        ("who-knows", None, 8_192, []),
        (BUDGET, 100, 100, []),
        (BUDGET, 90_000, 64_000, ["max_tokens"]),
        ("who-knows", 90_000, 90_000, []),
    ],
)
def test_max_tokens_is_always_there_and_within_the_limit(
    model: str, given: int | None, sent_tokens: int, losses: list[str]
) -> None:
    encoded = sent(asked(max_tokens=given), model)
    assert (encoded.body["max_tokens"], lost(encoded)) == (sent_tokens, losses)


THINKING: dict[str, tuple[str, ThinkingSetting | None, Any, Any, list[str]]] = {
    "silent, budget": (BUDGET, None, None, None, []),
    "silent, adaptive": (ADAPTIVE, None, None, None, []),
    "effort, budget": (BUDGET, ON_MEDIUM, {"type": "enabled", "budget_tokens": 8192}, None, []),
    "effort, adaptive": (ADAPTIVE, ON_MEDIUM, {"type": "adaptive"}, "medium", []),
    "effort, always": (ALWAYS, ON_MEDIUM, {"type": "adaptive"}, "medium", []),
    "effort, one that does not think": (OLD, ON_MEDIUM, None, None, ["thinking"]),
    "effort, unknown": (FOREIGN, ON_MEDIUM, {"type": "enabled", "budget_tokens": 6144}, None, []),
    "effort, another vendor's": ("glm-5", ON_MEDIUM, {"type": "enabled", "budget_tokens": 8192}, None, []),
    "off, another vendor's": ("glm-5", ThinkingSetting("off"), {"type": "disabled"}, None, []),
    "off, another vendor's that always thinks": ("minimax-m3", ThinkingSetting("off"), None, None, ["thinking"]),
    "minimal, budget": (BUDGET, ThinkingSetting("on", "minimal"), {"type": "enabled", "budget_tokens": 1024}, None, []),
    "minimal, adaptive": (
        ADAPTIVE,
        ThinkingSetting("on", "minimal"),
        {"type": "adaptive"},
        "low",
        ["thinking.effort"],
    ),
    "xhigh, 4.6": (
        "claude-opus-4-6",
        ThinkingSetting("on", "xhigh"),
        {"type": "adaptive"},
        "max",
        ["thinking.effort"],
    ),
    "max, budget": (BUDGET, ThinkingSetting("on", "max"), {"type": "enabled", "budget_tokens": 48_000}, None, []),
    "tokens, adaptive": (ADAPTIVE, ThinkingSetting("on", None, 20_000), {"type": "adaptive"}, "high", []),
    "tokens, budget": (
        BUDGET,
        ThinkingSetting("on", None, 20_000),
        {"type": "enabled", "budget_tokens": 20_000},
        None,
        [],
    ),
    "left to the model, budget": (
        BUDGET,
        ThinkingSetting("adaptive"),
        {"type": "enabled", "budget_tokens": 8192},
        None,
        [],
    ),
    "left to the model, adaptive": (ADAPTIVE, ThinkingSetting("adaptive"), {"type": "adaptive"}, None, []),
    "dynamic budget, adaptive": (ADAPTIVE, ThinkingSetting("on", None, -1), {"type": "adaptive"}, None, []),
    "with a summary, adaptive": (
        ADAPTIVE,
        ThinkingSetting("on", "high", show="summary"),
        {"type": "adaptive", "display": "summarized"},
        "high",
        [],
    ),
    "without text, adaptive": (
        ADAPTIVE,
        ThinkingSetting("on", "high", show="omitted"),
        {"type": "adaptive", "display": "omitted"},
        "high",
        [],
    ),
    "off, budget": (BUDGET, ThinkingSetting("off"), {"type": "disabled"}, None, []),
    "off, adaptive": (ADAPTIVE, ThinkingSetting("off"), {"type": "disabled"}, None, []),
    "off, always": (ALWAYS, ThinkingSetting("off"), {"type": "adaptive"}, "low", ["thinking"]),
    "effort none, adaptive": (ADAPTIVE, ThinkingSetting("on", "none"), {"type": "disabled"}, None, []),
    "effort beside a budget, 4.5": (
        "claude-opus-4-5",
        ThinkingSetting("on", "high"),
        {"type": "enabled", "budget_tokens": 24576},
        "high",
        [],
    ),
}


@pytest.mark.parametrize("name", THINKING)
def test_thinking_is_said_in_the_words_of_the_models_generation(name: str) -> None:
    model, setting, thinking, effort, losses = THINKING[name]
    encoded = sent(asked(thinking=setting, max_tokens=None if model.startswith(("claude", "who")) else 60_000), model)
    assert encoded.body.get("thinking") == thinking
    assert encoded.body.get("output_config", {}).get("effort") == effort
    assert lost(encoded) == losses


@pytest.mark.parametrize(
    ("max_tokens", "thinking", "losses"),
    [
        (4000, {"type": "enabled", "budget_tokens": 3000}, ["thinking.budget"]),
        (1200, {"type": "disabled"}, ["thinking"]),
        (1, {"type": "disabled"}, ["thinking"]),
        (20_000, {"type": "enabled", "budget_tokens": 10_000}, []),
    ],
)
def test_a_budget_leaves_room_for_the_answer(max_tokens: int, thinking: Any, losses: list[str]) -> None:
    request = asked(thinking=ThinkingSetting("on", None, 10_000), max_tokens=max_tokens)
    encoded = sent(request, BUDGET)
    assert (encoded.body["thinking"], lost(encoded)) == (thinking, losses)


@pytest.mark.parametrize(
    ("model", "kind", "thinking", "losses"),
    [
        (BUDGET, "any", {"type": "disabled"}, ["thinking"]),
        (ADAPTIVE, "any", {"type": "disabled"}, ["thinking"]),
        (ALWAYS, None, {"type": "adaptive"}, ["tool_choice"]),
    ],
)
def test_a_forced_tool_wins_over_thinking_except_where_it_cannot(
    model: str, kind: str | None, thinking: Any, losses: list[str]
) -> None:
    request = asked(tools=(TOOL,), tool_choice=ToolChoice("required"), thinking=ON_MEDIUM)
    encoded = sent(request, model)
    assert encoded.body.get("tool_choice", {}).get("type") == (kind or "auto")
    assert (encoded.body["thinking"], lost(encoded)) == (thinking, losses)


def test_a_forced_tool_switches_thinking_off_where_it_may_be_on_by_default() -> None:
    encoded = sent(asked(tools=(TOOL,), tool_choice=ToolChoice("required")), "claude-opus-5")
    assert encoded.body["thinking"] == {"type": "disabled"}
    assert encoded.losses == ()


def test_thinking_with_a_budget_pauses_in_a_tool_turn_that_another_provider_began() -> None:
    turn = (HELLO, Message("assistant", (ToolCall("c", "look", "{}"),)), Message("user", (ToolResult("c"),)))
    encoded = sent(asked(*turn, tools=(TOOL,), thinking=ON_MEDIUM), BUDGET)
    assert encoded.body["thinking"] == {"type": "disabled"}
    assert lost(encoded) == ["thinking"]
    assert sent(asked(*turn, tools=(TOOL,), thinking=ON_MEDIUM), ADAPTIVE).body["thinking"] == {"type": "adaptive"}


SAMPLING: dict[str, tuple[str, dict[str, Any], ThinkingSetting | None, dict[str, Any], list[str]]] = {
    "within the range": (BUDGET, {"temperature": 0.3}, None, {"temperature": 0.3}, []),
    "hotter than Anthropic goes": (BUDGET, {"temperature": 1.7}, None, {"temperature": 1}, ["temperature"]),
    "below zero": (BUDGET, {"temperature": -1.0}, None, {"temperature": 0}, ["temperature"]),
    "both": (BUDGET, {"temperature": 0.3, "top_p": 0.9}, None, {"temperature": 0.3}, ["top_p"]),
    "the default of both": (BUDGET, {"temperature": 1, "top_p": 1}, None, {"temperature": 1}, []),
    "both, a compatible model": (
        FOREIGN,
        {"temperature": 0.3, "top_p": 0.9},
        None,
        {"temperature": 0.3, "top_p": 0.9},
        [],
    ),
    "top_k": (BUDGET, {"top_k": 5}, None, {"top_k": 5}, []),
    "refused": (ALWAYS, {"temperature": 0.3, "top_k": 5}, None, {}, ["temperature", "top_k"]),
    "the default, refused": (ALWAYS, {"temperature": 1.0, "top_p": 1.0}, None, {}, []),
    "with thinking": (BUDGET, {"temperature": 0.3, "top_k": 5}, ON_MEDIUM, {}, ["temperature", "top_k"]),
    "a high top_p with thinking": (BUDGET, {"top_p": 0.97}, ON_MEDIUM, {"top_p": 0.97}, []),
    "a low top_p with thinking": (BUDGET, {"top_p": 0.5}, ON_MEDIUM, {}, ["top_p"]),
}


@pytest.mark.parametrize("name", SAMPLING)
def test_sampling_stays_within_what_the_model_takes(name: str) -> None:
    model, given, thinking, kept, losses = SAMPLING[name]
    request = asked(thinking=thinking, **given)
    encoded = CODEC.encode_request(request, target(model)) if model == FOREIGN else sent(request, model)
    assert {key: encoded.body[key] for key in ("temperature", "top_p", "top_k") if key in encoded.body} == kept
    assert lost(encoded) == losses
