"""Requests as the real clients send them (Claude Code 2.1.329 and Codex 0.169.0, watched on the wire), made short."""

from collections.abc import Mapping
from typing import Any

import orjson

from router_core.asked_for import AskedFor
from router_core.routing.entrance import Entrance, Operation
from router_core.routing.facts import Facts
from router_core.wire.format import FormatName

CLAUDE_CODE = {"user-agent": "claude-cli/2.1.329 (external, sdk-cli)", "x-claude-code-session-id": "session-1"}
CODEX = {"user-agent": "codex_exec/0.169.0 (Debian)", "originator": "codex_exec", "session-id": "session-2"}
GEMINI_CLI = {"user-agent": "GeminiCLI/0.9.0 (linux; x64)"}
SDK = {"user-agent": "Anthropic/Python 2.11.0"}

ENVIRONMENT = (
    "# Environment\nYou have been invoked in the following environment: \n - Primary working directory: /srv/app\n"
    " - Is a git repository: false\n - Platform: linux\n"
)
PLAN_BEGINS = "Plan mode is active. The user indicated that they do not want you to execute yet -- you MUST NOT make"
PLAN_ENDS = "## Exited Plan Mode\n\nYou have exited plan mode. You can now make edits, run tools, and take actions."
ULTRATHINK = 'The user included the keyword "ultrathink", requesting deeper reasoning on this turn.'
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": [text(block) if isinstance(block, str) else block for block in blocks]}


def reminder(words: str) -> dict[str, Any]:
    """What newer Claude Code puts into a conversation, for models that know adaptive thinking."""
    return {"role": "system", "content": words}


def said(words: str = "Hi there.") -> dict[str, Any]:
    return {"role": "assistant", "content": [text(words)]}


def calls(name: str = "Bash") -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": name, "input": {}}]}


def result(content: Any = "ok") -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": content}]}


def claude_code(*messages: Any, **changes: Any) -> dict[str, Any]:
    """A request of the main conversation."""
    return {
        "model": "claude-opus-5-5",
        "messages": list(messages) or [user("say hi"), reminder(ENVIRONMENT)],
        "system": [
            text("x-anthropic-billing-header: cc_version=2.1.329.0a8; cc_entrypoint=sdk-cli;"),
            text("You are a Claude agent, built on Anthropic's Claude Agent SDK."),
            text("You are an agent working with the user toward their goals in the current working directory."),
        ],
        "tools": [{"name": "Bash", "input_schema": {"type": "object"}}],
        "max_tokens": 128000,
        "thinking": {"type": "adaptive", "display": "omitted"},
        "output_config": {"effort": "medium"},
        "stream": True,
        **changes,
    }


def older_claude_code(*messages: Any, **changes: Any) -> dict[str, Any]:
    """To a model from before adaptive thinking."""
    thinking = {"budget_tokens": 31999, "type": "enabled", "display": "omitted"}
    body = claude_code(
        *messages, **{"model": "claude-sonnet-4-5", "thinking": thinking, "max_tokens": 32000, **changes}
    )
    del body["output_config"]
    return body


def web_search_call() -> dict[str, Any]:
    """Claude Code's own request for one search."""
    body = claude_code(user("Perform a web search for the query: news of llamas"))
    del body["thinking"]
    tools = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}]
    return {**body, "tools": tools, "tool_choice": {"type": "auto"}}


def title_call(**changes: Any) -> dict[str, Any]:
    """Claude Code asks what a conversation is to be called."""
    body = claude_code(user("fix the tests"), tools=[])
    del body["thinking"]
    return {**body, "output_config": {"effort": "medium", "format": {"type": "json_schema", "schema": {}}}, **changes}


def codex(*more: Any, **changes: Any) -> dict[str, Any]:
    context = "<environment_context>\n  <cwd>/srv/app</cwd>\n  <shell>bash</shell>\n</environment_context>"
    return {
        "model": "gpt-5.5",
        "input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "You are Codex."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": context}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "say hi"}]},
            *more,
        ],
        "tools": [
            {"type": "function", "name": "exec_command", "parameters": {}},
            {"type": "web_search", "external_web_access": True},
        ],
        "tool_choice": "auto",
        "reasoning": {"effort": "medium"},
        "stream": True,
        **changes,
    }


def facts_of(
    body: Mapping[str, Any],
    format: FormatName = "anthropic",
    headers: Mapping[str, str] = CLAUDE_CODE,
    *,
    operation: Operation = "generate",
    last_input_tokens: int | None = None,
) -> Facts:
    model = str(body.get("model", "")) if format == "gemini" else ""
    asked = AskedFor(Entrance(format, operation, model), orjson.dumps(body), headers, "", "session-1")
    return Facts(asked, last_input_tokens=last_input_tokens)
