"""How good the forecasts of that week were: asked every hour, compared with what came.

What came of a window that is open at the end of the week, is seen in the week after it.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from router_core.config.schema import Strategy
from router_core.quota.consumption import curve_of
from router_core.quota.forecast import forecast
from router_core.quota.reserve import Reserve
from router_core.quota.sample import Sample, same_window
from router_core.quota.sparing import Account, reserves
from router_core.simulator.accounts import FIVE_HOURS_S, WEEK_S
from simulate_parts.run import Week
from simulate_parts.work import DAY, START

ASKED_EVERY_S = 3600.0
LENGTHS_S = {"5h": FIVE_HOURS_S, "7d": WEEK_S}


@dataclass(frozen=True, slots=True)
class Foresight:
    """Of all forecasts together."""

    asked: int
    given: int
    """The others were silent: too little known, or it will last."""
    held: int
    """What came lay within the interval."""
    false_alarms: int
    """Forecasts given for windows that lasted."""
    median_width_h: float | None
    """Of the intervals."""
    walls: int
    """Windows that were used up, of those that were asked about."""
    before_walls: int
    """Forecasts given for one of those."""
    median_error_h: float | None
    """Of those: between the forecast and the moment when the window was used up."""

    @property
    def coverage(self) -> float:
        return self.held / self.given if self.given else 0.0


def foresight(week: Week, strategy: Strategy, every_s: float = ASKED_EVERY_S) -> Foresight:
    """Ask at regular times about each window."""
    times = {key: [sample.observed_at for sample in samples] for key, samples in week.samples.items()}
    asked = held = false_alarms = 0
    errors, widths, walls = list[float](), list[float](), set[tuple[str, str, float]]()
    at = START + every_s
    while at < START + 7 * DAY:
        known = {key: found for key, all_ in week.samples.items() if (found := all_[: bisect_right(times[key], at)])}
        spared = _reserves(known, at) if strategy == "quota" else {}
        for key, samples in known.items():
            reset = samples[-1].reset_at
            if reset is None or reset <= at:
                continue
            asked += 1
            came = next((when for when, until in week.walls.get(key, ()) if same_window(until, reset)), reset)
            if came < reset:
                walls.add((*key, came))
            told = forecast(samples, at, spared.get(key))
            if told is None:
                continue
            held += told.earliest <= came <= told.latest
            widths.append((told.latest - told.earliest) / 3600)
            if came < reset:
                errors.append(abs(told.used_up_at - came) / 3600)
            else:
                false_alarms += 1
        at += every_s
    return Foresight(
        asked, len(widths), held, false_alarms, _middle(widths), len(walls), len(errors), _middle(errors)
    )  # fmt: skip


def _reserves(known: Mapping[tuple[str, str], list[Sample]], at: float) -> dict[tuple[str, str], Reserve]:
    """What the accounts take over for each other, as of then."""
    accounts: dict[str, dict[str, Account]] = {}
    for (name, window), samples in known.items():
        account = Account(curve_of(samples), samples[-1].reset_at, LENGTHS_S[window])
        accounts.setdefault(name, {})[window] = account
    return reserves(accounts, at)


def _middle(values: list[float]) -> float | None:
    return median(values) if values else None
