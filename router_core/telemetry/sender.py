"""OpenTelemetry's SDK behind two words, `send` and `close`. It sends from threads of its own, in batches, and drops
what does not fit its queue: a collector that is dead or slow costs a warning.

Imported only where telemetry is switched on: the packages are optional, and take a third of a second.
"""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricsData, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from router_core import __version__
from router_core.config.telemetry import TelemetryConfig
from router_core.netloc import is_loopback
from router_core.telemetry.measures import INSTRUMENTS, Measure
from router_core.telemetry.spans import Span

log = logging.getLogger("mitmrouter.telemetry")

TIMEOUT_S = 5.0
QUEUE = 2048
BATCH = 256
SEND_EVERY_S = 1.0
CLOSE_TIMEOUT_S = 2.0
_KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT}


class Told:
    """Says once that a collector does not take what it is sent, and once that it does again."""

    def __init__(self, what: str, endpoint: str) -> None:
        self._what, self._endpoint = what, endpoint
        self._failing = False

    def result(self, *, taken: bool) -> None:
        if taken == (not self._failing):
            return
        self._failing = not taken
        if self._failing:
            log.warning("the collector at %s does not take %s; requests go on as ever", self._endpoint, self._what)
        else:
            log.info("the collector at %s takes %s again", self._endpoint, self._what)


class _Spans(OTLPSpanExporter):
    def __init__(self, told: Told, **options: Any) -> None:
        super().__init__(**options)
        self._told = told

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        self._told.result(taken=result is SpanExportResult.SUCCESS)
        return result


class _Metrics(OTLPMetricExporter):
    def __init__(self, told: Told, **options: Any) -> None:
        super().__init__(**options)
        self._told = told

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **more: Any
    ) -> MetricExportResult:
        result = super().export(metrics_data, timeout_millis, **more)
        self._told.result(taken=result is MetricExportResult.SUCCESS)
        return result


class Sender:
    """One collector."""

    def __init__(self, config: TelemetryConfig) -> None:
        logging.getLogger("opentelemetry").setLevel(
            logging.CRITICAL
        )  # it complains anew for each batch; we say it once
        resource = Resource.create({"service.name": config.service_name, "service.version": __version__})
        self._tracers: TracerProvider | None = None
        self._meters: MeterProvider | None = None
        if config.traces:
            self._tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
            exporter = _Spans(Told("traces", config.otlp_endpoint), **_options(config, "traces"))
            self._tracers.add_span_processor(
                BatchSpanProcessor(
                    exporter, max_queue_size=QUEUE, max_export_batch_size=BATCH,
                    schedule_delay_millis=SEND_EVERY_S * 1000,
                )
            )  # fmt: skip
            self._tracer = self._tracers.get_tracer("mitmrouter", __version__)
        if config.metrics:
            reader = PeriodicExportingMetricReader(
                _Metrics(Told("metrics", config.otlp_endpoint), **_options(config, "metrics")),
                export_interval_millis=config.interval_s * 1000,
            )
            self._meters = MeterProvider([reader], resource, shutdown_on_exit=False)
            meter = self._meters.get_meter("mitmrouter", __version__)
            self._instruments = {
                each.name: meter.create_histogram(
                    each.name, each.unit, each.description, explicit_bucket_boundaries_advisory=each.bounds
                )
                for each in INSTRUMENTS
            }

    def send(self, span: Span, measures: Sequence[Measure]) -> None:
        """Hand it to the SDK, which sends it when it is time."""
        if self._tracers is not None:
            self._put(span, _context(span))
        if self._meters is not None:
            for measure in measures:
                self._instruments[measure.instrument.name].record(measure.value, measure.attributes)

    def _put(self, span: Span, context: Any) -> None:
        made = self._tracer.start_span(
            span.name, context, _KINDS[span.kind], span.attributes, start_time=_nanoseconds(span.began_at)
        )
        if span.error is not None:
            made.set_status(Status(StatusCode.ERROR, span.error))
        below = trace.set_span_in_context(made)
        for child in span.children:
            self._put(child, below)
        made.end(_nanoseconds(span.ended_at))

    def close(self) -> None:
        """Send what is left, if the collector takes it quickly."""
        providers = [each for each in (self._tracers, self._meters) if each is not None]
        threads = [threading.Thread(target=each.shutdown, name="telemetry end", daemon=True) for each in providers]
        for thread in threads:
            thread.start()
        until = time.monotonic() + CLOSE_TIMEOUT_S
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))


def _options(config: TelemetryConfig, signal: str) -> dict[str, Any]:
    session = requests.Session()
    session.trust_env = not is_loopback(urlsplit(config.otlp_endpoint).hostname or "")
    return {
        "endpoint": f"{config.otlp_endpoint}/v1/{signal}",
        "headers": {name: value.get_secret_value() for name, value in config.headers.items()},
        "timeout": TIMEOUT_S,
        "session": session,
    }


def _context(span: Span) -> Any:
    if span.parent is None:
        return None
    flags = TraceFlags(TraceFlags.SAMPLED if span.parent.sampled else TraceFlags.DEFAULT)
    remote = SpanContext(span.parent.trace_id, span.parent.span_id, is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(NonRecordingSpan(remote))


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
