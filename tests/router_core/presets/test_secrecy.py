"""What is a secret in a configuration, and what only looks a little like one."""

import pytest

from router_core.presets.secrecy import why_secret

P = ("providers", "x")


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ((*P, "api_key"), "made-up"),
        ((*P, "api_key"), "sk-$PART"),
        ((*P, "headers", "X-Secret"), "a"),
        ((*P, "headers", "x-team"), "Bearer abcdefghijklmnop0123"),
        ((*P, "headers", "x-team"), "a1b2c3d4e5f6a7b8c9d0e1f2"),
        ((*P, "headers", "x-team"), "sk-ant-api03-made-up-0123456789"),
        ((*P, "headers", "x-team"), "Basic bWU6cHc="),
        ((*P, "headers", "x-team"), "made.up!by$$a(person)12345"),
        ((*P, "headers", "x-team"), "known-to-be-one"),
        ((*P, "transformers", "url"), "see https://me:made-up@host.example/"),
        ((*P, "transformers", "url"), "https://host.example/?api_key=made-up"),
        ((*P, "model_transformers", "m*", "api_key"), "made-up"),
        (("routing", "models", "x"), "claude/known-to-be-one"),
        (("spend", "webhook"), "https://host.example/?token=made-up"),
    ],
)
def test_a_secret_is_found(keys: tuple[str, ...], text: str) -> None:
    assert why_secret(keys, text, ["known-to-be-one"])


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ((*P, "api_key"), "$OPENROUTER_API_KEY"),
        ((*P, "api_key"), ""),
        ((*P, "headers", "authorization"), "Bearer ${TOKEN}"),
        ((*P, "auth"), "bearer"),
        ((*P, "base_url"), "https://api.example.com/v1"),
        ((*P, "models"), "claude-haiku-4-5-20251001"),
        ((*P, "headers", "x-title"), "my team"),
        ((*P, "model_transformers", "monkey-*"), "tooluse"),
        ((*P, "transformers"), "openrouter"),
        (("routing", "models", "monkey-*"), "openrouter/anthropic/claude-sonnet-4"),
        (("routing", "rules", "project"), "~/code/token-service"),
    ],
)
def test_what_is_none_stays(keys: tuple[str, ...], text: str) -> None:
    assert why_secret(keys, text, ["known-to-be-one"]) == ""
