"""Runaway agents: a session that repeats itself, or that spends faster than any work does.

What ordinary agents do must never be taken for it: they run the same command a few times (`git status` after each
edit), and poll something that takes its time. So a call must be half of a session's last twenty and stand there ten
times, with no word of a person between them; and a rate is an average over five minutes.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
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
    requests: deque[tuple[float, bytes]] = field(default_factory=deque)
    times: dict[bytes, int] = field(default_factory=dict)
    """How often each of them is there."""
    spent: deque[Spent] = field(default_factory=lambda: deque(maxlen=MOST_SPENDING))
    alarm: Alarm = QUIET

    def sent(self, request: bytes, now: float) -> None:
        """Remember one more request."""
        if len(self.requests) == MOST_REQUESTS:
            _, oldest = self.requests.popleft()
            self.times[oldest] -= 1
            if not self.times[oldest]:
                del self.times[oldest]
        self.requests.append((now, request))
        self.times[request] = self.times.get(request, 0) + 1


def repeated(calls: Sequence[Call], same_call: int) -> tuple[Call, int] | None:
    """The call that stands `same_call` times or more among the last 2 × `same_call`, and how often."""
    if len(calls) < same_call:
        return None
    call, count = Counter(calls[-2 * same_call :]).most_common(1)[0]
    return (call, count) if count >= same_call else None


def per_minute(spent: Iterable[Spent], now: float) -> tuple[int, int]:
    """(tokens, nano-USD) a minute, averaged over the last five."""
    all_tokens = all_nano = 0
    for at, tokens, nano in spent:
        if now - at < BURN_WINDOW_S:
            all_tokens += tokens
            all_nano += nano
    minutes = BURN_WINDOW_S / 60
    return round(all_tokens / minutes), round(all_nano / minutes)


def same_requests(session: Session, enough: int, now: float) -> int:
    """How often the request that was sent most was sent within ten minutes; 0 when none was sent `enough` times."""
    if len(session.requests) - len(session.times) < enough - 1:  # each but one was sent once at least
        return 0
    times = session.times
    if now - session.requests[0][0] >= SAME_REQUEST_WITHIN_S:  # not all of them are recent
        times = Counter([digest for at, digest in session.requests if now - at < SAME_REQUEST_WITHIN_S])
    most = max(times.values(), default=0)
    return most if most >= enough else 0


def judge(session: Session, config: LoopsConfig, now: float) -> Alarm:
    """What is wrong with a session, if anything."""
    last = tuple(islice(reversed(session.calls), 2 * config.same_call))
    if (found := repeated(last[::-1], config.same_call)) is not None:
        return Alarm(
            "call", f"the same call of {found[0].name!r} {found[1]} times among the last {2 * config.same_call}"
        )
    if times := same_requests(session, config.same_call, now):
        return Alarm("request", f"the same request {times} times within {SAME_REQUEST_WITHIN_S / 60:.0f} minutes")
    if config.usd_per_minute is None and config.tokens_per_minute is None:
        return QUIET
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

    def alarms(self) -> list[tuple[str, str]]:
        """(key, what it does) of every session that runs away."""
        return [(key, session.alarm.text) for key, session in self._sessions.items() if session.alarm.kind]

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
        known = request in session.times
        session.sent(request, now)
        while session.spent and now - session.spent[0][0] >= BURN_WINDOW_S:
            session.spent.popleft()
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
        again = request in session.times if session.alarm.kind == "request" else True
        if again and (session.alarm.kind == "request" or not turn.spoken):
            return True
        self._sessions[key] = Session()
        return False
