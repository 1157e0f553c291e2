"""Who is calling and in which conversation."""

from typing import Any

import pytest

from router_core.client import client_name, session_key, thread_of


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"user-agent": "claude-cli/2.1.300 (external, cli)"}, "claude-code"),
        ({"user-agent": "Claude-Code/1.0"}, "claude-code"),
        ({"user-agent": "codex_cli_rs/0.160.0 (Linux)", "originator": "codex_cli_rs"}, "codex"),
        ({"user-agent": "whatever", "originator": "codex_exec"}, "codex"),
        ({"user-agent": "codex-tui/0.1"}, "codex"),
        ({"user-agent": "Anthropic/Python 0.97"}, "anthropic-sdk"),
        ({"user-agent": "AsyncAnthropic/Python 0.97"}, "anthropic-sdk"),
        ({"user-agent": "OpenAI/Python 2.1"}, "openai-sdk"),
        ({"user-agent": "AsyncOpenAI/Python 2.1"}, "openai-sdk"),
        ({"user-agent": "curl/8.5.0"}, "curl"),
        ({"user-agent": "my tool 3"}, "my"),
        ({"user-agent": "x" * 100}, "x" * 40),
        ({}, ""),
    ],
)
def test_client_is_told_by_its_own_words(headers: dict[str, str], name: str) -> None:
    assert client_name(headers) == name


@pytest.mark.parametrize(
    ("headers", "body", "key"),
    [
        ({"x-claude-code-session-id": "s1"}, {"prompt_cache_key": "other"}, "s1"),
        ({"session-id": "s2"}, None, "s2"),
        ({"session_id": "s3"}, None, "s3"),
        ({"thread-id": "s4"}, None, "s4"),
        ({"conversation_id": "s5"}, None, "s5"),
        ({"x-session-id": "s9"}, None, "s9"),
        ({"x-grok-conv-id": "s10"}, None, "s10"),
        ({}, {"prompt_cache_key": "s6"}, "s6"),
        ({}, {"conversation": "conv_1", "metadata": {"user_id": "u_session_s7"}}, "conv_1"),
        ({}, {"conversation": {"id": "conv_2"}}, "conv_2"),
        ({}, {"session_id": "s11"}, "s11"),
        ({}, {"thread_id": "s12", "conversation": {"id": 3}}, "s12"),
        ({}, {"prompt_cache_key": "s6", "conversation": "conv_1"}, "s6"),
        ({}, {"prompt_cache_key": 6, "metadata": {"user_id": "user_a_account_b_session_s7"}}, "s7"),
        ({}, {"metadata": {"user_id": '{"device_id":"d","session_id":"s8"}'}}, "s8"),
        ({}, {"metadata": {"user_id": '{"session_id":null}'}}, ""),
        ({}, {"metadata": {"user_id": "{broken"}}, ""),
        ({}, {"metadata": {"user_id": "only-a-user"}}, ""),
        ({}, {"metadata": None}, ""),
        ({}, ["not", "an", "object"], ""),
        ({}, None, ""),
    ],
)
def test_session_key_ladder(headers: dict[str, str], body: Any, key: str) -> None:
    assert session_key(headers, body) == key


def test_session_key_is_bounded() -> None:
    assert session_key({"session-id": "x" * 1000}, None) == "x" * 128
    assert session_key({}, {"prompt_cache_key": "y" * 1000}) == "y" * 128


@pytest.mark.parametrize(
    ("headers", "session", "thread"),
    [
        ({}, "s1", ""),
        ({"x-claude-code-agent-id": "agent-7"}, "s1", "agent-7"),
        ({"session-id": "s1", "thread-id": "s1"}, "s1", ""),
        ({"session-id": "s1", "thread-id": "t2"}, "s1", "t2"),
        ({"x-claude-code-agent-id": "a" * 500}, "s1", "a" * 64),
    ],
)
def test_a_subagent_is_a_thread_of_its_session(headers: dict[str, str], session: str, thread: str) -> None:
    assert thread_of(headers, session) == thread
