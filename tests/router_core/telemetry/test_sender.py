"""How long the router waits for a collector when it ends."""

import threading
import time
from typing import Any

import pytest

from router_core.telemetry import sender


class Stuck:
    """An exporter whose collector never answers."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def shutdown(self) -> None:
        self.released.wait(10)


def test_traces_and_metrics_of_a_collector_that_hangs_are_waited_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "CLOSE_TIMEOUT_S", 0.5)
    made: Any = sender.Sender.__new__(sender.Sender)
    made._tracers, made._meters = stuck = (Stuck(), Stuck())
    began = time.monotonic()
    made.close()
    took = time.monotonic() - began
    for each in stuck:
        each.released.set()
    assert 0.4 < took < 0.9
