"""Usage and stop reason as each format spells them → one Usage. Providers' own numbers, never an estimate.

Anthropic's `input_tokens` excludes cached tokens, OpenAI's includes them: here it always excludes them.
`message_delta` is cumulative: the latest value of each field counts, nulls keep the earlier one.
"""

from typing import Any

from router_core.money import reported_nano
from router_core.trace.record import Usage
from router_core.wire.format import FormatName

_DEARER = ("fast", "us")
"""Anthropic's `speed` and `inference_geo` that cost more."""


def read_usage(format: FormatName, usage: Any, into: Usage) -> None:
    """Take over what `usage` (the provider's object) says."""
    if not isinstance(usage, dict):
        return
    _reported(usage, into)
    if format == "anthropic":
        _anthropic(usage, into)
    elif format == "gemini":
        _gemini(usage, into)
    else:
        _openai(usage, into)


def read_body(format: FormatName, body: Any, into: Usage) -> str:
    """Usage of a complete JSON answer; returns its stop reason ("" when it has none)."""
    if format == "gemini" and isinstance(body, list):  # a stream without `alt=sse` is one array of frames
        reasons = [read_body(format, frame, into) for frame in body if isinstance(frame, dict)]
        return next((reason for reason in reversed(reasons) if reason), "")
    if not isinstance(body, dict):
        return ""
    if format == "gemini":
        read_usage(format, body.get("usageMetadata"), into)
        return gemini_stop(body)
    read_usage(format, body.get("usage"), into)
    read_service(body, into)
    if format == "anthropic":
        return str(body.get("stop_reason") or "")
    if format == "openai-chat":
        choices = body.get("choices")
        first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        return str(first.get("finish_reason") or "")
    return responses_stop(body)


def read_service(answer: dict[str, Any], into: Usage) -> None:
    """OpenAI's `service_tier`, which stands beside the usage."""
    tier = answer.get("service_tier")
    if isinstance(tier, str) and tier not in ("", "auto", "default", "standard"):
        into.services = (tier[:40],)


def responses_stop(response: Any) -> str:
    """`completed`, or why a response is incomplete."""
    if not isinstance(response, dict):
        return ""
    details = response.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    return str(reason or response.get("status") or "")


def gemini_stop(frame: dict[str, Any]) -> str:
    """`finishReason` of the first candidate, or why the prompt was blocked."""
    candidates = frame.get("candidates")
    first = candidates[0] if isinstance(candidates, list) and candidates and isinstance(candidates[0], dict) else {}
    feedback = frame.get("promptFeedback")
    blocked = feedback.get("blockReason") if isinstance(feedback, dict) else None
    return str(first.get("finishReason") or blocked or "")


def _reported(usage: dict[str, Any], into: Usage) -> None:
    """OpenRouter's `cost`: its own charge; with a key of the user's own the vendor's comes on top of it
    (openrouter.ai/docs, read 2026-11-20)."""
    cost = reported_nano(usage.get("cost"))
    if cost is None:
        return
    details = usage.get("cost_details")
    if usage.get("is_byok") is True and isinstance(details, dict):
        cost += reported_nano(details.get("upstream_inference_cost")) or 0
    into.reported_nano_usd = cost


def _gemini(usage: dict[str, Any], into: Usage) -> None:
    """`promptTokenCount` includes cached tokens but not those of built-in tools; `candidatesTokenCount` excludes
    thoughts."""
    into.cache_read_tokens = _count(usage.get("cachedContentTokenCount"), into.cache_read_tokens)
    prompt = _count(usage.get("promptTokenCount"), None)
    if prompt is not None:
        prompt += _count(usage.get("toolUsePromptTokenCount"), None) or 0
        into.input_tokens = max(0, prompt - (into.cache_read_tokens or 0))
    into.reasoning_tokens = _count(usage.get("thoughtsTokenCount"), into.reasoning_tokens)
    answer = _count(usage.get("candidatesTokenCount"), None)
    if answer is not None or into.reasoning_tokens is not None:
        into.output_tokens = (answer or 0) + (into.reasoning_tokens or 0)


def _anthropic(usage: dict[str, Any], into: Usage) -> None:
    into.input_tokens = _count(usage.get("input_tokens"), into.input_tokens)
    into.output_tokens = _count(usage.get("output_tokens"), into.output_tokens)
    into.cache_read_tokens = _count(usage.get("cache_read_input_tokens"), into.cache_read_tokens)
    written = _count(usage.get("cache_creation_input_tokens"), None)
    parts = usage.get("cache_creation")
    named = parts if isinstance(parts, dict) else {}
    into.cache_write_1h_tokens = _count(named.get("ephemeral_1h_input_tokens"), into.cache_write_1h_tokens)
    five_minutes = _count(named.get("ephemeral_5m_input_tokens"), None)
    if five_minutes is not None:
        into.cache_write_tokens = five_minutes
    elif written is not None:
        into.cache_write_tokens = max(0, written - (into.cache_write_1h_tokens or 0))
    details = usage.get("output_tokens_details")
    if isinstance(details, dict):
        into.reasoning_tokens = _count(details.get("thinking_tokens"), into.reasoning_tokens)
    tools = usage.get("server_tool_use")
    if isinstance(tools, dict):
        into.web_search_requests = _count(tools.get("web_search_requests"), into.web_search_requests)
    if services := tuple(word for word in (usage.get("speed"), usage.get("inference_geo")) if word in _DEARER):
        into.services = services


def _openai(usage: dict[str, Any], into: Usage) -> None:
    """Responses say `input`/`output`, Chat says `prompt`/`completion`; some compatible services send both sets, one of
    them empty or zero.

    Two services differ in what the numbers mean: DeepSeek counts cache hits beside the details, and xAI's
    `completion_tokens` leave out the reasoning, which only their total gives away (api-docs.deepseek.com, docs.x.ai;
    read 2026-11-20).
    """
    prompt = _count(usage.get("input_tokens") or usage.get("prompt_tokens", usage.get("input_tokens")), None)
    output = _count(usage.get("output_tokens") or usage.get("completion_tokens", usage.get("output_tokens")), None)
    into.cache_read_tokens = _count(usage.get("prompt_cache_hit_tokens"), into.cache_read_tokens)
    details = usage.get("input_tokens_details") or usage.get("prompt_tokens_details")
    if isinstance(details, dict):
        into.cache_read_tokens = _count(details.get("cached_tokens"), into.cache_read_tokens)
        into.cache_write_tokens = _count(details.get("cache_write_tokens"), into.cache_write_tokens)
    if prompt is not None:
        into.input_tokens = max(0, prompt - (into.cache_read_tokens or 0) - (into.cache_write_tokens or 0))
    details = usage.get("output_tokens_details") or usage.get("completion_tokens_details")
    if isinstance(details, dict):
        into.reasoning_tokens = _count(details.get("reasoning_tokens"), into.reasoning_tokens)
    if output is not None:
        reasoning = into.reasoning_tokens or 0
        apart = prompt is not None and _count(usage.get("total_tokens"), None) == prompt + output + reasoning
        into.output_tokens = output + reasoning if apart else output


def _count(value: Any, otherwise: int | None) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        return otherwise
    return int(value)
