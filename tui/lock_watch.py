"""Whether routing is pinned, from the lock's own file: it holds whether the router runs or not."""

from collections.abc import Callable

from textual.message import Message

from router_core.home import Home
from router_core.routing.lock import LockFile, LockUnreadable
from router_core.text import plain
from tui.messages import LockSeen


class LockWatch:
    """Tells of the lock when it is another one than at the last look. A look costs one `stat`."""

    def __init__(self, home: Home, tell: Callable[[Message], object]) -> None:
        self._file = LockFile(home.model_lock)
        self._tell = tell
        self._told = LockSeen()

    def look(self) -> None:
        try:
            lock = self._file.read()
            seen = LockSeen() if lock is None else LockSeen(plain(str(lock)), lock.since)
        except LockUnreadable as error:
            seen = LockSeen(problem=plain(error.message))
        if (seen.target, seen.since, seen.problem) != (self._told.target, self._told.since, self._told.problem):
            self._told = seen
            self._tell(seen)
