"""A finished request as spans: names and attributes of OpenTelemetry's conventions for generative AI (1.38 and later).

The request is a span of a server (the client called us), each attempt one of a client below it (we called a provider).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from router_core.telemetry.traceparent import Parent, parse_traceparent
from router_core.trace.record import AttemptRecord, TraceRecord

type Attributes = dict[str, Any]
type KindOf = Callable[[str], str]
"""A provider's name → its kind in the configuration; "" when it is not there any more."""

BY_NAME = {
    "deepseek": "deepseek", "groq": "groq", "mistral": "mistral_ai", "xai": "x_ai", "perplexity": "perplexity",
    "cohere": "cohere", "azure": "azure.ai.openai", "bedrock": "aws.bedrock",
}  # fmt: skip
BY_KIND = {
    "anthropic": "anthropic", "openai": "openai", "openai-responses": "openai", "codex": "openai",
    "gemini": "gcp.gemini", "code-assist": "gcp.gen_ai", "antigravity": "gcp.gen_ai", "vertex": "gcp.vertex_ai",
}  # fmt: skip
FAILED = frozenset({"failed", "broken", "refused", "lost"})


@dataclass(frozen=True, slots=True)
class Span:
    """One span to be sent. Times are epoch seconds."""

    name: str
    kind: Literal["server", "client"]
    began_at: float
    ended_at: float
    attributes: Attributes
    error: str | None
    """None: it went well. Else what went wrong, without secrets."""
    children: list["Span"] = field(default_factory=list)
    parent: Parent | None = None


def request_span(record: TraceRecord, kind_of: KindOf) -> Span:
    """All of one request.

    Args:
        record: finished, with secrets masked.
    """
    operation = operation_of(record)
    ended = record.finished_at if record.finished_at is not None else record.started_at
    failed = record.state in FAILED
    attributes = _without_nothing(
        {
            **model_attributes(record.provider, record.model, record.asked_model, operation, kind_of),
            **usage_attributes(record),
            "gen_ai.request.stream": record.streamed,
            "gen_ai.response.finish_reasons": [record.stop_reason] if record.stop_reason else None,
            "gen_ai.conversation.id": record.session,
            "gen_ai.agent.id": record.agent,
            "http.request.method": record.method,
            "url.path": record.path,
            "http.response.status_code": record.status,
            "user_agent.original": record.user_agent,
            "error.type": error_type(record) if failed else None,
            "mitmrouter.request.id": record.id,
            "mitmrouter.state": record.state,
            "mitmrouter.client": record.client,
            "mitmrouter.client_key": record.client_key,
            "mitmrouter.project": record.project,
            "mitmrouter.scenario": record.scenario,
            "mitmrouter.route": record.because,
            "mitmrouter.token": record.token,
            "mitmrouter.attempts": len(record.attempts),
            "mitmrouter.ttft_ms": record.ttft_ms,
            "mitmrouter.cost_usd": _usd(record.cost_nano_usd),
            "mitmrouter.metered_usd": _usd(record.metered_nano_usd or None),
        }
    )
    return Span(
        _name(operation, record.asked_model or record.model), "server", record.started_at, ended, attributes,
        (record.error or record.state) if failed else None,
        [_attempt_span(attempt, record, operation, kind_of, ended) for attempt in record.attempts],
        parse_traceparent(record.traceparent),
    )  # fmt: skip


def _attempt_span(attempt: AttemptRecord, record: TraceRecord, operation: str, kind_of: KindOf, end: float) -> Span:
    failed = attempt.outcome not in ("", "answered", "client_closed")
    won = not failed and attempt is record.attempts[-1]
    attributes = _without_nothing(
        {
            **model_attributes(attempt.provider, attempt.model, attempt.model, operation, kind_of),
            **server_attributes(attempt.url),
            **(usage_attributes(record) if won else {}),
            "gen_ai.response.finish_reasons": [record.stop_reason] if won and record.stop_reason else None,
            "http.response.status_code": attempt.status,
            "error.type": attempt.outcome if failed else None,
            "mitmrouter.attempt.number": attempt.number,
            "mitmrouter.attempt.outcome": attempt.outcome,
            "mitmrouter.attempt.action": attempt.action,
            "mitmrouter.attempt.reason": attempt.reason,
            "mitmrouter.attempt.because": attempt.because,
            "mitmrouter.attempt.first_byte_ms": attempt.first_byte_ms,
            "mitmrouter.token": attempt.token,
        }
    )
    return Span(
        _name(operation, attempt.model), "client", attempt.started_at,
        attempt.finished_at if attempt.finished_at is not None else end, attributes,
        (attempt.reason or attempt.outcome) if failed else None,
    )  # fmt: skip


def operation_of(record: TraceRecord) -> str:
    """`gen_ai.operation.name`; what the conventions have no word for has its own."""
    path = record.path.lower()
    if path.endswith(("/count_tokens", ":counttokens", "/input_tokens")):
        return "count_tokens"
    if "embed" in path.rpartition("/")[2]:
        return "embeddings"
    if path.endswith("/models") or record.method == "GET":
        return "list_models"
    if path.endswith("/completions") and not path.endswith("/chat/completions"):
        return "text_completion"
    return "generate_content" if record.format == "gemini" else "chat"


def provider_name(name: str, kind: str) -> str:
    """`gen_ai.provider.name`: the conventions' word, else the provider's name in the configuration."""
    return BY_KIND.get(kind) or BY_NAME.get(name, name)


def model_attributes(provider: str, model: str, asked: str, operation: str, kind_of: KindOf) -> Attributes:
    """What the request was for, and where it went."""
    named = provider_name(provider, kind_of(provider))
    return _without_nothing(
        {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": named,
            "gen_ai.system": named,  # its older name, which many tools still read
            "gen_ai.request.model": asked or model,
            "gen_ai.response.model": model,
            "mitmrouter.provider": provider,
        }
    )


def usage_attributes(record: TraceRecord) -> Attributes:
    """Tokens; the conventions count those of the cache among the input."""
    usage = record.usage
    return _without_nothing(
        {
            "gen_ai.usage.input_tokens": all_input_tokens(record),
            "gen_ai.usage.output_tokens": usage.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
            "gen_ai.usage.cache_creation.input_tokens": _known_sum(
                usage.cache_write_tokens, usage.cache_write_1h_tokens
            ),
            "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
        }
    )


def all_input_tokens(record: TraceRecord) -> int | None:
    """None: the provider told nothing."""
    usage = record.usage
    return _known_sum(
        usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens
    )


def _known_sum(*parts: int | None) -> int | None:
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def server_attributes(url: str) -> Attributes:
    """Where an attempt went."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return {"server.address": parts.hostname, "server.port": port} if parts.hostname else {}


def error_type(record: TraceRecord) -> str:
    """A stable word: what became of the last attempt, else what the client was told."""
    last = record.attempts[-1].outcome if record.attempts else ""
    return last if last not in ("", "answered") else str(record.status or record.state)


def _name(operation: str, model: str) -> str:
    return f"{operation} {model}" if model else operation


def _usd(nano: int | None) -> float | None:
    return None if nano is None else nano / 1e9


def _without_nothing(attributes: Mapping[str, Any]) -> Attributes:
    return {name: value for name, value in attributes.items() if value is not None and value != ""}
