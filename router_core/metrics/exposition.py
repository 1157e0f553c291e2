"""The numbers in the text format of Prometheus, written by its own library, in a registry of our own."""

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from router_core.metrics.counts import Counted, Histogram, Labels
from router_core.metrics.state import StateNumbers
from router_core.text import printable
from router_core.tokens.token import STATES

if TYPE_CHECKING:
    from prometheus_client import Metric

NANO = 1_000_000_000
_OF_TARGET = ("provider", "model")


def exposed(counted: Counted, state: StateNumbers) -> tuple[bytes, str]:
    """(text, media type)"""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

    class Now:
        def collect(self) -> "Iterator[Metric]":
            yield from _counters(counted)
            yield from _histograms(counted)
            yield from _of_tokens(state)
            yield from _of_router(state)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Now())
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _counters(counted: Counted) -> "Iterator[Metric]":
    from prometheus_client.core import CounterMetricFamily

    families: Sequence[tuple[str, str, Sequence[str], Mapping[Labels, float]]] = (
        ("requests", "Finished requests of clients", (*_OF_TARGET, "state"), counted.requests),
        ("attempts", "Attempts of finished requests", ("provider", "outcome"), counted.attempts),
        ("tokens", "LLM tokens as the providers counted them", (*_OF_TARGET, "class"), counted.tokens),
        (
            "cost_usd", "Cost at list prices: metered is real money, subscription what it would have been",
            (*_OF_TARGET, "billing"), {labels: nano / NANO for labels, nano in counted.nano_usd.items()},
        ),
    )  # fmt: skip
    for name, said, labels, values in families:
        family = CounterMetricFamily(f"mitmrouter_{name}", said, labels=labels)
        for named, value in sorted(values.items()):
            family.add_metric(named, value)
        yield family


def _histograms(counted: Counted) -> "Iterator[Metric]":
    from prometheus_client.core import HistogramMetricFamily

    families: Sequence[tuple[str, str, Mapping[Labels, Histogram]]] = (
        ("ttft_seconds", "Until the first byte of content was sent to the client", counted.ttft),
        ("request_duration_seconds", "From a request's arrival to its end", counted.duration),
    )
    for name, said, histograms in families:
        family = HistogramMetricFamily(f"mitmrouter_{name}", said, labels=_OF_TARGET)
        for named, histogram in sorted(histograms.items(), key=lambda item: item[0]):
            family.add_metric(named, histogram.buckets(), histogram.total)
        yield family


def _gauge(name: str, said: str, labels: Sequence[str], values: Iterable[tuple[Labels, float]]) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(f"mitmrouter_{name}", said, labels=labels)
    for named, value in values:
        family.add_metric([printable(label, 120) for label in named], value)
    return family


def _of_tokens(state: StateNumbers) -> "Iterator[Metric]":
    labels, tokens = ("provider", "token"), state.tokens
    yield _gauge(
        "token_state", "1 for the state that a token is in", (*labels, "state"),
        (((each.provider, each.name, name), each.state == name) for each in tokens for name in STATES),
    )  # fmt: skip
    yield _gauge(
        "token_window_used_ratio", "Share of a quota window that is used", (*labels, "window"),
        (((each.provider, each.name, name), used) for each in tokens for name, used in each.windows.items()),
    )  # fmt: skip
    yield _gauge(
        "token_cooldown_seconds", "Until a token's rest is over", labels,
        (((each.provider, each.name), each.rests_s) for each in tokens),
    )  # fmt: skip
    yield _gauge(
        "in_flight", "Requests under way", labels, (((each.provider, each.name), each.in_flight) for each in tokens)
    )


def _of_router(state: StateNumbers) -> "Iterator[Metric]":
    yield _gauge("build_info", "Always 1", ("version", "python"), [((state.version, platform.python_version()), 1)])
    breakers = state.breakers.items()
    yield _gauge(
        "provider_breaker_open", "1 while a provider's host is left alone", ("provider",),
        (((name,), is_open) for name, (is_open, _) in breakers),
    )  # fmt: skip
    yield _gauge(
        "provider_failures_in_a_row", "Requests given up because of a provider's host", ("provider",),
        (((name,), failures) for name, (_, failures) in breakers),
    )  # fmt: skip
    yield _gauge(
        "writer_pending", "Writes that are not on the disk yet", ("writer",),
        (((name,), count) for name, count in state.writers.items()),
    )  # fmt: skip
    yield _gauge(
        "database_bytes", "Size of a database with its log", ("database",),
        (((name,), size) for name, size in state.databases.items()),
    )  # fmt: skip
    for name, said, value in (
        ("start_time_seconds", "When the router began, epoch seconds", state.started_at),
        ("event_loop_lag_seconds", "How late the event loop was at the last look", state.lag_s),
        ("event_loop_lag_max_seconds", "How late it was at most within the last minute", state.most_lag_s),
        ("client_connections", "Open connections of clients", state.connections),
        ("event_readers", "Readers of /api/events", state.event_readers),
    ):
        yield _gauge(name, said, (), [((), value)])
