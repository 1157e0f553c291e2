"""What other tokens of a provider take over before a window is full, in the course of a possible future.

In fractions of the window in question (sparing.py says how much there is).
"""

from dataclasses import dataclass

STEP_S = 1800.0
"""Resolution of what the tokens were used together."""


@dataclass(frozen=True, slots=True)
class Room:
    """What others can take over until they are held back, too."""

    left: float
    whole: float
    """As much as that, once their windows have reset."""
    reset_at: float


@dataclass(frozen=True, slots=True)
class Reserve:
    """Of one window."""

    spare: float
    """What is left of the window when it is held back."""
    rooms: tuple[Room, ...]
    """The nearest reset first: in this order they are used."""
    length_s: float
    start: float
    """Epoch seconds."""
    demand: tuple[float, ...]
    """What the others had used by each step from `start` on."""
    tokens: int
    """The others and this one."""

    def carried(self, since: float, until: float) -> float:
        """What the others used between two times of the past, from `start` to now."""
        first, last = int((since - self.start) / STEP_S + 0.5), int((until - self.start) / STEP_S + 0.5)
        return self.demand[last] - self.demand[first]


class Rooms:
    """What is left of a reserve in the course of one possible future."""

    def __init__(self, reserve: Reserve) -> None:
        self._reserve = reserve
        self._left = [room.left for room in reserve.rooms]
        self._resets = [room.reset_at for room in reserve.rooms]
        self._next = min(self._resets)
        self.carried = reserve.carried

    def own_share(self, at: float, left: float, wanted: float, carried: float) -> float:
        """How much of a block of work falls on the window itself: all of it until it is held back, then only what the
        others have no room for.

        Args:
            at: when the block begins; epoch seconds, never falling.
            left: of the window.
            wanted: of the window, going by its own past.
            carried: by the others, going by theirs.
        """
        reserve = self._reserve
        if self._next <= at:
            self._reset(at)
        free = left - reserve.spare if left > reserve.spare else 0.0
        own = wanted if wanted < free else free
        over = wanted - own + carried
        for i, room in enumerate(self._left):
            if over <= room:
                self._left[i] = room - over
                return own
            over -= room
            self._left[i] = 0.0
        filled = min(over, free - own)  # it alone is not held back yet
        return own + filled + (over - filled) / reserve.tokens

    def _reset(self, at: float) -> None:
        for i, reset_at in enumerate(self._resets):
            if reset_at <= at:
                self._left[i] = self._reserve.rooms[i].whole
                self._resets[i] = reset_at + self._reserve.length_s
        self._next = min(self._resets)
