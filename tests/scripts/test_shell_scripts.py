"""What holds for every script: it parses, it can be started, and CI does nothing that a person does not."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.scripts.fake_checkout import REPOSITORY

SCRIPTS = sorted(path for path in (REPOSITORY / "scripts").iterdir() if path.is_file())
SHELL = [path for path in SCRIPTS if path.suffix == ".sh" or path.read_text().partition("\n")[0].endswith("sh")]


@pytest.mark.parametrize("script", [*SHELL, REPOSITORY / ".ci" / "run"], ids=lambda path: path.name)
def test_shell_script_parses(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True, timeout=30)


@pytest.mark.parametrize("script", [path for path in SCRIPTS if not path.suffix], ids=lambda path: path.name)
def test_command_is_executable(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!")


def test_ci_calls_scripts_test_and_nothing_more() -> None:
    lines = (REPOSITORY / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line.strip() and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["exec ./scripts/test"]
