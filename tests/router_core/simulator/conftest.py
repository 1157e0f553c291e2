"""A running simulator and a plain HTTP client."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

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
