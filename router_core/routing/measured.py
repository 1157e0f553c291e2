"""What the last turn of each line of work really was: input tokens as the provider counted them.

In memory and bounded; after a restart it begins with what the traces say.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from router_core.trace.record import Usage

MOST_LINES = 5000


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one turn."""

    input_tokens: int
    """All of them, cached ones included."""
    cached_tokens: int
    """Read from the provider's prompt cache or written to it."""


type Line = tuple[str, str]
"""(session, agent): a subagent's conversation is not its session's."""


class MeasuredTurns:
    """The last turn of each line.

    Args:
        earlier: what was measured before this process began, the oldest first; asked for once, when first needed.
    """

    def __init__(self, earlier: Callable[[], Iterable[tuple[Line, Measured]]] = tuple, most: int = MOST_LINES) -> None:
        self._earlier: Callable[[], Iterable[tuple[Line, Measured]]] | None = earlier
        self._most = most
        self._turns: OrderedDict[Line, Measured] = OrderedDict()

    def note(self, session: str, agent: str, usage: Usage) -> None:
        """A turn has been answered."""
        if session and (measured := measured_of(usage)) is not None:
            self._turns[session, agent] = measured
            self._turns.move_to_end((session, agent))
            while len(self._turns) > self._most:
                self._turns.popitem(last=False)

    def last(self, session: str, agent: str) -> Measured | None:
        """The last turn; None when there was none, or nobody counted it."""
        if not session:
            return None
        if (earlier := self._earlier) is not None:
            self._earlier = None
            newer, self._turns = self._turns, OrderedDict(earlier())
            self._turns.update(newer)
        return self._turns.get((session, agent))


def measured_of(usage: Usage) -> Measured | None:
    """What a turn's usage says of its input; None when it says nothing."""
    counts = (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens)
    if all(count is None for count in counts):
        return None
    fresh, *cached = (count or 0 for count in counts)
    return Measured(fresh + sum(cached), sum(cached))
