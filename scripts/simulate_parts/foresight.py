"""How good the forecasts of that week were: asked every half hour, compared with what came."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from statistics import median

from router_core.quota.forecast import forecast
from router_core.quota.sample import same_window
from simulate_parts.run import Week
from simulate_parts.work import DAY, START

ASKED_EVERY_S = 1800.0


@dataclass(frozen=True, slots=True)
class Foresight:
    """Of all forecasts together."""

    asked: int
    given: int
    """The others were silent: too little known, or it will last."""
    held: int
    """What came lay within the interval."""
    walls: int
    """Windows that were used up."""
    before_walls: int
    """Forecasts given for one of those."""
    median_error_h: float | None
    """Of those: between the forecast and the moment when the window was used up."""

    @property
    def coverage(self) -> float:
        return self.held / self.given if self.given else 0.0


def foresight(week: Week, every_s: float = ASKED_EVERY_S) -> Foresight:
    """Ask at each half hour, or less often, about each window."""
    asked = given = held = 0
    errors: list[float] = []
    for key, samples in week.samples.items():
        times = [sample.observed_at for sample in samples]
        walls = week.walls.get(key, [])
        for number in range(1, math.ceil(7 * DAY / every_s)):
            at = START + number * every_s
            known = samples[: bisect_right(times, at)]
            if not known or known[-1].reset_at is None or known[-1].reset_at <= at:
                continue
            asked += 1
            told = forecast(known, at)
            if told is None:
                continue
            reset = known[-1].reset_at
            came = next((when for when, until in walls if same_window(until, reset)), reset)
            given += 1
            held += told.earliest <= came <= told.latest
            if came < reset:
                errors.append(abs(told.used_up_at - came) / 3600)
    walls = sum(map(len, week.walls.values()))
    return Foresight(asked, given, held, walls, len(errors), median(errors) if errors else None)
