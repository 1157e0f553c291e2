"""Fixtures that every test may use."""

from pathlib import Path

import pytest

from router_core.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder of its own, ready for use."""
    return Home(tmp_path / "home").ensure()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the expectations in tests/golden; review the diff"
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """True when this run rewrites what golden files expect."""
    return bool(request.config.getoption("--update-golden"))
