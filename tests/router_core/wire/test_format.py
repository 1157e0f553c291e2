"""Which wire format a path speaks, and whether it makes a model answer."""

import pytest

from router_core.config.schema import Kind
from router_core.wire.format import Call, FormatName, call_of, format_of_path


@pytest.mark.parametrize(
    ("kind", "rest", "call"),
    [
        ("anthropic", "/v1/messages?beta=true", Call("anthropic", True)),
        ("anthropic", "/v1/messages/", Call("anthropic", True)),
        ("anthropic", "/v1/messages/count_tokens", Call("anthropic", False)),
        ("anthropic", "/v1/models", Call("anthropic", False)),
        ("openai", "/v1/chat/completions", Call("openai-chat", True)),
        ("openai", "/responses", Call("openai-responses", True)),
        ("openai", "/responses/input_tokens", Call("openai-responses", False)),
        ("openai", "/models?x=/chat/completions", Call("openai-responses", False)),
        ("openai-chat", "/models", Call("openai-chat", False)),
        ("codex", "/backend-api/codex/responses", Call("openai-responses", True)),
        ("codex", "/responses/compact", Call("openai-responses", False)),
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
