"""Runaway agents: a session that repeats itself, or that spends faster than any work does.

What ordinary agents do must never be taken for it: they run the same command a few times (`git status` after each
edit), and poll something that takes its time. So a call must be half of a session's last twenty and stand there ten
times, with no word of a person between them; and a rate is an average over five minutes.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from router_core.config.spend import LoopsConfig
from router_core.money import to_nano, usd_text
from router_core.spend.last_turn import Call, LastTurn

BURN_WINDOW_S = 300.0
SAME_REQUEST_WITHIN_S = 600.0
MOST_SESSIONS = 1_000
MOST_CALLS = 400
MOST_SPENDING = 2_000
MOST_REQUESTS = 200

type Spent = tuple[float, int, int]
"""(when, tokens, nano-USD)"""
Kind = Literal["", "call", "request", "money", "tokens"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a session does too often or too fast; `kind` "" for nothing."""

    kind: Kind = ""
    text: str = ""


QUIET = Alarm()


@dataclass(slots=True)
class Session:
    """What is remembered of one line of work."""

    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=MOST_CALLS))
    requests: deque[tuple[float, bytes]] = field(default_factory=lambda: deque(maxlen=MOST_REQUESTS))
    spent: deque[Spent] = field(default_factory=lambda: deque(maxlen=MOST_SPENDING))
    alarm: Alarm = QUIET


def repeated(calls: Sequence[Call], same_call: int) -> tuple[Call, int] | None:
    """The call that stands `same_call` times or more among the last 2 × `same_call`, and how often."""
    counts = Counter(calls[-2 * same_call :])
    call, count = max(counts.items(), key=lambda pair: pair[1], default=(None, 0))
    return (call, count) if call is not None and count >= same_call else None


def per_minute(spent: Iterable[Spent], now: float) -> tuple[int, int]:
    """(tokens, nano-USD) a minute, averaged over the last five."""
    recent = [(tokens, nano) for at, tokens, nano in spent if now - at < BURN_WINDOW_S]
    minutes = BURN_WINDOW_S / 60
    return round(sum(tokens for tokens, _ in recent) / minutes), round(sum(nano for _, nano in recent) / minutes)


def judge(session: Session, config: LoopsConfig, now: float) -> Alarm:
    """What is wrong with a session, if anything."""
    if (found := repeated(tuple(session.calls), config.same_call)) is not None:
        return Alarm(
            "call", f"the same call of {found[0].name!r} {found[1]} times among the last {2 * config.same_call}"
        )
    recent = Counter(digest for at, digest in session.requests if now - at < SAME_REQUEST_WITHIN_S)
    most = max(recent.values(), default=0)
    if most >= config.same_call:
        return Alarm("request", f"the same request {most} times within {SAME_REQUEST_WITHIN_S / 60:.0f} minutes")
    tokens, nano = per_minute(session.spent, now)
    if config.usd_per_minute is not None and nano > to_nano(config.usd_per_minute):
        return Alarm("money", f"{usd_text(nano)} a minute over the last five")
    if config.tokens_per_minute is not None and tokens > config.tokens_per_minute:
        return Alarm("tokens", f"{tokens:,} uncached tokens a minute over the last five")
    return QUIET


class LoopMemory:
    """The sessions that were heard of last; so many at most."""

    def __init__(self, most: int = MOST_SESSIONS) -> None:
        self._most = most
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def alarm(self, key: str) -> Alarm:
        """What the session was last found to do. Costs one look into a dict."""
        session = self._sessions.get(key)
        return session.alarm if session is not None else QUIET

    def observe(
        self, key: str, turn: LastTurn, request: bytes, tokens: int, nano: int, config: LoopsConfig, now: float
    ) -> Alarm:
        """A request of a session is over.

        Args:
            turn: the end of its conversation.
            request: hash of its body.
            tokens: of its prompt and answer, without those read from a cache.
            nano: what it would cost at list prices.
        """
        session = self._sessions.setdefault(key, Session())
        self._sessions.move_to_end(key)
        while len(self._sessions) > self._most:
            self._sessions.popitem(last=False)
        known = any(digest == request for _, digest in session.requests)
        session.requests.append((now, request))
        session.spent.append((now, tokens, nano))
        if turn.spoken:
            session.calls.clear()
        elif not known:  # the same turn, sent again, is no further call
            session.calls.extend(turn.calls)
        session.calls.extend(turn.answered)
        session.alarm = judge(session, config, now)
        return session.alarm

    def goes_on(self, key: str, turn: LastTurn, request: bytes) -> bool:
        """Whether the next request of a session that was stopped is more of the same. A person who speaks ends it."""
        session = self._sessions.get(key)
        if session is None or not session.alarm.kind:
            return False
        again = any(digest == request for _, digest in session.requests) if session.alarm.kind == "request" else True
        if again and (session.alarm.kind == "request" or not turn.spoken):
            return True
        self._sessions[key] = Session()
        return False
