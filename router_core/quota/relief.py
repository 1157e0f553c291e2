"""Which rests a fresh usage report ends: providers reset windows early, and people buy credit."""

from collections.abc import Sequence

from router_core.providers.failure import FailureKind
from router_core.tokens.quota import account_wide
from router_core.tokens.token import Cooldown, Token, Window

OF_QUOTA = frozenset(kind.value for kind in (FailureKind.WINDOW_EXHAUSTED, FailureKind.QUOTA_EXHAUSTED))


def rests_left(token: Token, windows: Sequence[Window]) -> tuple[Cooldown, ...]:
    """The token's rests without those that were about a used-up window, when every window of the account has room.

    A report without any such window says nothing about it.
    """
    wide = [window.used for window in windows if account_wide(window) and window.used is not None]
    if not wide or max(wide) >= 1:
        return token.cooldowns
    return tuple(rest for rest in token.cooldowns if rest.kind not in OF_QUOTA or rest.model)
