"""A finished request as spans and measurements."""

from typing import Any

import pytest

from router_core.telemetry.content import content_attributes
from router_core.telemetry.measures import DURATION, FIRST_CHUNK, TOKENS, measures_of
from router_core.telemetry.spans import operation_of, provider_name, request_span
from router_core.telemetry.traceparent import parse_traceparent
from router_core.trace.record import Usage
from tests.router_core.telemetry.records import TRACEPARENT, attempt, kind_of, record


def test_request_is_a_span_of_a_server_with_the_conventions_attributes() -> None:
    span = request_span(record(), kind_of)
    assert (span.name, span.kind, span.began_at, span.ended_at, span.error) == (
        "chat opus", "server", 100.0, 103.5, None,
    )  # fmt: skip
    assert span.parent == parse_traceparent(TRACEPARENT)
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.system": "anthropic",
        "gen_ai.request.model": "opus",
        "gen_ai.response.model": "claude-sonnet-5",
        "gen_ai.usage.input_tokens": 115,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 100,
        "gen_ai.usage.cache_creation.input_tokens": 5,
        "gen_ai.usage.reasoning.output_tokens": 7,
        "gen_ai.response.finish_reasons": ["end_turn"],
        "gen_ai.conversation.id": "s1",
        "gen_ai.agent.id": "a1",
        "gen_ai.request.stream": True,
        "mitmrouter.cost_usd": 0.0015,
        "mitmrouter.token": "work-2",
        "mitmrouter.attempts": 2,
    }
    assert {name: span.attributes.get(name) for name in expected} == expected
    assert "error.type" not in span.attributes


def test_what_is_cached_for_an_hour_is_input_and_written_to_the_cache() -> None:
    usage = Usage(6, 20, cache_write_tokens=5, cache_write_1h_tokens=2339)
    attributes = request_span(record(usage=usage), kind_of).attributes
    assert attributes["gen_ai.usage.input_tokens"] == 6 + 5 + 2339
    assert attributes["gen_ai.usage.cache_creation.input_tokens"] == 5 + 2339


def test_attempts_are_spans_of_a_client_below_it() -> None:
    first, second = request_span(record(), kind_of).children
    assert (first.name, first.kind, first.began_at, first.ended_at) == ("chat claude-sonnet-5", "client", 100.0, 101.0)
    assert (first.error, first.attributes["error.type"]) == ("rests for 60 s", "rate_limited")
    assert first.attributes["http.response.status_code"] == 429
    assert "gen_ai.usage.input_tokens" not in first.attributes
    assert (second.error, second.attributes["gen_ai.usage.input_tokens"]) == (None, 115)
    assert (second.attributes["server.address"], second.attributes["server.port"]) == ("api.anthropic.com", 443)


@pytest.mark.parametrize(
    ("fields", "error", "kind"),
    [
        ({"state": "failed", "status": 429, "error": "all rest", "attempts": []}, "all rest", "429"),
        ({"state": "failed", "status": 529, "attempts": [attempt(1, outcome="overloaded")]}, "failed", "overloaded"),
        ({"state": "broken", "error": "broke off", "attempts": [attempt(1)]}, "broke off", "200"),
        ({"state": "refused", "status": 403, "error": "no", "attempts": []}, "no", "403"),
        ({"state": "lost", "status": None, "attempts": []}, "lost", "lost"),
        ({"state": "client_closed", "attempts": [attempt(1, outcome="client_closed")]}, None, None),
    ],
)
def test_failure_is_told_by_a_stable_word(fields: dict[str, Any], error: str | None, kind: str | None) -> None:
    failed = record(**fields)
    span = request_span(failed, kind_of)
    assert (span.error, span.attributes.get("error.type")) == (error, kind)
    durations = [each for each in measures_of(failed, kind_of) if each.instrument is DURATION]
    assert [each.attributes.get("error.type") for each in durations] == [kind]


@pytest.mark.parametrize(
    ("method", "path", "format", "operation"),
    [
        ("POST", "/v1/messages", "anthropic", "chat"),
        ("POST", "/claude/v1/messages/count_tokens", "anthropic", "count_tokens"),
        ("POST", "/v1/responses/input_tokens", "openai-responses", "count_tokens"),
        ("POST", "/v1beta/models/m:countTokens", "gemini", "count_tokens"),
        ("POST", "/v1beta/models/m:streamGenerateContent", "gemini", "generate_content"),
        ("POST", "/v1/embeddings", "openai-chat", "embeddings"),
        ("POST", "/v1beta/models/m:batchEmbedContents", "gemini", "embeddings"),
        ("POST", "/openai/v1/completions", "openai-chat", "text_completion"),
        ("POST", "/v1/chat/completions", "openai-chat", "chat"),
        ("GET", "/openai/v1/models", "openai-chat", "list_models"),
    ],
)
def test_operation_is_told_by_the_path(method: str, path: str, format: str, operation: str) -> None:
    asked = record(path=path, format=format, method=method)
    assert operation_of(asked) == operation
    assert bool(measures_of(asked, kind_of)) == (operation not in ("count_tokens", "list_models"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("claude", "anthropic"), ("plus", "openai"), ("deepseek", "deepseek"), ("g", "gcp.gemini"), ("mine", "mine")],
)
def test_provider_has_the_conventions_name(name: str, expected: str) -> None:
    assert provider_name(name, kind_of(name)) == expected


def test_measurements_are_tokens_durations_and_the_first_piece() -> None:
    found = {
        (each.instrument.name, each.attributes.get("gen_ai.token.type")): each.value
        for each in measures_of(record(), kind_of)
    }
    assert found == {
        (TOKENS.name, "input"): 115, (TOKENS.name, "output"): 20, (DURATION.name, None): 3.5,
        (FIRST_CHUNK.name, None): 1.3,
    }  # fmt: skip
    silent = measures_of(record(usage=Usage(), ttft_ms=None), kind_of)
    assert [each.instrument for each in silent] == [DURATION]


def test_content_is_the_newest_words_and_the_answer() -> None:
    bodies = [
        {"kind": "request", "truncated": 0, "content": b'{"messages": [{"role": "user", "content": "Hi there"}]}'},
        {"kind": "response", "truncated": 0, "content_type": "application/json", "content": (
            b'{"type":"message","role":"assistant","model":"m","id":"1","stop_reason":"end_turn","content":['
            b'{"type":"text","text":"Hello."},{"type":"tool_use","id":"t","name":"Read","input":{"a":1}}],'
            b'"usage":{"input_tokens":1,"output_tokens":1}}')},
    ]  # fmt: skip
    found = content_attributes(record(), bodies)
    assert found["gen_ai.input.messages"] == '[{"role":"user","parts":[{"type":"text","content":"Hi there"}]}]'
    assert '"content":"Hello."' in found["gen_ai.output.messages"]
    assert '"type":"tool_call","name":"Read"' in found["gen_ai.output.messages"]
    assert '"finish_reason":"end_turn"' in found["gen_ai.output.messages"]
    assert content_attributes(record(), []) == {}
