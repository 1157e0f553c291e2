"""Reports of users that are about a decision, not about a connection; the others are in tests/live/test_gotchas.py."""

import pytest

from router_core.providers.classify import classify
from router_core.providers.failure import FailureKind, Outcome
from router_core.tokens.quota import windows_from_headers

NOW = 1_800_000_000.0


def test_a_plan_that_puts_the_weekly_window_first_is_not_read_as_five_hours() -> None:  # 14
    headers = {
        "x-codex-primary-used-percent": "40", "x-codex-primary-window-minutes": "10080",
        "x-codex-primary-reset-at": "1800500000",
        "x-codex-secondary-used-percent": "90", "x-codex-secondary-window-minutes": "300",
        "x-codex-secondary-reset-at": "1800010000",
    }  # fmt: skip
    assert {w.name: (w.used, w.length_s) for w in windows_from_headers(headers, NOW)} == {
        "7d": (0.4, 604_800),
        "5h": (0.9, 18_000),
    }


@pytest.mark.parametrize("status", [500, 502, 504, 520, 522, 524])
def test_a_transport_failure_is_never_read_as_used_up_quota(status: int) -> None:  # 12
    failure = classify("codex", Outcome(status=status, text="error code: 520"), NOW)
    assert (failure.kind, failure.rest_until) == (FailureKind.SERVER_ERROR, None)


@pytest.mark.parametrize(
    "words",
    [
        "This credential is only authorized for use with Claude Code and cannot be used for other API requests.",
        "Third-party apps now draw from your extra usage, not your plan limits.",
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        "prompt is too long: 213462 tokens > 200000 maximum",
    ],
)
def test_a_verdict_on_the_shape_of_a_request_is_not_one_on_the_token(words: str) -> None:  # 4, 69, 72
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": words}}
    assert classify("anthropic", Outcome(status=400, error=body), NOW).kind == FailureKind.CLIENT_ERROR
