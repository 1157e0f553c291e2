"""How a budget's end is said to each client (what they do with it was measured with the real ones)."""

import orjson
import pytest

from router_core.wire.errors import budget_answer
from router_core.wire.format import FormatName


@pytest.mark.parametrize(
    ("format", "is_codex", "wait_s", "status", "retry_after", "should_retry"),
    [
        ("anthropic", False, 7200.4, 429, "7201", "false"),
        ("anthropic", False, None, 429, None, "false"),
        ("anthropic", False, 30.0, 429, "30", None),
        ("openai-chat", False, 7200.0, 429, "7200", "false"),
        ("openai-responses", False, 7200.0, 429, "7200", "false"),
        ("openai-responses", True, 7200.0, 400, None, "false"),
        ("openai-responses", True, None, 400, None, "false"),
        ("openai-responses", True, 30.0, 429, "30", None),
        ("gemini", False, 7200.0, 403, None, "false"),
        ("gemini", False, 30.0, 429, "30", None),
    ],
)
def test_only_a_reset_within_a_minute_is_worth_waiting_for(
    format: FormatName,
    is_codex: bool,
    wait_s: float | None,
    status: int,
    retry_after: str | None,
    should_retry: str | None,
) -> None:
    answer = budget_answer(format, "budget_exceeded", "No room.", wait_s, now=0.0, is_codex=is_codex)
    headers = dict(answer.headers)
    assert (answer.status, headers.get("retry-after"), headers.get("x-should-retry")) == (
        status,
        None if format == "gemini" and status == 403 else retry_after,
        should_retry,
    )
    assert headers["x-mitmrouter-error"] == "budget_exceeded"
    assert orjson.loads(answer.body)["error"]["message"] == "No room."
