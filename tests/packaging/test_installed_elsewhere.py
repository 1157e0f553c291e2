"""What a stranger does: installs the built wheel with pipx or uvx, or clones the repository and runs one command.

Both happen outside the checkout with the locked packages and nothing of this environment, so that a forgotten data
file, a missing dependency or an import that only works here shows. They need the package index, or a warm cache.
"""

import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.router import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("addons", "router_core", "tui")
STARTS_WITHIN_S = 60.0

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_checkout(tmp_path_factory.mktemp("source") / "mitmrouter")


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the locked build backend from a copy, so that no leftovers of builds touch the checkout."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=source, check=True, timeout=60)
    (built,) = out.glob("*.whl")
    return built


@dataclass(frozen=True)
class Clone:
    """A fresh clone on which `scripts/run --version` was called."""

    root: Path
    environment: dict[str, str]
    first: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    folder = tmp_path_factory.mktemp("cloned")
    root = copy_of_checkout(folder / "clone")
    environment = clean_environment(folder) | {"PYTHON": sys.executable}
    return Clone(root, environment, run_version(root, environment))


def test_fresh_clone_runs_with_one_command_and_quickly_the_second_time(clone: Clone) -> None:
    assert clone.first.returncode == 0, clone.first.stderr
    assert shutil.which("uv", path=clone.environment["PATH"]) or (clone.root / ".venv" / "bin" / "uv").is_file()
    started = time.monotonic()
    second = run_version(clone.root, clone.environment)
    assert time.monotonic() - started < 3
    assert second.stdout == clone.first.stdout
    assert second.stderr == ""


@pytest.fixture(scope="module")
def installed(clone: Clone, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the locked packages and the wheel; returns its folder of programs.

    It is the clone's, which has just these: the wheel takes the clone's place, whose own packages are removed.
    """
    assert clone.first.returncode == 0, clone.first.stderr
    programs = clone.root / ".venv" / "bin"
    uv = shutil.which("uv")
    python = str(programs / "python")
    install = [uv, "pip", "install", "-q", "-p", python] if uv else [python, "-m", "pip", "install", "-q"]
    replace = "--reinstall" if uv else "--force-reinstall"
    subprocess.run([*install, replace, "--no-deps", str(wheel)], env=clone.environment, check=True, timeout=600)
    for package in PACKAGES:
        shutil.rmtree(clone.root / package)
    return programs


def test_wheel_holds_every_file_of_the_packages_and_nothing_else(source: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = (path for package in PACKAGES for path in (source / package).rglob("*") if path.is_file())
    assert held == {str(path.relative_to(source)) for path in files if path.name != "ruff.toml"}


def test_wheel_carries_the_licence_and_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = {name.split(".dist-info/")[1]: name for name in archive.namelist() if ".dist-info/" in name}
        assert "licenses/LICENSE" in info
        assert "mitmrouter = router_core.cli.main:main" in archive.read(info["entry_points.txt"]).decode()


def test_installed_wheel_says_its_version(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [installed / "mitmrouter", "--version"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "0.1.0" in done.stdout


def test_installed_wheel_runs_the_demo(installed: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [installed / "mitmrouter", "demo", "--port", str(free_port())],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            address = printed_address(process)
            assert httpx.get(f"{address}/health", trust_env=False, timeout=10).status_code == 200
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def run_version(clone: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [str(clone / "scripts" / "run"), "--version"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)


def copy_of_checkout(target: Path) -> Path:
    """What git would give: tracked files and those about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.rstrip("\0").split("\0"):
        if (REPOSITORY / name).is_file():  # not deleted since
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, target / name)
    return target


def clean_environment(home: Path) -> dict[str, str]:
    """This process's environment, less what would let the checkout or its settings shine through."""
    dropped = ("PYTHON", "VIRTUAL_ENV", "MITMROUTER")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    # The caches stay where they are, so that a second run downloads nothing.
    caches = {"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))}
    return kept | caches | {"MITMROUTER_HOME": str(home / "router-home"), "PYTHONUNBUFFERED": "1"}


def printed_address(process: subprocess.Popen[bytes]) -> str:
    """The first `http://127.0.0.1:PORT` that the process prints; fails if it ends or takes too long."""
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    deadline = time.monotonic() + STARTS_WITHIN_S
    printed = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if not selector.select(timeout=0.5):
                continue
            chunk = process.stdout.read()
            if chunk == b"":
                break
            printed += chunk or b""
            found = re.search(rb"http://127\.0\.0\.1:[1-9]\d*(?=\D)", printed)
            if found:
                return found[0].decode()
    raise AssertionError(f"no address within {STARTS_WITHIN_S} s:\n{printed.decode(errors='replace')}")
