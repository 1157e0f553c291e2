"""Finished requests, counted since the router began: by provider, model and how they ended.

Counted where they are written down, so no request waits for it. The number of series is bounded: names of models come
from clients, and whoever asks for a thousand of them must not make a thousand series.
"""

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from router_core.text import printable
from router_core.trace.record import TraceRecord

MOST_MODELS = 200
OTHER = "other"
TTFT_S = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
DURATION_S = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
CLASSES = ("input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning")

type Labels = tuple[str, ...]


@dataclass(slots=True)
class Histogram:
    """How many values lie below each bound, and their sum."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = self.counts or [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def buckets(self) -> list[tuple[str, int]]:
        """(upper bound, how many are at most that), the last one for all."""
        found, so_far = [], 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            so_far += count
            found.append((bound, so_far))
        return found


@dataclass(slots=True)
class Counted:
    """A copy of what was counted. Labels are in the order of the comments."""

    requests: Mapping[Labels, int]
    """provider, model, state"""
    attempts: Mapping[Labels, int]
    """provider, outcome"""
    tokens: Mapping[Labels, int]
    """provider, model, class"""
    nano_usd: Mapping[Labels, int]
    """provider, model, billing"""
    ttft: Mapping[Labels, Histogram]
    """provider, model"""
    duration: Mapping[Labels, Histogram]
    """provider, model"""


class RequestCounts:
    """Counts in the thread that writes traces, and is read in any other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: dict[Labels, Labels] = {}
        self._requests: defaultdict[Labels, int] = defaultdict(int)
        self._attempts: defaultdict[Labels, int] = defaultdict(int)
        self._tokens: defaultdict[Labels, int] = defaultdict(int)
        self._nano_usd: defaultdict[Labels, int] = defaultdict(int)
        self._ttft: dict[Labels, Histogram] = {}
        self._duration: dict[Labels, Histogram] = {}

    def watch(self, news: str, record: TraceRecord) -> None:
        """What is written down of a request; a watcher of traces."""
        if news == "finished":
            with self._lock:
                self._count(record)

    def read(self) -> Counted:
        """As it is now."""
        with self._lock:
            return Counted(
                dict(self._requests), dict(self._attempts), dict(self._tokens), dict(self._nano_usd),
                _copied(self._ttft), _copied(self._duration),
            )  # fmt: skip

    def _count(self, record: TraceRecord) -> None:
        target = self._target(record.provider, record.model)
        self._requests[(*target, record.state)] += 1
        for attempt in record.attempts:
            self._attempts[(attempt.provider, attempt.outcome)] += 1
        usage = record.usage
        counts = (
            usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens,
            usage.cache_write_1h_tokens, usage.reasoning_tokens,
        )  # fmt: skip
        for name, count in zip(CLASSES, counts, strict=True):
            if count:
                self._tokens[(*target, name)] += count
        if record.cost_nano_usd:
            metered = min(record.metered_nano_usd, record.cost_nano_usd)
            if metered:
                self._nano_usd[(*target, "metered")] += metered
            if record.cost_nano_usd > metered:
                self._nano_usd[(*target, "subscription")] += record.cost_nano_usd - metered
        if record.ttft_ms is not None:
            self._histogram(self._ttft, target, TTFT_S).add(record.ttft_ms / 1000)
        if record.finished_at is not None:
            self._histogram(self._duration, target, DURATION_S).add(max(0.0, record.finished_at - record.started_at))

    def _target(self, provider: str, model: str) -> Labels:
        """The labels of a target: those that came first have their own."""
        labels = self._models.get((provider, model))
        if labels is None:
            full = len(self._models) >= MOST_MODELS
            labels = (provider, OTHER) if full else (provider, printable(model, 120))
            if not full:
                self._models[provider, model] = labels
        return labels

    def _histogram(self, kept: dict[Labels, Histogram], target: Labels, bounds: tuple[float, ...]) -> Histogram:
        found = kept.get(target)
        if found is None:
            found = kept[target] = Histogram(bounds)
        return found


def _copied(histograms: Mapping[Labels, Histogram]) -> dict[Labels, Histogram]:
    return {labels: Histogram(each.bounds, list(each.counts), each.total) for labels, each in histograms.items()}
