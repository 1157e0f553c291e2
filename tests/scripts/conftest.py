"""The fixture of the script tests: a small checkout with fake tools around it."""

import os
import shutil
from pathlib import Path

import pytest

from tests.scripts.fake_checkout import BASE_PYTHON, FAKE_UV, PYTEST_STAND_IN, REPOSITORY, Checkout, write_program


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "a checkout"  # people have spaces in their paths
    shutil.copytree(REPOSITORY / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        (root / name).write_text("")
    (root / "pytest_stand_in.py").write_text(PYTEST_STAND_IN)
    tools = tmp_path / "tools"
    tools.mkdir()
    write_program(tools / "uv", FAKE_UV)
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        "PATH": f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "HOME": str(home),
        "PYTHON": str(BASE_PYTHON),
        "BASE_PYTHON": str(BASE_PYTHON),
        "FAKE_UV_LOG": str(tmp_path / "uv.log"),
    }
    return Checkout(root, environment)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What happens around an installation belongs to the full run."""
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):  # of many thousands: a path is not taken apart for each
            item.add_marker(pytest.mark.slow)
