"""Tokens kept in line: sorted once, moved one at a time as they change, never sorted again for a request.

Among a thousand tokens the next one is found in microseconds. What time alone changes (a rest that ends, a window that
resets) is noted with the moment it will happen, and looked at when that has come.
"""

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator

from router_core.tokens.select import Key, Standing

type Look = Callable[[str, float], Standing]
"""(token id, now) → where it stands."""


class Line:
    """The tokens of one provider, for one model, in the order of one strategy."""

    def __init__(self, ids: Iterable[str], look: Look, now: float) -> None:
        self._look = look
        self._keys: dict[str, Key] = {}
        self.out: dict[str, None] = {}
        """Ids of those that cannot be used now."""
        self._again: list[tuple[float, str]] = []
        self._due: dict[str, float] = {}
        self._places: list[tuple[Key, str]] = []
        for token_id in ids:
            key = self._note(token_id, now)
            if key is not None:
                self._places.append((key, token_id))
        self._places.sort()

    def changed(self, token_id: str, now: float) -> None:
        """Something about this token is different."""
        before = self._keys.pop(token_id, None)
        self.out.pop(token_id, None)
        key = self._note(token_id, now)
        if key == before:
            return
        if before is not None:
            del self._places[bisect_left(self._places, (before, token_id))]
        if key is not None:
            insort(self._places, (key, token_id))

    def ids(self, now: float) -> Iterator[str]:
        """In order, those that can be used. Do not change the line while going through it."""
        while self._again and self._again[0][0] <= now:
            at, token_id = heapq.heappop(self._again)
            if self._due.get(token_id) == at:
                del self._due[token_id]
                self.changed(token_id, now)
        return (token_id for _, token_id in self._places)

    def first_key(self) -> Key | None:
        """Of the token that comes next."""
        return self._places[0][0] if self._places else None

    def _note(self, token_id: str, now: float) -> Key | None:
        key, again_at = self._look(token_id, now)
        if key is None:
            self.out[token_id] = None
        else:
            self._keys[token_id] = key
        if again_at is None:
            self._due.pop(token_id, None)
        elif self._due.get(token_id) != again_at:
            self._due[token_id] = again_at
            heapq.heappush(self._again, (again_at, token_id))
        return key
