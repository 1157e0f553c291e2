"""Which targets may be used at all: the lists of `[spend]` and of client keys."""

import functools
from collections.abc import Iterable
from fnmatch import fnmatchcase

from router_core.models.known import LONGEST_NAME, spellings
from router_core.routing.target import RouteTarget


def why_denied(target: RouteTarget, allow: Iterable[str], deny: Iterable[str], whose: str = "[spend]") -> str:
    """Why a target may not be used; "" when it may.

    Args:
        allow: patterns of `provider/model`, of a provider alone (`claude/*` is the same), or of a model alone; empty:
            everything.
        deny: likewise; goes before `allow`, and means a model in whatever spelling a client names it (`…-20251001`,
            `…[1m]`, `anthropic/…`, capitals): they are served all the same.
        whose: the lists, for the message.
    """
    for pattern in deny:
        if _fits(target, pattern) or any(_fits(other, pattern.lower()) for other in _spelt(target)):
            return f"{target} is denied by {whose} ({pattern!r})"
    allowed = tuple(allow)
    if allowed and not any(_fits(target, pattern) for pattern in allowed):
        return f"{target} is not among what {whose} allows ({', '.join(allowed)})"
    return ""


def _fits(target: RouteTarget, pattern: str) -> bool:
    names = str(target), target.model, target.provider
    return any(name == pattern or fnmatchcase(name, pattern) for name in names)


@functools.lru_cache(maxsize=2048)
def _spelt(target: RouteTarget) -> list[RouteTarget]:
    """The target in other spellings of its model."""
    provider = target.provider.lower()
    return [RouteTarget(provider, name) for name in dict.fromkeys(spellings(target.model[:LONGEST_NAME]))]
