"""Tests with a real mitmdump: one router and one simulator for all that need no settings of their own."""

from collections.abc import Iterator

import pytest

from tests.support.lab import Lab, running_lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Shared: begin each test with `lab.fresh(…)`."""
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running
