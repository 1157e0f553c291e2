"""Finished requests, for the tests of telemetry."""

from typing import Any

from router_core.trace.record import AttemptRecord, TraceRecord, Usage

URL = "https://api.anthropic.com/v1/messages"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def attempt(number: int, began_at: float = 100.0, **fields: Any) -> AttemptRecord:
    made = AttemptRecord(
        number, "claude", "claude-sonnet-5", f"id{number}", f"work-{number}", URL, "affinity", began_at
    )
    for name, value in {"finished_at": began_at + 1, "outcome": "answered", "action": "done", **fields}.items():
        setattr(made, name, value)
    return made


def record(**fields: Any) -> TraceRecord:
    """A streamed answer after one attempt that was rate limited."""
    made = TraceRecord("r1", 100.0, "POST", "/v1/messages", "anthropic")
    attempts = [
        attempt(1, status=429, outcome="rate_limited", action="next_token", reason="rests for 60 s"),
        attempt(2, 101.0, status=200, finished_at=103.5, first_byte_ms=40),
    ]
    told = {
        "attempts": attempts, "finished_at": 103.5, "state": "ok", "status": 200, "streamed": True, "ttft_ms": 1300,
        "provider": "claude", "model": "claude-sonnet-5", "asked_model": "opus", "token": "work-2",
        "because": "think: thinking is on", "scenario": "think", "session": "s1", "agent": "a1", "project": "/p",
        "client": "claude-code", "stop_reason": "end_turn", "cost_nano_usd": 1_500_000, "traceparent": TRACEPARENT,
        "usage": Usage(input_tokens=10, output_tokens=20, cache_read_tokens=100, cache_write_tokens=5,
                       reasoning_tokens=7),
        **fields,
    }  # fmt: skip
    for name, value in told.items():
        setattr(made, name, value)
    return made


def kind_of(provider: str) -> str:
    return {"claude": "anthropic", "plus": "codex", "deepseek": "openai-chat", "g": "gemini"}.get(provider, "")
