"""When will this window be used up, if people go on as they do?

Demand comes in sessions, with nights and weekends between: a straight line through the last hour is wrong by noon. So
the future is played some hundred times out of the window's own past (futures.py). The moments at which these plays hit
the wall give the forecast and its interval. Where other tokens take over before that (reserve.py), the plays know it.

It says nothing rather than guess: below enough samples, while too little has moved, or further ahead than the past
reaches back. It never looks past the reset.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from router_core.quota.consumption import FULL, curve_of
from router_core.quota.futures import plays
from router_core.quota.reserve import Reserve
from router_core.quota.sample import Sample

LEAST_SAMPLES = 6
LEAST_STEPS = 3
"""So many steps of the report (1 % each, mostly) must have been used within the known past."""
LEAST_PAST_S = 20 * 60.0
AHEAD_PER_PAST = 6.0
"""A past of one day tells of six days at most."""
LOW, HIGH = 0.1, 0.9
"""Of the plays' order: the middle 80 %. How far plays differ is set so that this holds (futures.py), as tried on
made-up weeks (tests/router_core/quota, scripts/simulate-week)."""
HARDLY = 0.03
"""A wall that fewer of the plays meet is not worth a word."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The window will be used up about `used_up_at`, and with 80 % probability between `earliest` and `latest`.

    All are epoch seconds, none is after the reset: `latest` at the reset means that it may last.
    """

    used_up_at: float
    earliest: float
    latest: float
    because: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast, or why there is none."""

    forecast: Forecast | None
    because: str
    may_end_at: float | None = None
    """Where it is expected to last until its reset: when it may be used up all the same, at the earliest (epoch
    seconds; hardly before); None when it hardly can."""


def forecast(samples: Sequence[Sample], now: float, reserve: Reserve | None = None) -> Forecast | None:
    """When the window will be used up; None when it lasts until its reset, or when nobody can tell.

    Args:
        samples: of one (token, window), oldest first; those of earlier windows of the same name make it better.
        now: epoch seconds.
        reserve: of the other tokens that take over before this one is used up.
    """
    return outlook(samples, now, reserve).forecast


def outlook(samples: Sequence[Sample], now: float, reserve: Reserve | None = None) -> Outlook:
    """The forecast, or why there is none, in words for people."""
    known = [sample for sample in samples if sample.observed_at <= now]
    if not known:
        return Outlook(None, "nothing has been reported yet")
    last = known[-1]
    if last.reset_at is None:
        return Outlook(None, "the provider does not say when it resets")
    if last.reset_at <= now:
        return Outlook(None, "it has reset since the last report")
    if last.used >= FULL:
        return Outlook(None, "it is used up")
    if len(known) < LEAST_SAMPLES:
        return Outlook(None, f"too few samples yet: {len(known)} of {LEAST_SAMPLES}")
    curve = curve_of(known)
    past = now - curve.times[0]
    moved = curve.total[-1] - curve.total[0]
    if past < LEAST_PAST_S or moved < LEAST_STEPS * curve.step - 1e-9:
        return Outlook(None, "too little has been used yet to tell")
    hits = sorted(plays(curve, known, now, last.reset_at, reserve))
    middle = hits[len(hits) // 2]
    if middle >= last.reset_at:
        early = hits[int(HARDLY * len(hits))]
        because = "it lasts until its reset at this rate"
        if reserve is not None:
            because += f"; from {1 - reserve.spare:.0%} on other tokens take over while they have room"
        is_near = early < last.reset_at and early - now <= AHEAD_PER_PAST * past
        return Outlook(None, because, early if is_near else None)
    if middle - now > AHEAD_PER_PAST * past:
        return Outlook(None, "too little is known yet to look so far ahead")
    low, high = hits[int(LOW * len(hits))], hits[min(int(HIGH * len(hits)), len(hits) - 1)]
    how = "measured by our own tokens" if curve.measured else "by the reported fraction alone"
    because = f"{len(known)} samples of the last {_span(past)}, {how}"
    return Outlook(Forecast(middle, low, high, because), because)


def _span(seconds: float) -> str:
    hours = seconds / 3600
    return (
        f"{round(seconds / 60)} min" if hours < 2 else f"{round(hours)} h" if hours < 72 else f"{round(hours / 24)} d"
    )
