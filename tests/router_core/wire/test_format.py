"""Which wire format a path speaks, and whether it makes a model answer."""

import pytest

from router_core.config.schema import Kind
from router_core.wire.format import Call, FormatName, call_of, format_of_path, model_of_path


@pytest.mark.parametrize(
    ("kind", "rest", "call"),
    [
        ("anthropic", "/v1/messages?beta=true", Call("anthropic", True)),
        ("anthropic", "/v1/messages/", Call("anthropic", True)),
        ("anthropic", "/v1%2Fmessages", Call("anthropic", True)),
        ("anthropic", "/v1/messages/count_tokens", Call("anthropic", False)),
        ("anthropic", "/v1/models", Call("anthropic", False)),
        ("openai", "/v1/chat/completions", Call("openai-chat", True)),
        ("openai", "/responses", Call("openai-responses", True)),
        ("openai", "/responses/input_tokens", Call("openai-responses", False)),
        ("openai", "/models?x=/chat/completions", Call("openai-responses", False)),
        ("openai-chat", "/models", Call("openai-chat", False)),
        ("codex", "/backend-api/codex/responses", Call("openai-responses", True)),
        ("codex", "/responses/compact", Call("openai-responses", True)),
        ("anthropic", "/v1/%6dessages", Call("anthropic", True)),
        ("gemini", "/v1beta/models/m%3AgenerateContent", Call("gemini", True)),
        ("codex", "", Call("openai-responses", False)),
    ],
)
def test_call_of_a_path(kind: Kind, rest: str, call: Call) -> None:
    assert call_of(kind, rest) == call


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/claude/nothing", "anthropic"),
        ("/v1/messages", "anthropic"),
        ("/v1/chat/completions", "openai-chat"),
        ("/v1/responses", "openai-responses"),
        ("/", "openai-responses"),
    ],
)
def test_even_not_found_speaks_the_client_s_language(path: str, name: FormatName) -> None:
    assert format_of_path(path) == name


VERTEX = "/v1/projects/p/locations/l/publishers"


@pytest.mark.parametrize(
    ("kind", "rest", "expected"),
    [
        ("code-assist", "/v1internal:streamGenerateContent?alt=sse", Call("gemini", True, True)),
        ("antigravity", "/v1internal:generateContent", Call("gemini", True, True)),
        ("code-assist", "/v1internal:countTokens", Call("gemini", False)),
        ("vertex", f"{VERTEX}/google/models/m:generateContent", Call("gemini", True)),
        ("vertex", f"{VERTEX}/anthropic/models/m:streamRawPredict", Call("anthropic", True)),
        ("vertex", f"{VERTEX}/anthropic/models/count-tokens:rawPredict", Call("anthropic", False)),
    ],
)
def test_the_calls_of_googles_other_services(kind: Kind, rest: str, expected: Call) -> None:
    assert call_of(kind, rest) == expected


@pytest.mark.parametrize(
    ("rest", "model"),
    [
        ("/v1beta/models/gemini-3.5-flash:generateContent", "gemini-3.5-flash"),
        ("/models/a%20b:streamGenerateContent?alt=sse", "a b"),
        ("/v1/projects/p/locations/l/publishers/anthropic/models/claude-x@20250101:rawPredict", "claude-x@20250101"),
        ("/v1beta/models/gemini-3.5-flash%3AgenerateContent", "gemini-3.5-flash"),
        ("/v1beta/tunedModels/mine:generateContent", "mine"),
        ("/v1internal:generateContent", ""),
        ("/v1beta/models/gemini-3.5-flash", ""),
        ("/v1/messages", ""),
    ],
)
def test_the_model_that_a_path_names(rest: str, model: str) -> None:
    assert model_of_path(rest) == model
