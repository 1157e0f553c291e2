"""Fixtures that every test may use."""

from pathlib import Path

import pytest

from router_core.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder of its own, ready for use."""
    return Home(tmp_path / "home").ensure()
