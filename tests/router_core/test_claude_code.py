"""What Claude Code would make of an answer."""

import pytest

from router_core.claude_code import hides_the_words


@pytest.mark.parametrize(
    ("status", "client", "asked", "sent", "hides"),
    [
        (404, "claude-code", "claude-haiku-5-5", "qwen3-coder", True),
        (404, "claude-code", "codex,gpt-9", "gpt-9", True),
        (404, "claude-code", "claude-opus-9", "claude-opus-9", False),
        (404, "claude-code", "", "claude-opus-9", False),
        (404, "anthropic-sdk", "claude-haiku-5-5", "qwen3-coder", False),
        (400, "claude-code", "claude-haiku-5-5", "qwen3-coder", False),
    ],
    ids=["another model", "a target", "its own model", "the path names the provider", "another client", "no 404"],
)
def test_only_the_absence_of_another_model_is_hidden(
    status: int, client: str, asked: str, sent: str, hides: bool
) -> None:
    assert hides_the_words(status, client, asked, sent) is hides
