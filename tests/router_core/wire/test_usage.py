"""Providers' usage objects → one Usage; cached tokens are never counted twice."""

from dataclasses import asdict
from typing import Any

import pytest

from router_core.trace.record import Usage
from router_core.wire.format import FormatName
from router_core.wire.usage import read_body, read_usage, responses_stop


def _read(name: FormatName, *usages: Any) -> dict[str, int]:
    usage = Usage()
    for one in usages:
        read_usage(name, one, usage)
    return {key.removesuffix("_tokens"): value for key, value in asdict(usage).items() if value is not None}


@pytest.mark.parametrize(
    ("usages", "read"),
    [
        ([{"input_tokens": 10, "output_tokens": 5}], {"input": 10, "output": 5}),
        (
            [{"input_tokens": 10, "cache_read_input_tokens": 900, "cache_creation_input_tokens": 50}],
            {"input": 10, "cache_read": 900, "cache_write": 50},
        ),
        (
            [{"cache_creation_input_tokens": 50,
              "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30}}],
            {"cache_write": 20, "cache_write_1h": 30},
        ),
        ([{"cache_creation_input_tokens": 50, "cache_creation": {}}], {"cache_write": 50}),
        ([{"cache_creation_input_tokens": 50, "cache_creation": {"ephemeral_1h_input_tokens": 50}}],
         {"cache_write": 0, "cache_write_1h": 50}),
        ([{"cache_creation": {"ephemeral_1h_input_tokens": 30}}, {"cache_creation_input_tokens": 30}],
         {"cache_write": 0, "cache_write_1h": 30}),
        ([{"output_tokens": 1}, {"output_tokens": 50}, {"output_tokens": 120}], {"output": 120}),
        ([{"input_tokens": 25, "output_tokens": 1}, {"input_tokens": None, "output_tokens": 64}],
         {"input": 25, "output": 64}),
        ([{"input_tokens": 3}, {"input_tokens": 30}], {"input": 30}),
        ([{"output_tokens_details": {"thinking_tokens": 7}, "output_tokens": 9}], {"output": 9, "reasoning": 7}),
        ([{"input_tokens": 10, "cache_read_input_tokens": None, "cache_creation_input_tokens": None}], {"input": 10}),
        ([{"input_tokens": 5}, None, [], "x", 3], {"input": 5}),
        ([{"input_tokens": -1, "output_tokens": "7", "cache_read_input_tokens": True}], {}),
        ([{"input_tokens": 2**64 - 1, "output_tokens": 3.0}], {"output": 3}),
    ],
)  # fmt: skip
def test_anthropic_input_excludes_cached_and_the_latest_value_counts(usages: list[Any], read: dict[str, int]) -> None:
    """tensorzero #5481, ccusage #938: message_delta is cumulative, nulls keep the start value."""
    assert _read("anthropic", *usages) == read


@pytest.mark.parametrize("name", ["openai-chat", "openai-responses"])
@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 100, "completion_tokens": 20}, {"input": 100, "output": 20}),
        ({"input_tokens": 100, "output_tokens": 20}, {"input": 100, "output": 20}),
        (
            {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60}, "completion_tokens": 20,
             "completion_tokens_details": {"reasoning_tokens": 8}},
            {"input": 40, "cache_read": 60, "output": 20, "reasoning": 8},
        ),
        (
            {"input_tokens": 200, "input_tokens_details": {"cached_tokens": 150, "cache_write_tokens": 20},
             "output_tokens": 90, "output_tokens_details": {"reasoning_tokens": 64}},
            {"input": 30, "cache_read": 150, "cache_write": 20, "output": 90, "reasoning": 64},
        ),
        ({"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 60}}, {"input": 0, "cache_read": 60}),
        ({"prompt_tokens": 10, "prompt_tokens_details": None, "completion_tokens_details": None}, {"input": 10}),
        ({"prompt_tokens": 0, "completion_tokens": 0}, {"input": 0, "output": 0}),
        ({"prompt_tokens": None, "completion_tokens": 4}, {"output": 4}),
        (
            {"prompt_tokens": 9, "completion_tokens": 2, "input_tokens": 0, "output_tokens": 0,
             "input_tokens_details": None, "prompt_tokens_details": {"cached_tokens": 4}},
            {"input": 5, "cache_read": 4, "output": 2},
        ),
        ({"input_tokens": "9", "output_tokens": -3}, {}),
        (None, {}),
    ],
)  # fmt: skip
def test_openai_input_includes_cached(name: FormatName, usage: Any, read: dict[str, int]) -> None:
    """claude-code-hub #1075, tokscale #1023: input counted twice."""
    assert _read(name, usage) == read
    assert _read(name, usage, usage) == read  # some services repeat it in each chunk


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        pytest.param(
            {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
             "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36},
            {"input": 36, "cache_read": 64, "output": 20}, id="DeepSeek, hits beside the details",
        ),
        pytest.param(
            {"prompt_tokens": 100, "prompt_cache_hit_tokens": 64, "prompt_tokens_details": {"cached_tokens": 60}},
            {"input": 40, "cache_read": 60}, id="DeepSeek, both: the details count",
        ),
        pytest.param(
            {"prompt_tokens": 100, "prompt_cache_hit_tokens": 64, "prompt_tokens_details": {"text_tokens": 100}},
            {"input": 36, "cache_read": 64}, id="DeepSeek, details of something else",
        ),
        pytest.param(
            {"prompt_tokens": 30, "prompt_cache_hit_tokens": "64"}, {"input": 30}, id="hits that are no number",
        ),
        pytest.param(
            {"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135,
             "completion_tokens_details": {"reasoning_tokens": 94}},
            {"input": 32, "output": 103, "reasoning": 94}, id="xAI, reasoning apart",
        ),
        pytest.param(
            {"prompt_tokens": 32, "completion_tokens": 103, "total_tokens": 135,
             "completion_tokens_details": {"reasoning_tokens": 94}},
            {"input": 32, "output": 103, "reasoning": 94}, id="OpenAI, reasoning within",
        ),
    ],
)  # fmt: skip
def test_services_of_the_chat_format_that_count_in_another_way(usage: Any, read: dict[str, int]) -> None:
    assert _read("openai-chat", usage) == read
    assert _read("openai-chat", usage, usage) == read


