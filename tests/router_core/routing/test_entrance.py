"""What the routed paths ask for."""

import pytest

from router_core.routing.entrance import Entrance, entrance_of

PATHS = {
    "POST /v1/messages?beta=true": Entrance("anthropic", "generate"),
    "POST /v1/messages/": Entrance("anthropic", "generate"),
    "POST /v1/messages/count_tokens?beta=true": Entrance("anthropic", "count"),
    "POST /v1/chat/completions": Entrance("openai-chat", "generate"),
    "POST /v1/responses": Entrance("openai-responses", "generate"),
    "POST /v1/responses/input_tokens": Entrance("openai-responses", "count"),
    "POST /v1/responses/compact": Entrance("openai-responses", "compact"),
    "POST /v1beta/models/gemini-2.5-pro:generateContent": Entrance("gemini", "generate", "gemini-2.5-pro", False),
    "POST /v1beta/models/claude%2Fopus:streamGenerateContent?alt=sse": Entrance(
        "gemini", "generate", "claude/opus", True
    ),
    "POST /v1beta/models/codex/gpt-5:streamGenerateContent": Entrance("gemini", "generate", "codex/gpt-5", True, True),
    "POST /v1beta/models/g:countTokens": Entrance("gemini", "count", "g"),
    "GET /v1/models": Entrance("openai-chat", "models"),
    "GET /v1/models/claude/claude-opus-5?x=1": Entrance("openai-chat", "models", "claude/claude-opus-5"),
    "GET /v1beta/models": Entrance("gemini", "models"),
    "GET /v1beta/models/gemini-2.5-pro": Entrance("gemini", "models", "gemini-2.5-pro"),
    "GET /v1/messages": None,
    "POST /v1/embeddings": None,
    "POST /v1beta/models/g:embedContent": None,
    "POST /claude/v1/messages": None,
}


@pytest.mark.parametrize(("line", "entrance"), PATHS.items(), ids=PATHS.keys())
def test_paths(line: str, entrance: Entrance | None) -> None:
    method, _, path = line.partition(" ")
    assert entrance_of(method, path) == entrance
