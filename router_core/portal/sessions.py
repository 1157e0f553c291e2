"""Who may use the portal: links that open it once, and the sessions that come of them.

Both are random values that only the browser keeps. Here are their digests, in memory: whoever reads this process's
files finds nothing to log in with, and a router that was restarted asks again.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from router_core.clock import Clock

LINK_LIFETIME_S = 120.0
MOST_LINKS = 10
MOST_SESSIONS = 20


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that was let in."""

    label: str
    """What it is called between the router and the portal's own process; its cookie cannot be told from it."""
    expires_at: float


class Sessions:
    """All links and sessions of one router.

    Args:
        fresh: makes a new value that nobody can guess.
    """

    def __init__(self, clock: Clock, fresh: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> None:
        self._clock = clock
        self._fresh = fresh
        self._links: dict[str, float] = {}
        """Digest → until when it is good."""
        self._sessions: dict[str, Session] = {}

    def new_link(self) -> str:
        """What opens the portal once, and soon."""
        code = self._fresh()
        self._links[_digest(code)] = self._clock.now() + LINK_LIFETIME_S
        _keep_newest(self._links, MOST_LINKS)
        return code

    def redeem(self, code: str) -> bool:
        """Whether the link is good; it is not any more afterwards."""
        until = self._links.pop(_digest(code), 0.0)
        return self._clock.now() < until

    def begin(self, lifetime_s: float) -> tuple[str, Session]:
        """A new session: what its cookie holds, and until when it is good."""
        value = self._fresh()
        session = Session(_digest("label of " + value)[:16], self._clock.now() + lifetime_s)
        self._sessions[_digest(value)] = session
        _keep_newest(self._sessions, MOST_SESSIONS)
        return value, session

    def find(self, values: Iterable[str]) -> Session | None:
        """The session that one of these cookies stands for, unless it has ended."""
        now = self._clock.now()
        for value in values:
            digest = _digest(value)
            session = self._sessions.get(digest)
            if session is not None and now < session.expires_at:
                return session
            self._sessions.pop(digest, None)
        return None

    def end(self, session: Session) -> None:
        """Log out."""
        self._sessions = {digest: each for digest, each in self._sessions.items() if each is not session}


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def _keep_newest(values: dict[str, float] | dict[str, Session], most: int) -> None:
    while len(values) > most:
        del values[next(iter(values))]
