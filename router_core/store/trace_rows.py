"""TraceRecord → the rows of `requests` and `attempts`: which columns there are, and what is put in each."""

from typing import Any

import orjson

from router_core.clock import to_ms
from router_core.trace.record import AttemptRecord, TraceRecord, lasted_ms

USAGE = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "reasoning_tokens",
)
REQUEST_COLUMNS = [
    "id",
    "started_at",
    "finished_at",
    "client",
    "user_agent",
    "session",
    "method",
    "path",
    "format",
    "streamed",
    "provider",
    "model",
    "token",
    "because",
    "state",
    "status",
    "attempts",
    "ttft_ms",
    "total_ms",
    "stop_reason",
    "error",
    "asked_model",
    "upstream_format",
    "losses",
    "scenario",
    "tier",
    "decision",
    "project",
    "agent",
    "client_key",
    "estimated_input_tokens",
    "cost_nano_usd",
    "cost_basis",
    "billing",
    "metered_nano_usd",
    *list(USAGE),
]
ATTEMPT_COLUMNS = [
    "request_id",
    "number",
    "provider",
    "model",
    "token_id",
    "token",
    "url",
    "because",
    "started_at",
    "finished_at",
    "status",
    "outcome",
    "action",
    "reason",
    "first_byte_ms",
    "total_ms",
    "request_headers",
    "response_headers",
    "affinity",
    "cache_kept_tokens",
    "cache_lost_tokens",
    "cache_lost_nano_usd",
    "edits",
    "cost_nano_usd",
    "cost_basis",
    "billing",
    "connect_ms",
]


def request_values(record: TraceRecord) -> tuple[Any, ...]:
    finished = record.finished_at
    return (
        record.id, to_ms(record.started_at), None if finished is None else to_ms(finished), record.client,
        record.user_agent, record.session, record.method, record.path, record.format, record.streamed, record.provider,
        record.model, record.token, record.because, record.state, record.status, len(record.attempts), record.ttft_ms,
        None if finished is None else lasted_ms(record.started_at, finished), record.stop_reason, record.error,
        record.asked_model, record.upstream_format, orjson.dumps(record.losses).decode(),
        record.scenario, record.tier, orjson.dumps(record.decision).decode(), record.project, record.agent,
        record.client_key, record.estimated_input_tokens, record.cost_nano_usd,
        record.cost_basis, record.billing, record.metered_nano_usd, *(getattr(record.usage, name) for name in USAGE),
    )  # fmt: skip


def attempt_values(request_id: str, attempt: AttemptRecord) -> tuple[Any, ...]:
    finished = attempt.finished_at
    return (
        request_id, attempt.number, attempt.provider, attempt.model, attempt.token_id, attempt.token, attempt.url,
        attempt.because, to_ms(attempt.started_at), None if finished is None else to_ms(finished), attempt.status,
        attempt.outcome, attempt.action, attempt.reason, attempt.first_byte_ms,
        None if finished is None else lasted_ms(attempt.started_at, finished),
        orjson.dumps(attempt.request_headers).decode(), orjson.dumps(attempt.response_headers).decode(),
        attempt.affinity, attempt.cache_kept_tokens, attempt.cache_lost_tokens, attempt.cache_lost_nano_usd,
        orjson.dumps(attempt.edits).decode(), attempt.cost_nano_usd, attempt.cost_basis, attempt.billing,
        attempt.connect_ms,
    )  # fmt: skip
