"""What the writer thread gets is a copy."""

from tests.router_core.trace.make import attempt, record


def test_later_changes_do_not_reach_a_copy() -> None:
    one = record(attempts=[attempt()])
    copy = one.copy()
    one.state = "ok"
    one.usage.input_tokens = 5
    one.attempts[0].status = 200
    one.attempts.append(attempt(2))
    assert copy.state == "running"
    assert copy.usage.input_tokens is None
    assert [(a.number, a.status) for a in copy.attempts] == [(1, None)]
