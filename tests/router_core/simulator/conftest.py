"""A running simulator and a plain HTTP client."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from router_core.clock import Clock
from router_core.simulator import Script, SimulatorThread

Start = Callable[..., SimulatorThread]


@pytest.fixture
def start() -> Iterator[Start]:
    """`start(script, clock=…)` gives a running simulator; all are stopped at the end."""
    with ExitStack() as stack:

        def begin(script: Script | None = None, *, clock: Clock | None = None) -> SimulatorThread:
            return stack.enter_context(SimulatorThread(script, clock=clock))

        yield begin


@pytest.fixture
def simulator(start: Start) -> SimulatorThread:
    return start()


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10, trust_env=False) as client:
        yield client


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stand-in itself belongs to the full run."""
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):  # of many thousands: a path is not taken apart for each
            item.add_marker(pytest.mark.slow)
