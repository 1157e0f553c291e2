"""One process's view of a state database: reading on one connection, writing on another, as the router does."""

from collections.abc import Iterator
from contextlib import contextmanager

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.state.conversations import Bounds, Conversations
from router_core.state.minted import MAX_AGE_S, MAX_COUNT, Minted
from router_core.store.database import Writer
from router_core.store.state import StateStore, open_state


class Opened:
    """What remembers, and the writer behind it."""

    def __init__(
        self,
        home: Home,
        clock: FixedClock,
        *,
        bounds: Bounds | None = None,
        max_count: int = MAX_COUNT,
        max_age_s: float = MAX_AGE_S,
    ) -> None:
        self.store = StateStore(open_state(home))
        self.writer = Writer(open_state(home), "test state")
        self.minted = Minted(self.store, self.writer, clock, max_count=max_count, max_age_s=max_age_s)
        self.conversations = Conversations(self.store, self.writer, clock, bounds)

    def settle(self) -> None:
        """All that was remembered is on disk."""
        assert self.writer.flush(10)

    def close(self) -> None:
        self.writer.close()
        self.writer.database.close()
        self.store.database.close()


@contextmanager
def opened(
    home: Home,
    clock: FixedClock,
    *,
    bounds: Bounds | None = None,
    max_count: int = MAX_COUNT,
    max_age_s: float = MAX_AGE_S,
) -> Iterator[Opened]:
    state = Opened(home, clock, bounds=bounds, max_count=max_count, max_age_s=max_age_s)
    try:
        yield state
    finally:
        state.close()
