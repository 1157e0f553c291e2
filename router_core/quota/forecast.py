"""When will this window be used up, if people go on as they do?

Demand comes in sessions, with nights between: a straight line through the last hour is wrong by noon. So the future is
played a few hundred times out of the window's own past: the present pace lasts for a while (sessions do), then blocks
of hours follow that are drawn from the same times of earlier days, or, on the first day, from what there is. The
moments at which these plays hit the wall give the forecast and its interval.

It says nothing rather than guess: below enough samples, while too little has moved, or further ahead than the past
reaches back. It never looks past the reset.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from router_core.quota.consumption import FULL, Curve, curve_of
from router_core.quota.sample import Sample

if TYPE_CHECKING:
    import random

LEAST_SAMPLES = 6
LEAST_STEPS = 3
"""So many steps of the report (1 % each, mostly) must have been used within the known past."""
LEAST_PAST_S = 20 * 60.0
AHEAD_PER_PAST = 6.0
"""A past of one day tells of six days at most."""
PLAYS = 160
LOW, HIGH = 0.03, 0.98
"""Of the plays' order. All plays are made of one past, so the future differs from it by more than they do from each
other; and where several tokens share the work, it leaves one that is nearly used up. Wider than the 80 % that the
interval stands for, as tried on made-up weeks (tests/router_core/quota, scripts/simulate-week)."""
PACE_OVER_S = 45 * 60.0
SESSION_S = 50 * 60.0
"""How long a pace lasts on average."""
BLOCK_S = (1.0 * 3600, 4.0 * 3600)
PACE_NOISE, BLOCK_NOISE, TREND_NOISE = 0.8, 1.0, 0.8
"""Spread (of the logarithm) of how heavy the work at hand, a block, and all that comes may be, against what is known;
the last one for a past of one day, less for a longer one."""
TREND_BOUNDS = (0.3, 0.9)
BURSTS_S = 1800.0
STEADIEST = 0.35
"""All that noise is for people who work in bursts; of a program that runs evenly, this part of it remains."""
CENTRE = 0.1
"""A block's weight lies between 1 in the median (0) and 1 on average (0.5)."""
DAY_S = 86400.0


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
    seconds, with 96 % probability not before); None when it hardly can."""


def forecast(samples: Sequence[Sample], now: float) -> Forecast | None:
    """When the window will be used up; None when it lasts until its reset, or when nobody can tell.

    Args:
        samples: of one (token, window), oldest first; those of earlier windows of the same name make it better.
        now: epoch seconds.
    """
    return outlook(samples, now).forecast


def outlook(samples: Sequence[Sample], now: float) -> Outlook:
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
    hits = sorted(_plays(curve, known, now, last.reset_at))
    middle = hits[len(hits) // 2]
    low, high = hits[int(LOW * len(hits))], hits[min(int(HIGH * len(hits)), len(hits) - 1)]
    if middle >= last.reset_at:
        early = low if low < last.reset_at and low - now <= AHEAD_PER_PAST * past else None
        return Outlook(None, "it lasts until its reset at this rate", early)
    if middle - now > AHEAD_PER_PAST * past:
        return Outlook(None, "too little is known yet to look so far ahead")
    how = "measured by our own tokens" if curve.measured else "by the reported fraction alone"
    because = f"{len(known)} samples of the last {_span(past)}, {how}"
    return Outlook(Forecast(middle, low, high, because), because)


def _plays(curve: Curve, samples: Sequence[Sample], now: float, reset_at: float) -> list[float]:
    """When each play of the future hits the wall; the reset where it does not."""
    import random  # here: listings without a forecast do not wait for it

    chance = random.Random(0)  # noqa: S311 - the same samples give the same forecast
    pace, counts = _pace(curve, samples, now)
    unsure = curve.step * (0.5 if curve.measured else 1.0)
    low, high = TREND_BOUNDS
    bursts = _burstiness(curve, now)
    spread = min(max(TREND_NOISE / math.sqrt((now - curve.times[0]) / DAY_S), low), high) * bursts
    hits = []
    for _ in range(PLAYS):
        left = max(1.0 - curve.level + chance.uniform(-unsure, unsure), curve.step / 4)
        speed = pace * chance.gammavariate(counts, 1 / counts) * math.exp(chance.gauss(0.0, PACE_NOISE * bursts))
        lasts = min(chance.expovariate(1 / SESSION_S), reset_at - now)
        if speed * lasts >= left:
            hits.append(now + left / speed)
        else:
            trend = math.exp(chance.gauss(0.0, spread))
            hits.append(
                _play(curve, now, reset_at, now + lasts, left - speed * lasts, trend, BLOCK_NOISE * bursts, chance)
            )
    return hits


def _play(
    curve: Curve,
    now: float,
    reset_at: float,
    at: float,
    left: float,
    trend: float,
    noise: float,
    chance: "random.Random",
) -> float:
    """Go on from `at` with blocks of the past until what is left is used."""
    while at < reset_at:
        source, length = _block(curve, at, min(chance.uniform(*BLOCK_S), reset_at - at), now, chance)
        before = curve.upto(source)
        weight = trend * math.exp(chance.gauss(-(noise**2) * CENTRE, noise))
        amount = (curve.upto(source + length) - before) * weight
        if amount >= left:
            return min(at + max(curve.when(before + left / weight) - source, 0.0), reset_at)
        left -= amount
        at += length
    return reset_at


def _block(curve: Curve, at: float, length: float, now: float, chance: "random.Random") -> tuple[float, float]:
    """Where in the past a block of the future is taken from, and how much of it: at the same time of some day, else
    anywhere."""
    first = curve.times[0]
    nearest = max(math.ceil((at + length - now) / DAY_S), 1)  # whole days back, so that the block ends before now
    furthest = math.floor((at - first) / DAY_S)
    room = now - first - length
    if furthest < nearest and room < 0:
        return first, now - first
    source = first
    for _ in range(4):
        if furthest >= nearest:
            source = at - chance.randint(nearest, furthest) * DAY_S
        else:
            source = first + chance.random() * room
        if not curve.is_blind(source, source + length):
            break
    return source, length


def _pace(curve: Curve, samples: Sequence[Sample], now: float) -> tuple[float, float]:
    """Fraction per second of late, and how many events it was counted from (few: it is not to be trusted)."""
    since = max(now - PACE_OVER_S, curve.times[0])
    used = curve.upto(now) - curve.upto(since)
    seen = sum(1 for sample in samples if sample.observed_at >= since) if curve.measured else used / curve.step
    counts = max(seen, 0.5)
    return max(used, 0.0) / max(now - since, 60.0), counts


def _burstiness(curve: Curve, now: float) -> float:
    """How unevenly the last day was used, half hour by half hour: 1 for sessions and pauses, little for a machine."""
    start = max(curve.times[0], now - DAY_S)
    pieces = int((now - start) / BURSTS_S)
    if pieces < 3:
        return 1.0
    points = [curve.upto(now - piece * BURSTS_S) for piece in range(pieces + 1)]
    amounts = [later - earlier for later, earlier in pairwise(points)]
    mean = sum(amounts) / pieces
    if mean <= 0:
        return 1.0
    spread = math.sqrt(sum((amount - mean) ** 2 for amount in amounts) / pieces)
    return min(max(spread / mean, STEADIEST), 1.0)


def _span(seconds: float) -> str:
    hours = seconds / 3600
    return (
        f"{round(seconds / 60)} min" if hours < 2 else f"{round(hours)} h" if hours < 72 else f"{round(hours / 24)} d"
    )
