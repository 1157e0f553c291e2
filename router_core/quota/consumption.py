"""How a window was used over time: the samples as one curve.

Providers report fractions in steps of a percent, which in a weekly window can stand for hours. What we measured
ourselves fills the steps: within each window the reported fraction is regressed on our own tokens, and the curve
follows that line as long as it stays within one step of what was reported. So it is fine where we are the only ones
that use the account, and follows the report where others use it as well.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from router_core.quota.sample import Sample, same_window

FULL = 0.995
"""From here on nothing more can be used, whatever people want: such times say nothing of their demand."""
STEPS = (0.01, 0.001, 0.0001)
CALIBRATES_FROM = 5
"""Steps that a window must have moved for its own regression; below, that of the windows before it is used."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What was used up to each time, over all windows; straight between its points."""

    times: tuple[float, ...]
    total: tuple[float, ...]
    blind: tuple[tuple[float, float], ...]
    """Times at which the window was full: nothing could be used."""
    level: float
    """Used of the present window, finer than reported where that can be."""
    step: float
    """Resolution of the reports."""
    measured: bool
    """Our own tokens explain the present window."""
    per_token: float | None = None
    """Fraction that one of our own (weighted) LLM tokens is, here or in the windows before; None: unknown."""

    def upto(self, at: float) -> float:
        """The total at a time; level before the first point and after the last one."""
        i = bisect_right(self.times, at)
        if i == 0:
            return self.total[0]
        if i == len(self.times):
            return self.total[-1]
        t0, t1 = self.times[i - 1], self.times[i]
        return self.total[i - 1] + (self.total[i] - self.total[i - 1]) * (at - t0) / (t1 - t0)

    def when(self, amount: float) -> float:
        """The first time at which the total is `amount`; there must be one."""
        i = bisect_left(self.total, amount)
        if i == 0:
            return self.times[0]
        if i == len(self.total):
            return self.times[-1]
        low, high = self.total[i - 1], self.total[i]
        return self.times[i - 1] + (self.times[i] - self.times[i - 1]) * (amount - low) / (high - low)

    def is_blind(self, start: float, end: float) -> bool:
        """Whether most of a span says nothing of demand."""
        hidden = sum(max(0.0, min(end, b) - max(start, a)) for a, b in self.blind)
        return hidden > (end - start) / 2


def curve_of(samples: Sequence[Sample]) -> Curve:
    """Put the samples of one (token, window), oldest first and at least one, on one curve."""
    windows = _windows(samples)
    step = _step(sample.used for sample in samples)
    slopes = [slope for window in windows if (slope := _slope(window, step)) is not None]
    known = _median(slopes) if slopes else None
    times: list[float] = []
    total: list[float] = []
    blind: list[tuple[float, float]] = []
    base, levels, measured, slope = 0.0, [0.0], False, known
    for earlier, window in zip([[], *windows], windows, strict=False):
        slope = _slope(window, step) or known
        levels, measured = _levels(window, step, slope)
        if earlier:  # what was used between the old window's end and the first word of the new one
            begun = earlier[-1].reset_at
            if begun is not None and times[-1] < begun < window[0].observed_at:
                times.append(begun)
                total.append(base)
        else:
            base = -levels[0]  # what came before the first sample is not on the curve
        for sample, level in zip(window, levels, strict=True):
            if not times or sample.observed_at > times[-1]:
                times.append(sample.observed_at)
                total.append(max(base + level, total[-1] if total else 0.0))
        if window[-1].used >= FULL and window[-1].reset_at is not None:
            full_from = next(sample.observed_at for sample in window if sample.used >= FULL)
            blind.append((full_from, window[-1].reset_at))
        base = total[-1]
    return Curve(tuple(times), tuple(total), tuple(blind), levels[-1], step, measured, slope)


def _windows(samples: Sequence[Sample]) -> list[list[Sample]]:
    """The samples by window; a rollover is a reset that moved, or a fraction that fell."""
    found: list[list[Sample]] = []
    for sample in samples:
        last = found[-1][-1] if found else None
        if last is not None and same_window(last.reset_at, sample.reset_at) and sample.used >= last.used - 0.02:
            found[-1].append(sample)
        else:
            found.append([sample])
    return found


def _step(fractions: Iterable[float]) -> float:
    """The coarsest step that all reported fractions are multiples of."""
    used = list(fractions)
    for step in STEPS:
        if all(abs(value / step - round(value / step)) < 1e-6 for value in used):
            return step
    return STEPS[-1]


def _slope(window: Sequence[Sample], step: float) -> float | None:
    """Fraction per own token, by least squares; None when the window moved too little to tell."""
    if window[-1].used - window[0].used < CALIBRATES_FROM * step:
        return None
    own = [sample.own_tokens for sample in window]
    mean_own, mean_used = sum(own) / len(own), sum(sample.used for sample in window) / len(window)
    spread = sum((value - mean_own) ** 2 for value in own)
    if spread <= 0:
        return None
    slope = sum((s.own_tokens - mean_own) * (s.used - mean_used) for s in window) / spread
    return slope if slope > 0 else None


def _levels(window: Sequence[Sample], step: float, slope: float | None) -> tuple[list[float], bool]:
    """The used fraction at each sample, never falling; and whether our own tokens explain it."""
    reported = [sample.used for sample in window]
    counted = all(b.own_tokens >= a.own_tokens for a, b in pairwise(window))
    if slope is None or not counted or window[-1].own_tokens <= 0:
        return _rising(reported), False
    offset = _median(sample.used - slope * sample.own_tokens for sample in window)
    fitted = [offset + slope * sample.own_tokens for sample in window]
    off = sum(1 for fit, used in zip(fitted, reported, strict=True) if abs(fit - used) > step)
    held = [min(max(fit, used - step), used + step, 1.0) for fit, used in zip(fitted, reported, strict=True)]
    return _rising([max(0.0, level) for level in held]), off <= len(window) // 4


def _median(values: Iterable[float]) -> float:
    """Of at least one value; the module that has it takes longer to import than all of this."""
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _rising(values: Sequence[float]) -> list[float]:
    highest, rising = 0.0, []
    for value in values:
        highest = max(highest, value)
        rising.append(highest)
    return rising
