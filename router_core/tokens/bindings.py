"""The sessions and their tokens, kept in memory and in tokens.db: a restart does not scatter them.

Bounded in time and number: sessions that were silent for long, and the longest silent ones beyond a number, are
forgotten.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from router_core.store.affinity import Affined, delete_affinity, write_affinity
from router_core.tokens.affinity import CACHE_1H_S, CACHE_S, Binding, Cache

MOST_SESSIONS = 5000
WRITE_AGAIN_S = 60.0
"""A binding that only was used again is written at most so often."""

type Write = Callable[[sqlite3.Connection], object]
type Key = tuple[str, str]
"""(session, provider)"""


class Bindings:
    """Which token is whose.

    Args:
        submit: queues a write to tokens.db.
        most: sessions kept.
    """

    def __init__(self, submit: Callable[[Write], object], most: int = MOST_SESSIONS) -> None:
        self._submit = submit
        self._most = most
        self._kept: OrderedDict[Key, Binding] = OrderedDict()
        self._written_at: dict[Key, float] = {}

    def restore(self, row: Affined) -> None:
        """What was stored before a restart; oldest use first."""
        caches = {}
        if row.cached_tokens or row.cache_until:
            caches[row.token_id, row.model, ""] = Cache(row.cached_tokens, row.cache_until, row.for_1h)
        self._kept[row.session, row.provider] = Binding(row.token_id, row.bound_at, row.used_at, caches)

    def find(self, session: str, provider: str) -> Binding | None:
        return self._kept.get((session, provider)) if session else None

    def bind(self, session: str, provider: str, token_id: str, now: float) -> None:
        """This token is the session's from now on; what is warm elsewhere is remembered."""
        key = (session, provider)
        before = self._kept.get(key)
        if before is None:
            self._put(key, Binding(token_id, now, now), now, write=True)
        elif before.token_id != token_id:
            self._put(key, replace(before, token_id=token_id, bound_at=now, used_at=now), now, write=True)
        else:
            self.used(session, provider, now)

    def used(self, session: str, provider: str, now: float) -> None:
        key = (session, provider)
        if (before := self._kept.get(key)) is not None:
            again = now - self._written_at.get(key, 0.0) >= WRITE_AGAIN_S
            self._put(key, replace(before, used_at=now), now, write=again)

    def answered(
        self, session: str, provider: str, token_id: str, model: str, thread: str, tokens: int, wrote_1h: bool,
        now: float,
    ) -> None:  # fmt: skip
        """An answer told how much of the prompt the provider holds now."""
        key = (session, provider)
        binding = self._kept.get(key)
        if binding is None:
            return
        before = binding.caches.get((token_id, model, thread))
        for_1h = wrote_1h or (before is not None and before.for_1h and before.until > now)
        cache = Cache(tokens, now + (CACHE_1H_S if for_1h else CACHE_S), for_1h)
        self._put(key, binding.with_cache((token_id, model, thread), cache, now), now, write=not thread)

    def forget(self, before: float) -> None:
        """Drop the sessions that were last used before this moment."""
        while self._kept:
            key, binding = next(iter(self._kept.items()))
            if binding.used_at >= before:
                return
            self._drop(key)

    def _drop(self, key: Key) -> None:
        del self._kept[key]
        self._written_at.pop(key, None)
        self._submit(lambda connection: delete_affinity(connection, *key))

    def __len__(self) -> int:
        return len(self._kept)

    def _put(self, key: Key, binding: Binding, now: float, *, write: bool) -> None:
        self._kept[key] = binding
        self._kept.move_to_end(key)
        if write:
            self._written_at[key] = now
            row = _row(key, binding)
            self._submit(lambda connection: write_affinity(connection, row))
        while len(self._kept) > self._most:
            self._drop(next(iter(self._kept)))


def _row(key: Key, binding: Binding) -> Affined:
    """What a restart needs: the main line of work with the model that holds most."""
    own = [(cache, where) for where, cache in binding.caches.items() if where[0] == binding.token_id and not where[2]]
    cache, where = max(own, key=lambda pair: pair[0].tokens, default=(Cache(0, 0.0), ("", "", "")))
    return Affined(
        *key, binding.token_id, where[1], binding.bound_at, binding.used_at, cache.tokens, cache.until, cache.for_1h
    )
