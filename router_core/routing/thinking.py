"""Does a request ask for thinking: more of it than its program asks for with every request?

Claude Code (2.1, watched on the wire, 2026-11) sends `thinking: {"type": "adaptive"}` and an effort with each request:
`medium` to its newest models, `high` to older ones and to names that it does not know; models from before adaptive
thinking get `enabled` with a budget of 31,999. None of these says that a person wants anything. What does:

- the word "ultrathink" in a prompt: it adds a reminder to the turn, and changes nothing else of the request;
- `--effort` or `/effort` of `xhigh` or `max`; a budget set by hand (`MAX_THINKING_TOKENS`);
- plan mode (plan_mode.py).

Codex sends a `reasoning.effort` of `low` or `medium` unless told otherwise; the Gemini CLI a fixed `thinkingConfig`.
Programs that send such fields only when they are set are taken at their word.
"""

from collections.abc import Sequence
from typing import Any

from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject

_MUCH = frozenset({"high", "xhigh", "max"})
_ALWAYS_BUDGET = 31_999
_ULTRATHINK = 'The user included the keyword "ultrathink"'


def asks_for_thinking(format: FormatName, body: JsonObject, client: str, reminders: Sequence[str]) -> str:
    """What asks for it, in the words of the request; "" when nothing does.

    Args:
        client: its name (`claude-code`, `codex`, `GeminiCLI` …).
        reminders: those of Claude Code's in the newest turn.
    """
    match format:
        case "anthropic" if client == "claude-code":
            return _of_claude_code(body, reminders)
        case "anthropic":
            return _of_anthropic(body)
        case "openai-responses":
            return _effort("reasoning.effort", _in(body, "reasoning").get("effort"))
        case "openai-chat":
            return _of_chat(body)
        case "gemini":
            return "" if client == "GeminiCLI" else _of_gemini(body)


def _of_claude_code(body: JsonObject, reminders: Sequence[str]) -> str:
    thinking = _in(body, "thinking")
    budget = thinking.get("budget_tokens")
    if thinking.get("type") == "enabled" and isinstance(budget, int):
        most = body.get("max_tokens")
        always = _ALWAYS_BUDGET if not isinstance(most, int) else min(_ALWAYS_BUDGET, most - 1)
        if budget != always:
            return f"thinking.budget_tokens is {budget}"
    effort = _in(body, "output_config").get("effort")
    if effort in ("xhigh", "max"):
        return f"output_config.effort is {effort}"
    return 'the prompt says "ultrathink"' if any(_ULTRATHINK in text for text in reminders) else ""


def _of_anthropic(body: JsonObject) -> str:
    thinking, effort = _in(body, "thinking").get("type"), _in(body, "output_config").get("effort")
    if thinking == "enabled" or (thinking == "adaptive" and effort not in ("low", "medium")):
        return f"thinking.type is {thinking}"
    return _effort("output_config.effort", effort)


def _of_chat(body: JsonObject) -> str:
    reasoning, thinking = _in(body, "reasoning"), _in(body, "thinking")
    if thinking.get("type") == "enabled":
        return "thinking.type is enabled"
    if body.get("enable_thinking") is True:
        return "enable_thinking is true"
    if isinstance(budget := reasoning.get("max_tokens"), int) and budget > 0:
        return f"reasoning.max_tokens is {budget}"
    return _effort("reasoning_effort", body.get("reasoning_effort")) or _effort(
        "reasoning.effort", reasoning.get("effort")
    )


def _of_gemini(body: JsonObject) -> str:
    inner = body.get("generateContentRequest")
    config = _in(inner if isinstance(inner, dict) else body, "generationConfig")
    thinking = _in(config, "thinkingConfig") or _in(config, "thinking_config")
    budget = thinking.get("thinkingBudget", thinking.get("thinking_budget"))
    if isinstance(budget, int) and budget > 0:
        return f"thinkingBudget is {budget}"
    level = thinking.get("thinkingLevel", thinking.get("thinking_level"))
    return _effort("thinkingLevel", level.lower() if isinstance(level, str) else level)


def _effort(field: str, value: Any) -> str:
    return f"{field} is {value}" if isinstance(value, str) and value in _MUCH else ""


def _in(body: JsonObject, key: str) -> JsonObject:
    value = body.get(key)
    return value if isinstance(value, dict) else {}
