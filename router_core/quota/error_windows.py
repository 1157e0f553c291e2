"""Windows that an error tells of without naming them: what is used up, known from when it comes back.

Codex says `usage_limit_reached` with a reset, often without headers; Google says per model when its quota is back.
"""

from collections.abc import Sequence
from dataclasses import replace

from router_core.config.schema import Kind
from router_core.providers.failure import Failure, FailureKind
from router_core.quota.sample import same_window
from router_core.tokens.quota import account_wide
from router_core.tokens.token import Window

DAY_S = 86400
_OF_ACCOUNT = frozenset({FailureKind.WINDOW_EXHAUSTED, FailureKind.QUOTA_EXHAUSTED})
_PER_MODEL = frozenset({"gemini", "code-assist", "antigravity"})


def windows_from_failure(failure: Failure, kind: Kind, model: str, known: Sequence[Window], now: float) -> list[Window]:
    """The windows that are used up according to an error.

    Args:
        kind: of the provider.
        model: that was asked for.
        known: what is known of the token's windows.
        now: epoch seconds.
    """
    until = failure.rest_until
    if until is None or until <= now:
        return []
    if failure.kind in _OF_ACCOUNT and not failure.rest_model_only:
        return [
            replace(window, used=max(window.used or 0.0, 1.0), status="rejected", observed_at=now)
            for window in known
            if account_wide(window) and same_window(window.reset_at, until) and (window.used or 0.0) < 1
        ]
    if failure.kind is FailureKind.MODEL_LIMITED and kind in _PER_MODEL and model:
        return [Window(f"1d_{model}", 1.0, until, DAY_S, "rejected", now)]
    return []