@pytest.mark.parametrize(
    ("name", "body", "stop", "output"),
    [
        ("anthropic", {"stop_reason": "end_turn", "usage": {"output_tokens": 3}}, "end_turn", 3),
        ("anthropic", {"stop_reason": None}, "", None),
        ("openai-chat", {"choices": [{"finish_reason": "length"}], "usage": {"completion_tokens": 3}}, "length", 3),
        ("openai-chat", {"choices": []}, "", None),
        ("openai-chat", {"choices": None}, "", None),
        ("openai-chat", {"choices": ["odd"]}, "", None),
        ("openai-responses", {"status": "completed", "usage": {"output_tokens": 3}}, "completed", 3),
        ("openai-responses", {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
         "content_filter", None),
        ("openai-responses", ["odd"], "", None),
        ("anthropic", None, "", None),
    ],
)  # fmt: skip
def test_whole_answers(name: FormatName, body: Any, stop: str, output: int | None) -> None:
    usage = Usage()
    assert read_body(name, body, usage) == stop
    assert usage.output_tokens == output


def test_a_response_that_is_no_object_has_no_stop_reason() -> None:
    assert responses_stop("odd") == ""


@pytest.mark.parametrize(
    ("usages", "read"),
    [
        ([{"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 7, "thoughtsTokenCount": 5}],
         {"input": 40, "cache_read": 60, "output": 12, "reasoning": 5}),
        ([{"promptTokenCount": 100, "toolUsePromptTokenCount": 20, "candidatesTokenCount": 7}],
         {"input": 120, "output": 7}),
        ([{"promptTokenCount": 9}, {"promptTokenCount": 9, "thoughtsTokenCount": 4},
          {"promptTokenCount": 9, "thoughtsTokenCount": 6, "candidatesTokenCount": 2}],
         {"input": 9, "output": 8, "reasoning": 6}),
        ([{"promptTokenCount": "9", "candidatesTokenCount": -1, "thoughtsTokenCount": None}], {}),
        ([{"promptTokenCount": 5, "cachedContentTokenCount": 9}], {"input": 0, "cache_read": 9}),
    ],
)  # fmt: skip
def test_gemini_counts_thoughts_apart_and_the_last_frame_counts(usages: list[Any], read: dict[str, int]) -> None:
    assert _read("gemini", *usages) == read


@pytest.mark.parametrize(
    ("body", "stop"),
    [
        ({"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 3}}, "STOP"),
        ({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}}, "SAFETY"),
        ([{"usageMetadata": {"promptTokenCount": 2}}, {"candidates": [{"finishReason": "MAX_TOKENS"}]},
          {"usageMetadata": {"promptTokenCount": 3}}], "MAX_TOKENS"),
        ({"candidates": 5, "usageMetadata": {"promptTokenCount": 3}}, ""),
        ({"candidates": [5], "promptFeedback": 5, "usageMetadata": {"promptTokenCount": 3}}, ""),
    ],
)  # fmt: skip
def test_a_whole_answer_of_gemini_in_either_form(body: Any, stop: str) -> None:
    usage = Usage()
    assert read_body("gemini", body, usage) == stop
    assert usage.input_tokens == 3


@pytest.mark.parametrize(
    ("usage", "nano"),
    [
        ({"cost": 0.00014550, "prompt_tokens": 1}, 145_500),
        ({"cost": 0, "is_byok": False}, 0),
        ({"cost": 0.001, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.02}}, 21_000_000),
        ({"cost": 0.001, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.02}}, 1_000_000),
        ({"cost": 0.001, "is_byok": True, "cost_details": None}, 1_000_000),
        ({"cost": {"total": 1}}, None),
        ({"cost": -1}, None),
    ],
)
@pytest.mark.parametrize("name", ["openai-chat", "openai-responses", "anthropic"])
def test_what_the_provider_has_charged_itself(name: FormatName, usage: Any, nano: int | None) -> None:
    read = Usage()
    read_usage(name, usage, read)
    assert read.reported_nano_usd == nano


@pytest.mark.parametrize(
    ("name", "body", "services"),
    [
        ("openai-responses", {"service_tier": "priority", "usage": {}}, ("priority",)),
        ("openai-chat", {"service_tier": "flex", "usage": {}}, ("flex",)),
        ("openai-chat", {"service_tier": "default", "usage": {}}, None),
        ("openai-chat", {"service_tier": None, "usage": {}}, None),
        ("anthropic", {"usage": {"speed": "fast", "inference_geo": "us"}}, ("fast", "us")),
        ("anthropic", {"usage": {"speed": "standard", "inference_geo": "global", "service_tier": "standard"}}, None),
    ],
)
def test_what_changes_the_price_of_each_token(name: FormatName, body: Any, services: Any) -> None:
    read = Usage()
    read_body(name, body, read)
    assert read.services == services
