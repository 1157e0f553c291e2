"""What an error says of windows that it does not name."""

import pytest

from router_core.config.schema import Kind
from router_core.providers.failure import Failure, FailureKind
from router_core.quota.error_windows import windows_from_failure
from router_core.tokens.token import Window

NOW = 1_800_000_000.0
KNOWN = [
    Window("5h", 0.9, NOW + 3600, 18000, "", NOW - 60),
    Window("7d", 0.5, NOW + 400_000, 604800, "", NOW - 60),
    Window("7d_spark", 0.1, NOW + 3600, 604800, "", NOW - 60),
]


@pytest.mark.parametrize(
    ("failure", "kind", "found"),
    [
        (Failure(FailureKind.QUOTA_EXHAUSTED, "usage_limit_reached", NOW + 3601), "codex", ["5h"]),
        (Failure(FailureKind.QUOTA_EXHAUSTED, "usage_limit_reached", NOW + 399_990), "codex", ["7d"]),
        (Failure(FailureKind.QUOTA_EXHAUSTED, "insufficient_quota", None), "openai", []),
        (Failure(FailureKind.QUOTA_EXHAUSTED, "usage_limit_reached", NOW + 9999), "codex", []),
        (Failure(FailureKind.RATE_LIMITED, "slow down", NOW + 3600), "codex", []),
        (Failure(FailureKind.MODEL_LIMITED, "QUOTA_EXHAUSTED", NOW + 7200, True), "code-assist", ["1d_gemini-3-pro"]),
        (Failure(FailureKind.MODEL_LIMITED, "7d_oi", NOW + 7200, True), "anthropic", []),
    ],
    ids=["5h", "7d", "no time", "another time", "other failure", "Google's model", "told in headers"],
)
def test_the_window_that_is_used_up_is_known_from_its_reset(failure: Failure, kind: Kind, found: list[str]) -> None:
    windows = windows_from_failure(failure, kind, "gemini-3-pro", KNOWN, NOW)
    assert [window.name for window in windows] == found
    assert all((window.used, window.status, window.observed_at) == (1.0, "rejected", NOW) for window in windows)
