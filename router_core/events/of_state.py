"""Tokens and the lock as events: what is different from the last look is told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from router_core.tokens.token import Token
from router_core.tokens.view import token_view

type Told = tuple[str, dict[str, Any]]
_NO_NEWS = ("poll", "balances")
"""Parts of a token's view that are left out here: what is known of them costs a look into the database."""


class StateChanges:
    """Remembers what was told."""

    def __init__(self) -> None:
        self._tokens: dict[str, dict[str, Any]] = {}
        self._lock: Mapping[str, Any] | None = None

    def begin(self, tokens: Sequence[Token], lock: Mapping[str, Any], now: float) -> None:
        """From here on changes are told."""
        list(self.changes(tokens, lock, now))

    def changes(self, tokens: Sequence[Token], lock: Mapping[str, Any], now: float) -> Iterator[Told]:
        """(kind, data) of what has changed since the last look; that a window was seen again unchanged is no change."""
        seen = {token.id: event_view(token, now) for token in tokens}
        for id_, view in seen.items():
            if _bare(view) != _bare(self._tokens.get(id_)):
                yield "token.changed", view
        for id_, view in self._tokens.items():
            if id_ not in seen:
                yield "token.removed", {"id": id_, "name": view["name"]}
        if self._lock is not None and lock != self._lock:
            yield "lock.changed", dict(lock)
        self._tokens, self._lock = seen, lock


def event_view(token: Token, now: float) -> dict[str, Any]:
    """What an event says of a token."""
    return {name: value for name, value in token_view(token, now).items() if name not in _NO_NEWS}


def _bare(view: Mapping[str, Any] | None) -> Any:
    if view is None:
        return None
    windows = [{name: value for name, value in window.items() if name != "observed_at"} for window in view["windows"]]
    return {**view, "windows": windows}
