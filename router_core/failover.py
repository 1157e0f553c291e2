"""What is done about a failed attempt: rest the token or not, and try again here, elsewhere, or not at all.

The table is the contract; deciding is apart from acting, so each row is tested without a network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from router_core.providers.failure import Failure, FailureKind

Action = Literal["same_token", "renew", "next_token", "give_up"]
"""`renew`: renew the credential, then the same token again; if that fails, the next one."""
TokenEffect = Literal["none", "rest", "unhealthy"]

K = FailureKind
SHORT_REST_S = 10.0
"""How long (token, model) rests when the provider is overloaded and names no time."""
LONGEST_OVERLOAD_REST_S = 120.0
DEFAULT_REST_S = 60.0
"""First rest when quota is used up and nobody says until when; doubled each time it happens again."""
LONGEST_DEFAULT_REST_S = 3600.0
LACKS_MODEL_S = 6 * 3600.0
"""How long a token is remembered to lack a model; plans and rollouts change."""
_HOST_FAILURES = frozenset({K.SERVER_ERROR, K.CONNECT_FAILED, K.CONNECTION_CLOSED, K.TIMED_OUT})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do about one failure."""

    action: Action
    because: str
    effect: TokenEffect = "none"
    rest_until: float | None = None
    """Epoch seconds; None with `effect == "rest"`: a growing default."""
    rest_model_only: bool = False
    counts_against_host: bool = False


def judge(
    failure: Failure,
    history: Sequence[FailureKind],
    *,
    now: float,
    token_rotated: bool = False,
    can_renew: bool = False,
) -> Verdict:
    """Decide on one failed attempt.

    Args:
        failure: the attempt that just failed.
        history: kinds of the earlier failures of the same client request, oldest first.
        now: epoch seconds.
        token_rotated: the stored credential has changed since the attempt was made (another process refreshed it).
        can_renew: the credential can be renewed, and was not yet for this request.
    """
    kind = failure.kind
    match kind:
        case K.WINDOW_EXHAUSTED | K.QUOTA_EXHAUSTED | K.RATE_LIMITED | K.MODEL_LIMITED:
            return Verdict("next_token", failure.message, "rest", failure.rest_until, failure.rest_model_only)
        case K.OVERLOADED:
            named = failure.rest_until or now + SHORT_REST_S
            until = min(max(named, now + 1), now + LONGEST_OVERLOAD_REST_S)
            return Verdict("next_token", failure.message, "rest", until, rest_model_only=True)
        case K.REQUEST_LIMITED:
            if kind in history:
                return Verdict("give_up", f"{failure.message} (again: it is about this request, not the token)")
            return Verdict("same_token", f"{failure.message} (no window, no retry-after: one retry)")
        case K.CREDENTIAL_REFUSED:
            if token_rotated and kind not in history:
                return Verdict("same_token", f"{failure.message} (the stored token was renewed meanwhile)")
            if can_renew:
                return Verdict("renew", failure.message)
            return Verdict("next_token", failure.message, "unhealthy")
        case K.TOKEN_UNUSABLE:
            return Verdict("next_token", failure.message, "unhealthy")
        case K.MODEL_UNAVAILABLE:
            return Verdict("next_token", failure.message, "rest", now + LACKS_MODEL_S, rest_model_only=True)
        case K.CLIENT_ERROR:
            return Verdict("give_up", failure.message)
        case K.SERVER_ERROR | K.CONNECTION_CLOSED | K.CONNECT_FAILED | K.TIMED_OUT:
            return _host_failed(failure, history)


def _host_failed(failure: Failure, history: Sequence[FailureKind]) -> Verdict:
    """The host is at fault, not the token: the same once, then another token once where that can help."""
    before = sum(1 for kind in history if kind in _HOST_FAILURES)
    if before == 0:
        return Verdict("same_token", f"{failure.message} (once more)")
    if before == 1 and failure.kind != K.CONNECT_FAILED:
        return Verdict("next_token", f"{failure.message} (again: another token)")
    return Verdict("give_up", f"{failure.message} (tried {before + 1} times)", counts_against_host=True)


def growing_rest(previous_length_s: float | None) -> float:
    """Seconds to rest when nobody says how long: doubled each time, bounded."""
    if previous_length_s is None:
        return DEFAULT_REST_S
    return min(max(previous_length_s * 2, DEFAULT_REST_S), LONGEST_DEFAULT_REST_S)
