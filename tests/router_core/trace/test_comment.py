"""One attempt in one line."""

from router_core.trace.comment import LONGEST, attempt_comment
from router_core.trace.record import AttemptRecord, TraceRecord


def record(*attempts: AttemptRecord, **fields: str) -> TraceRecord:
    made = TraceRecord("r1", 1.0, "POST", "/v1/messages", "anthropic", attempts=list(attempts))
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def attempt(number: int, token: str = "work", because: str = "", **fields: str) -> AttemptRecord:
    made = AttemptRecord(number, "claude", "claude-sonnet-5", "id", token, "https://x", because, 1.0)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def test_attempt_under_way_has_its_target_token_and_reasons() -> None:
    said = attempt_comment(record(attempt(1, because="affinity"), because="think: thinking is on"), 1)
    assert said == "claude/claude-sonnet-5 by work · attempt 1 · token: affinity · route: think: thinking is on"


def test_attempt_that_has_ended_says_how() -> None:
    both = record(
        attempt(1, outcome="rate_limited", action="next_token", reason="rests for 60 s"),
        attempt(2, "spare", outcome="answered", action="done"),
    )
    assert attempt_comment(both, 1) == (
        "claude/claude-sonnet-5 by work · attempt 1: rate_limited, next_token (rests for 60 s)"
    )
    assert attempt_comment(both, 2) == "claude/claude-sonnet-5 by spare · attempt 2: answered"


def test_request_without_an_attempt_says_why() -> None:
    assert attempt_comment(record(error="no token\nis left"), 1) == "no token is left"
    assert attempt_comment(record(because="the only one"), 1) == "the only one"


def test_it_stays_one_line_of_bounded_length() -> None:
    said = attempt_comment(record(attempt(1, because="x\n\x1b[31m" * 500)), 1)
    assert len(said) <= LONGEST + 1
    assert said.isprintable()
