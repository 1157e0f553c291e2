"""Tests with a real mitmdump: one router and one simulator for all that need no settings of their own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.simulator import Script
from tests.support.lab import Lab, running_lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Shared: begin each test with `lab.fresh(…)`."""
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def money(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """With a configuration of its own, for budgets to be written into (see budgeting.py)."""
    with running_lab(tmp_path_factory.mktemp("money"), Script(websocket=True)) as running:
        yield running


@pytest.fixture(scope="module")
def sockets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """With providers that speak Responses over WebSocket."""
    env = {"MITMROUTER__SERVER__MAX_BODY_BYTES": "300000"}
    with running_lab(tmp_path_factory.mktemp("websocket"), Script(websocket=True), env=env) as running:
        yield running


QUICK = ("test_admin_api.py", "test_broken_streams.py")
"""Enough of a real mitmdump for the fast path: requests, failover, broken streams, the admin plane."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The other live tests belong to the full run."""
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here) and item.path.name not in QUICK:
            item.add_marker(pytest.mark.slow)
