"""Possible futures of a window, played out of its own past: when does each hit the wall?

The present pace lasts for a while (sessions do). Then blocks of hours follow, drawn from the same time of earlier days
of the same kind: working days, or weekends. How far hours are worked like which none has been seen yet, a first night
or a first weekend, nobody knows: each play draws it. Where other tokens take over before the wall, they take their part
of each block as long as they have room (reserve.py).
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from router_core.quota.consumption import Curve
from router_core.quota.reserve import Reserve, Rooms
from router_core.quota.sample import Sample

if TYPE_CHECKING:
    import random

PLAYS = 140
PACE_OVER_S = 45 * 60.0
SESSION_S = 50 * 60.0
"""How long a pace lasts on average."""
BLOCK_S = (1.0 * 3600, 4.0 * 3600)
PACE_NOISE, BLOCK_NOISE, TREND_NOISE = 1.3, 1.0, 0.8
"""Spread (of the logarithm) of how heavy the work at hand, a block, and all that comes may be, against what is known;
the last one for a past of one day, less for a longer one."""
TREND_BOUNDS = (0.3, 0.9)
BURSTS_S = 1800.0
STEADIEST = 0.35
"""All that noise is for people who work in bursts; of a program that runs evenly, this part of it remains."""
CENTRE = 0.1
"""A block's weight lies between 1 in the median (0) and 1 on average (0.5)."""
DAY_S = 86400.0
MONDAY_S = 4 * DAY_S
"""The first Monday of the epoch. Days and weekends are those of UTC: near their edges some hours count to the other."""
WEEKEND = (5, 6)
LONGEST_PAST_DAYS = 9
ALIKE = [
    [back for back in range(1, LONGEST_PAST_DAYS + 1) if ((day - back) % 7 in WEEKEND) is (day in WEEKEND)]
    for day in range(7)
]
"""By day of the week, from Monday on: how many days ago there was one of the same kind."""


def plays(
    curve: Curve, samples: Sequence[Sample], now: float, reset_at: float, reserve: Reserve | None = None
) -> list[float]:
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
            play = _Play(curve, now, bursts, spread, reserve, chance)
            hits.append(play.wall(now + lasts, left - speed * lasts, reset_at))
    return hits


class _Play:
    """One future."""

    def __init__(
        self, curve: Curve, now: float, bursts: float, spread: float, reserve: Reserve | None, chance: "random.Random"
    ) -> None:
        self._curve, self._now, self._chance = curve, now, chance
        self._trend = math.exp(chance.gauss(0.0, spread))
        self._noise = BLOCK_NOISE * bursts
        self._unseen = 1.0 - bursts * chance.random()
        """How far hours are worked like which none has been seen."""
        self._rooms = None if reserve is None else Rooms(reserve)

    def wall(self, at: float, left: float, reset_at: float) -> float:
        """Go on from `at` with blocks of the past until what is left is used."""
        curve, chance, rooms = self._curve, self._chance, self._rooms
        while at < reset_at:
            source, length, seen = self._block(at, min(chance.uniform(*BLOCK_S), reset_at - at))
            before = curve.upto(source)
            weight = self._trend * math.exp(chance.gauss(-(self._noise**2) * CENTRE, self._noise))
            weight *= 1.0 if seen else self._unseen
            amount = (curve.upto(source + length) - before) * weight
            if rooms is not None:
                amount = rooms.own_share(at, left, amount, rooms.carried(source, source + length) * weight)
            if amount >= left:
                if rooms is None:
                    return min(at + max(curve.when(before + left / weight) - source, 0.0), reset_at)
                return min(at + length * left / amount, reset_at)
            left -= amount
            at += length
        return reset_at

    def _block(self, at: float, length: float) -> tuple[float, float, bool]:
        """Where in the past a block of the future is taken from, how much of it, and whether it is of the same time of
        a day of the same kind; else it is of any day, or of any time."""
        curve, now, chance = self._curve, self._now, self._chance
        first = curve.times[0]
        nearest = max(math.ceil((at + length - now) / DAY_S), 1)  # whole days back, so that the block ends before now
        furthest = math.floor((at - first) / DAY_S)
        room = now - first - length
        if furthest < nearest and room < 0:
            return first, now - first, False
        weekday = int((at - MONDAY_S) // DAY_S) % 7
        alike = [back for back in ALIKE[weekday] if nearest <= back <= furthest]
        days = alike or range(nearest, furthest + 1)
        source = first
        for _ in range(4):
            chosen = chance.random()
            source = at - days[int(chosen * len(days))] * DAY_S if days else first + chosen * room
            if not curve.blind or not curve.is_blind(source, source + length):
                break
        return source, length, bool(alike) or (bool(days) and weekday not in WEEKEND)


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
