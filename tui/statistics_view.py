"""What the statistics page shows, worked out from the sums: spans, measures, and the series of its chart."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlite_utils import Database

from router_core.money import usd_text
from router_core.store.statistics import Dimension, Span, Sums, began_ms, grouped, over_time, totals
from router_core.store.usage_columns import PATHS
from tui.figures import count, elapsed

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SERIES = 6
"""So many groups have a colour of their own; the others share one."""
EVERYTHING = "\0"
"""Stands for all groups together; no name of a session is that."""
GROUPS = 200


class Range(NamedTuple):
    """A span of time that ends now."""

    name: str
    days: int
    """Local days, today among them; 0: the last 24 hours, -1: all there is."""
    step_ms: int


RANGES: tuple[Range, ...] = (
    Range("today", 1, HOUR_MS),
    Range("24 h", 0, HOUR_MS),
    Range("7 d", 7, 6 * HOUR_MS),
    Range("30 d", 30, DAY_MS),
    Range("90 d", 90, 3 * DAY_MS),
    Range("1 y", 365, 7 * DAY_MS),
    Range("all", -1, 30 * DAY_MS),
)


class By(NamedTuple):
    """What the requests are grouped by."""

    dimension: Dimension
    name: str


DIMENSIONS: tuple[By, ...] = (
    By("model", "model"), By("provider", "provider"), By("token", "token"), By("project", "project"),
    By("scenario", "route"), By("client", "client"), By("client_key", "client key"), By("session", "session"),
    By("path", "address"), By("status", "status"),
)  # fmt: skip


class Measure(NamedTuple):
    """What the chart shows, and the table is sorted by."""

    name: str
    value: Callable[[Sums], float]
    text: Callable[[float], str]


def llm_tokens(sums: Sums) -> int:
    """All that went in and came out."""
    return prompt_tokens(sums) + sums.output_tokens


def prompt_tokens(sums: Sums) -> int:
    """All that was sent: fresh, read from the cache, and written to it."""
    cached = sums.cache_read_tokens + sums.cache_write_tokens + sums.cache_write_1h_tokens
    return sums.input_tokens + cached


MEASURES: tuple[Measure, ...] = (
    Measure("cost", lambda sums: sums.cost_nano_usd, lambda value: usd_text(round(value))),
    Measure("spent", lambda sums: sums.metered_nano_usd, lambda value: usd_text(round(value))),
    Measure("requests", lambda sums: sums.requests, lambda value: count(round(value))),
    Measure("LLM tokens", llm_tokens, lambda value: count(round(value))),
    Measure("failures", lambda sums: sums.failures, lambda value: count(round(value))),
    Measure("first byte", lambda sums: sums.mean_ttft_ms or 0.0, elapsed),
)


@dataclass(frozen=True)
class Wanted:
    """What is asked for."""

    range: Range = RANGES[2]
    by: By = DIMENSIONS[0]
    measure: Measure = MEASURES[0]
    where: Mapping[Dimension, str] = field(default_factory=dict)

    def fits(self, by: By) -> bool:
        """False for the sessions of an address or a status: no sums are kept of those, and adding up all requests that
        are kept takes seconds, for which a page is no place."""
        return by.dimension != "session" or {*PATHS}.isdisjoint(self.where)


@dataclass(frozen=True)
class Shown:
    """The answer."""

    wanted: Wanted
    span: Span
    step_ms: int
    totals: Sums
    groups: list[tuple[str, Sums]]
    """By the measure, the largest first."""
    bars: list[tuple[int, list[float]]]
    """(when the step begins, the value of each of the first `SERIES` groups, then of all others), gaps filled."""

    @property
    def named(self) -> list[str]:
        """The groups with a colour of their own."""
        return [value for value, _ in self.groups[:SERIES]]


def span_of(wanted: Range, now: float, first_ms: int) -> tuple[Span, int]:
    """The span, and the length of its steps: local days begin at midnight.

    Args:
        first_ms: when the history begins.
    """
    until = round(now * 1000) + 1
    if wanted.days == 0:
        this_hour = until // HOUR_MS * HOUR_MS
        return Span(this_hour - 23 * HOUR_MS, until), HOUR_MS
    if wanted.days > 0:
        today = datetime.datetime.fromtimestamp(now).date()
        return Span(_midnight(today - datetime.timedelta(days=wanted.days - 1)), until), wanted.step_ms
    since_ms = _midnight(datetime.datetime.fromtimestamp(min(first_ms / 1000, now)).date())
    days = max(1, (until - since_ms) // DAY_MS)
    step = next((days_each for days_each in (1, 7, 30, 91) if days / days_each <= 60), 365)
    return Span(since_ms, until), step * DAY_MS


def _midnight(day: datetime.date) -> int:
    """When a local day begins, by the clock of that day: it may be another one than now."""
    return round(datetime.datetime.combine(day, datetime.time()).timestamp() * 1000)


def look(database: Database, wanted: Wanted, now: float) -> Shown:
    """Ask the database."""
    span, step_ms = span_of(wanted.range, now, began_ms(database) or round(now * 1000))
    dimension, value = wanted.by.dimension, wanted.measure.value
    groups = grouped(database, dimension, span, wanted.where, GROUPS)
    groups = [(str(name), sums) for name, sums in groups]  # a damaged file may hold anything
    groups.sort(key=lambda group: -value(group[1]))  # stable: among equals the most expensive stays first
    named = [name for name, _ in groups[:SERIES]]
    series = _series(database, wanted, span, step_ms, named)
    return Shown(
        wanted, span, step_ms, totals(database, span, wanted.where), groups,
        bars_of(series, span, step_ms, named, wanted.measure),
    )  # fmt: skip


type Series = list[tuple[int, str, Sums]]


def _series(database: Database, wanted: Wanted, span: Span, step_ms: int, named: Sequence[str]) -> Series:
    """Of every group; of sessions, of which there are tens of thousands, those named and all together."""
    if wanted.by.dimension != "session":
        return over_time(database, span, step_ms, wanted.by.dimension, wanted.where)
    series = [(start, EVERYTHING, sums) for start, _, sums in over_time(database, span, step_ms, None, wanted.where)]
    for name in named:
        where: Mapping[Dimension, str] = {**wanted.where, "session": name}
        series += [(start, name, sums) for start, _, sums in over_time(database, span, step_ms, None, where)]
    return series


def bars_of(
    series: Series, span: Span, step_ms: int, named: Sequence[str], measure: Measure
) -> list[tuple[int, list[float]]]:
    """One bar for each step of the span, also where nothing happened."""
    starts = range(span.since_ms, span.until_ms, step_ms)
    bars = {start: [0.0] * (SERIES + 1) for start in starts}
    places = {name: place for place, name in enumerate(named)}
    for start, name, sums in series:
        value, bar = measure.value(sums), bars[start]
        if name == EVERYTHING:
            bar[SERIES] += value
        elif name in places:
            bar[places[name]] += value
            if series[0][1] == EVERYTHING:  # counted there already
                bar[SERIES] = max(0.0, bar[SERIES] - value)
        else:
            bar[SERIES] += value
    return list(bars.items())


def step_label(start_ms: int, step_ms: int) -> str:
    """`14:00` within a day, else `21 Nov`, said by the first step of that day; `Nov 26` where a step is a month and
    more."""
    moved = 2 * HOUR_MS if step_ms >= DAY_MS else 0  # steps of days begin at another hour once the clocks have changed
    at = datetime.datetime.fromtimestamp((start_ms + moved) / 1000).astimezone()
    if step_ms <= HOUR_MS:
        return at.strftime("%H:%M")
    if step_ms < DAY_MS and at.hour * HOUR_MS >= step_ms:
        return ""
    return at.strftime("%b %y" if step_ms >= 30 * DAY_MS else "%d %b")


def summary(sums: Sums) -> list[tuple[str, str]]:
    """(what, how much) of all that was used."""
    sent = prompt_tokens(sums)
    cached = f"{sums.cache_read_tokens / sent:.0%}" if sent else "-"
    failed = f" ({count(sums.failures)} failed)" if sums.failures else ""
    return [
        ("requests", f"{count(sums.requests)}{failed}"),
        ("at list prices", usd_text(sums.cost_nano_usd)),
        ("real money", usd_text(sums.metered_nano_usd)),
        ("in", count(sent)),
        ("from cache", cached),
        ("out", count(sums.output_tokens)),
        ("first byte", elapsed(sums.mean_ttft_ms) or "-"),
    ]
