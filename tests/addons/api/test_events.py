"""Readers of events, without a router around them (with one: tests/live/test_api_events.py)."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from addons.api.events import Events, Resumption
from router_core.clock import FixedClock
from router_core.events.hub import Hub


async def test_a_reader_that_cannot_be_told_what_it_missed_is_let_go() -> None:
    def broken() -> None:
        raise RuntimeError("no tokens")

    hub = Hub(FixedClock(), time.monotonic)
    runtime: Any = SimpleNamespace(events=hub, clock=FixedClock(), pool=SimpleNamespace(all=broken))
    with pytest.raises(RuntimeError, match="no tokens"):
        await Events(runtime).stream(Resumption.model_validate({"last-event-id": "none of ours"}))
    assert hub.readers == 0
