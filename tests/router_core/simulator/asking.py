"""Requests that the simulated providers accept, for tests to spoil."""

from typing import Any

import httpx

from router_core.simulator import SimulatorThread, make_jwt

API_KEY = "sk-ant-api03-test"
OAUTH = "sk-ant-oat01-test"
PLATFORM_KEY = "sk-proj-test-0123456789abcdef"
LOGIN = make_jwt("acc-1")

CLAUDE_CODE = "You are Claude Code, Anthropic's official CLI for Claude."

ANTHROPIC_HEADERS = {"x-api-key": API_KEY, "anthropic-version": "2023-06-01"}
OAUTH_HEADERS = {
    "authorization": f"Bearer {OAUTH}",
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "claude-code-20250219,oauth-2025-04-20",
}
OPENAI_HEADERS = {"authorization": f"Bearer {PLATFORM_KEY}"}
CODEX_HEADERS = {"authorization": f"Bearer {LOGIN}", "chatgpt-account-id": "acc-1"}


def message_body(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": "claude-sonnet-5",
        "max_tokens": 1000,
        "messages": [{"role": "user", "content": "hello"}],
    }
    return _changed(body, changes)


def claude_code_body(**changes: Any) -> dict[str, Any]:
    system = [{"type": "text", "text": "x-anthropic-billing-header: cc"}, {"type": "text", "text": CLAUDE_CODE}]
    return message_body(**{"system": system, **changes})


def chat_body(**changes: Any) -> dict[str, Any]:
    return _changed({"model": "gpt-5.5", "messages": [{"role": "user", "content": "hello"}]}, changes)


def copilot_body(**changes: Any) -> dict[str, Any]:
    return chat_body(**{"model": "gpt-4.1", **changes})


def responses_body(**changes: Any) -> dict[str, Any]:
    return _changed({"model": "gpt-5.5", "input": "hello"}, changes)


def codex_body(**changes: Any) -> dict[str, Any]:
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
    body = {"model": "gpt-5.5", "instructions": "", "input": [message], "store": False, "stream": True}
    return _changed(body, changes)


def ask(http: httpx.Client, sim: SimulatorThread, provider: str, **changes: Any) -> httpx.Response:
    """One plain request to `anthropic`, `oauth`, `chat`, `responses` or `codex`."""
    headers, path, body = {
        "anthropic": (ANTHROPIC_HEADERS, "/v1/messages", message_body),
        "oauth": (OAUTH_HEADERS, "/v1/messages", claude_code_body),
        "chat": (OPENAI_HEADERS, "/v1/chat/completions", chat_body),
        "responses": (OPENAI_HEADERS, "/v1/responses", responses_body),
        "codex": (CODEX_HEADERS, "/backend-api/codex/responses", codex_body),
    }[provider]
    return http.post(sim.url + path, headers=headers, json=body(**changes))


def _changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`None` removes a field."""
    return {name: value for name, value in (body | changes).items() if value is not None}
