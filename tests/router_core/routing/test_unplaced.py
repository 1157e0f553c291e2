"""Calls that routing has no word for go to the first provider of the caller's own protocol."""

import pytest

from router_core.config.schema import Config
from router_core.routing.lock import Lock
from router_core.routing.unplaced import provider_for_unplaced

ALL = frozenset(Config().providers)
ANTHROPICS = {"anthropic-version": "2023-06-01"}


@pytest.mark.parametrize(
    ("path", "headers", "client", "tokens", "provider"),
    [
        ("/v1/embeddings", {}, "openai-sdk", ALL, "openai"),
        ("/v1/embeddings", {}, "curl", {"codex", "claude", "mistral"}, "mistral"),
        ("/v1/embeddings", {}, "curl", {"claude", "codex"}, None),
        ("/v1/messages/batches", ANTHROPICS, "curl", ALL, "claude"),
        ("/v1/files", {}, "anthropic-sdk", {"openai", "claude"}, "claude"),
        ("/v1/files", {}, "claude-code", {"openai"}, None),
        ("/v1/memories/trace_summarize", {}, "codex", ALL, "codex"),
        ("/v1/memories/trace_summarize", {}, "codex", {"openai"}, "openai"),
        ("/v1beta/models/m:embedContent", {}, "curl", ALL, "gemini"),
        ("/v1/files", {"x-goog-api-key": "k"}, "curl", ALL, "gemini"),
    ],
)
def test_the_first_provider_with_a_token_of_the_callers_protocol(
    path: str, headers: dict[str, str], client: str, tokens: set[str], provider: str | None
) -> None:
    assert provider_for_unplaced(path, headers, client, Config(), tokens.__contains__) == provider


def test_a_provider_that_is_switched_off_is_left_out() -> None:
    claude = Config().providers["claude"]
    config = Config(providers={"claude": claude.model_copy(update={"enabled": False}), "other": claude})
    assert provider_for_unplaced("/v1/files", ANTHROPICS, "curl", config, ALL.union({"other"}).__contains__) == "other"


@pytest.mark.parametrize(("provider", "expected"), [("mistral", "mistral"), ("claude", None), ("gone", None)])
def test_while_all_is_locked_to_one_provider_nothing_goes_to_another(provider: str, expected: str | None) -> None:
    lock = Lock(provider, "m")
    assert provider_for_unplaced("/v1/embeddings", {}, "curl", Config(), ALL.__contains__, lock) == expected
