"""URLs that people write → kind and base URL."""

import pytest

from router_core.config.schema import Kind
from router_core.migrating.endpoint import endpoint


@pytest.mark.parametrize(
    ("url", "hint", "expected"),
    [
        ("https://openrouter.ai/api/v1/chat/completions", None, ("openai-chat", "https://openrouter.ai/api/v1")),
        (" https://a.example/v1/ ", None, ("openai-chat", "https://a.example/v1")),
        ("https://a.example", None, ("openai-chat", "https://a.example")),
        ("https://api.openai.com", None, ("openai", "https://api.openai.com/v1")),
        ("https://api.openai.com/v1/responses", None, ("openai", "https://api.openai.com/v1")),
        ("https://a.example/v1/responses", None, ("openai-responses", "https://a.example/v1")),
        ("https://chatgpt.com/backend-api/codex/responses", None, ("codex", "https://chatgpt.com/backend-api/codex")),
        ("https://api.anthropic.com/v1/messages", None, ("anthropic", "https://api.anthropic.com")),
        ("https://a.example/anthropic/v1/messages", None, ("anthropic", "https://a.example/anthropic")),
        ("https://a.example/anthropic", None, ("anthropic", "https://a.example/anthropic")),
        ("https://a.example/v1", "anthropic", ("anthropic", "https://a.example")),
        (
            "https://generativelanguage.googleapis.com/v1beta/models/",
            None,
            ("gemini", "https://generativelanguage.googleapis.com/v1beta"),
        ),
        (
            "https://generativelanguage.googleapis.com",
            None,
            ("gemini", "https://generativelanguage.googleapis.com/v1beta"),
        ),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
            None,
            ("openai-chat", "https://generativelanguage.googleapis.com/v1beta/openai"),
        ),
        ("https://us-central1-aiplatform.googleapis.com/v1/projects/p", None,
         ("vertex", "https://us-central1-aiplatform.googleapis.com")),
        ("https://api.githubcopilot.com/chat/completions", None, ("copilot", "https://api.githubcopilot.com")),
    ],
)  # fmt: skip
def test_kind_and_base_url_are_told_by_the_url(url: str, hint: Kind | None, expected: tuple[str, str]) -> None:
    assert endpoint(url, hint) == expected
