"""Trace records for tests."""

from typing import Any

from router_core.trace.record import AttemptRecord, BodyRecord, TraceRecord, Usage
from router_core.trace.writer import new_trace_id

NOW = 1_800_000_000.0


def record(at: float = NOW, **more: Any) -> TraceRecord:
    return TraceRecord(
        **{
            "id": new_trace_id(at), "started_at": at, "method": "POST", "path": "/claude/v1/messages",
            "format": "anthropic", "provider": "claude", "model": "opus", "token": "a", "session": "s", **more,
        }
    )  # fmt: skip


def finished(at: float = NOW, **more: Any) -> TraceRecord:
    usage = Usage(input_tokens=10, output_tokens=5, cache_read_tokens=100)
    return record(at, **{"finished_at": at + 2.5, "state": "ok", "status": 200, "usage": usage, **more})


def attempt(number: int = 1, **more: Any) -> AttemptRecord:
    return AttemptRecord(
        **{
            "number": number, "provider": "claude", "model": "opus", "token_id": "id-a", "token": "a",
            "url": "https://api.anthropic.com/v1/messages", "because": "priority", "started_at": NOW, **more,
        }
    )  # fmt: skip


def body(request_id: str, content: bytes, kind: str = "request", **more: Any) -> BodyRecord:
    return BodyRecord(**{
        "request_id": request_id, "kind": kind, "content": content, "size": len(content), "truncated": False, **more
    })  # fmt: skip
