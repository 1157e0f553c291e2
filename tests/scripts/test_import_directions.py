"""The arrows `addons -> router_core <- tui` are lint rules: a wrong import is an error, a right one is not."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.scripts.fake_checkout import REPOSITORY

RUFF = Path(sys.executable).with_name("ruff")

ALLOWED = {
    "router_core": {"router_core", "orjson"},
    "addons": {"addons", "router_core", "mitmproxy"},
    "tui": {"tui", "router_core", "textual"},
    "tests": {"tests", "addons", "router_core", "tui", "mitmproxy", "textual"},
}
MODULES = ("addons", "router_core", "tui", "tests", "mitmproxy", "textual")


def lint(path: str, code: str) -> str:
    """The rules that `code` would break if it stood at `path`."""
    command = [str(RUFF), "check", "--no-cache", "--output-format", "concise", "--stdin-filename", path, "-"]
    done = subprocess.run(command, cwd=REPOSITORY, input=code, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.mark.parametrize("folder", ALLOWED)
@pytest.mark.parametrize("module", MODULES)
def test_import(folder: str, module: str) -> None:
    found = lint(f"{folder}/deeper/probe.py", f"import {module}.http\n\nprint({module}.http)\n")
    assert ("TID251" in found) == (module not in ALLOWED[folder]), found


def test_an_import_inside_a_function_is_no_way_around() -> None:
    assert "TID251" in lint(
        "router_core/cli/probe.py", "def late() -> object:\n    from tui import app\n\n    return app\n"
    )


@pytest.mark.parametrize(
    ("path", "wrong"), [("router_core/doctor/probe.py", True), ("router_core/cli/probe.py", False)]
)
def test_the_core_does_not_ask_its_own_commands(path: str, wrong: bool) -> None:
    found = lint(path, "from router_core.cli.printing import own_command\n\nprint(own_command)\n")
    assert ("TID251" in found) == wrong, found


@pytest.mark.parametrize("folder", ALLOWED)
def test_assert_is_for_tests_only(folder: str) -> None:
    found = lint(f"{folder}/probe.py", "def check(value: int) -> None:\n    assert value\n")
    assert ("S101" in found) == (folder != "tests"), found


@pytest.mark.parametrize("folder", ["addons", "tui", "tests"])
def test_own_packages_are_sorted_alike_in_every_folder(folder: str) -> None:
    code = "import orjson\n\nfrom router_core import clock\n\nprint(orjson, clock)\n"
    assert "I001" not in lint(f"{folder}/probe.py", code)
