"""From finished requests to a collector: records are queued, a thread of its own makes spans and measurements of them.

Where requests come faster than that goes, records are left out, and counted.
"""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from router_core.config.telemetry import TelemetryConfig
from router_core.telemetry.measures import Measure, measures_of
from router_core.telemetry.spans import KindOf, Span, request_span
from router_core.trace.record import TraceRecord
from router_core.trace.writer import News

log = logging.getLogger("mitmrouter.telemetry")

MOST_WAITING = 1000
CLOSE_TIMEOUT_S = 5.0

type Bodies = Callable[[str], Iterable[Mapping[str, Any]]]
"""The kept bodies of a request."""


class Sends(Protocol):
    """What is done with them; `sender.Sender` in earnest."""

    def send(self, span: Span, measures: list[Measure]) -> None: ...
    def close(self) -> None: ...


class Telemetry:
    """Does nothing until it is configured; may be configured anew at any time.

    Args:
        kind_of: a provider's kind by its name.
        bodies: for spans that hold content.
        open_sender: None: OpenTelemetry's SDK.
    """

    def __init__(
        self, kind_of: KindOf, bodies: Bodies, open_sender: Callable[[TelemetryConfig], Sends] | None = None
    ) -> None:
        self._kind_of = kind_of
        self._bodies = bodies
        self._open = open_sender or _sdk
        self._config = TelemetryConfig()
        self._queue: queue.Queue[TraceRecord | TelemetryConfig | None] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None
        self.left_out = 0

    @property
    def on(self) -> bool:
        return bool(self._config.otlp_endpoint)

    def configure(self, config: TelemetryConfig) -> None:
        """From now on as this says. Returns at once: the packages are loaded in the thread."""
        if config == self._config:
            return
        self._config = config
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
            self._thread.start()
        while True:  # never waits: where there is no room the oldest record makes some
            try:
                self._queue.put_nowait(config)
                return
            except queue.Full:
                with contextlib.suppress(queue.Empty):
                    self._queue.get_nowait()
                    self.left_out += 1

    def watch(self, news: News, record: TraceRecord) -> None:
        """A watcher of the trace writer: masked records, after they are written."""
        if news != "finished" or not self.on:
            return
        try:
            self._queue.put_nowait(record)
        except queue.Full:
            if not self.left_out:
                log.warning("requests come faster than telemetry is made of them: some are left out")
            self.left_out += 1

    def close(self) -> None:
        """Send what is left, as far as that goes quickly."""
        thread, self._thread = self._thread, None
        if thread is not None:
            with contextlib.suppress(queue.Full):
                self._queue.put(None, timeout=1)
            thread.join(timeout=CLOSE_TIMEOUT_S)
        self._config = TelemetryConfig()

    def _run(self) -> None:
        sender: Sends | None = None
        config = TelemetryConfig()
        while (item := self._queue.get()) is not None:
            try:
                if isinstance(item, TelemetryConfig):
                    if sender is not None:
                        sender.close()
                    config, sender = item, self._open(item) if item.otlp_endpoint else None
                elif sender is not None:
                    self._send(sender, config, item)
            except Exception:  # whatever it is, the thread must live on
                log.exception("telemetry failed")
        if sender is not None:
            sender.close()

    def _send(self, sender: Sends, config: TelemetryConfig, record: TraceRecord) -> None:
        span = request_span(record, self._kind_of)
        if config.content:
            from router_core.telemetry.content import content_attributes  # here: it brings all codecs

            span.attributes.update(content_attributes(record, self._bodies(record.id)))
        sender.send(span, measures_of(record, self._kind_of))


def _sdk(config: TelemetryConfig) -> Sends:
    from router_core.telemetry.sender import Sender  # here: an optional package, and slow to import

    return Sender(config)
