"""One attempt in one line, as mitmweb shows it beside the request: where it went, who paid, and why."""

from router_core.text import printable
from router_core.trace.record import AttemptRecord, TraceRecord

LONGEST = 400


def attempt_comment(record: TraceRecord, number: int) -> str:
    """`claude/claude-sonnet-5 by work · attempt 2: rate_limit, next_token (…) · token: … · route: …`.

    Args:
        number: of the attempt, from 1; one that was not made has only the reason for that.
    """
    attempt = next((each for each in record.attempts if each.number == number), None)
    if attempt is None:
        return printable(record.error or record.because, LONGEST)
    target = f"{attempt.provider}/{attempt.model}" if attempt.model else attempt.provider
    parts = [f"{target} by {attempt.token or 'no token'}", f"attempt {number}{_outcome(attempt)}"]
    if attempt.because:
        parts.append(f"token: {attempt.because}")
    if record.because:
        parts.append(f"route: {record.because}")
    return printable(" · ".join(parts), LONGEST)


def _outcome(attempt: AttemptRecord) -> str:
    """What became of it, once that is known."""
    if not attempt.outcome:
        return ""
    action = f", {attempt.action}" if attempt.action and attempt.action != "done" else ""
    reason = f" ({attempt.reason})" if attempt.reason else ""
    return f": {attempt.outcome}{action}{reason}"
