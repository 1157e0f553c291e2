"""Who asks for the model list, so that the answer is in that client's own form."""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qs

ListFormat = Literal["anthropic", "openai", "codex", "gemini"]


def asking_format(path: str, query: str, headers: Mapping[str, str]) -> ListFormat:
    """The form in which this client reads a model list.

    Args:
        path: without query. Google's clients are known by it; the others all ask for `/v1/models`.
        query: Codex puts its `client_version` there.
        headers: in any case. Anthropic's clients send `anthropic-version`, Google's `x-goog-api-key`.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    if "/openai/" in path:  # Google's own compatible layer, /v1beta/openai/models
        return "openai"
    if path.startswith("/v1beta/") or "/v1beta/" in path:
        return "gemini"
    if "client_version" in parse_qs(query, keep_blank_values=True):
        return "codex"
    if "anthropic-version" in lower or is_claude_code(lower):
        return "anthropic"
    if "x-goog-api-key" in lower or "x-goog-api-client" in lower:
        return "gemini"
    return "openai"


def is_claude_code(headers: Mapping[str, str]) -> bool:
    """Claude Code itself: `claude-code/2.1.329` when it looks for models, `claude-cli/…` else."""
    agent = next((value for name, value in headers.items() if name.lower() == "user-agent"), "")
    return agent.lower().startswith(("claude-code", "claude-cli"))
