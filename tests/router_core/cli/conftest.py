"""Fixtures of the command line's tests: commands in this process, and commands as real processes."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pytest
from click.testing import CliRunner, Result

from router_core.cli.main import main
from router_core.home import Home
from router_core.oauth.lock import FOLDER_VARIABLE
from router_core.processes import end
from router_core.running import find_running

ROOT = Path(__file__).resolve().parents[3]
CLI = (sys.executable, "-P", "-m", "router_core.cli")


class Started(subprocess.Popen[str]):
    """A process that does not outlive a test which fails beside it."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self.poll() is None:
            self.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait(timeout=15)
            self.kill()
        super().__exit__(kind, error, trace)


class Cli:
    """Runs commands on one home folder."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.env: dict[str, str] = {}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MITMROUTER", "ANTHROPIC"))}
        kept[FOLDER_VARIABLE] = str(home.path.parent / "locks")
        self.environment = {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}

    def __call__(self, *arguments: str, input: str | None = None) -> Result:
        """A command in this process."""
        command = ["--home", str(self.home.path), *arguments]
        return CliRunner().invoke(main, command, input=input, env=self.env, prog_name="mitmrouter")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """A command as a process of its own, not waited for."""
        return Started(
            [*CLI, "--home", str(self.home.path), *arguments],
            env={**self.environment, **self.env, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def process(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command as a process of its own, to its end."""
        with self.start(*arguments, **environment) as process:
            try:
                out, err = process.communicate(timeout=45)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    for name in [name for name in os.environ if name.startswith("MITMROUTER")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    cli = Cli(Home(tmp_path / "home"))
    yield cli
    if running := find_running(cli.home):
        end(running.pid)


@pytest.fixture
def other(tmp_path: Path, cli: Cli) -> Iterator[Cli]:
    """Somebody else's home folder."""
    other = Cli(Home(tmp_path / "other"))
    yield other
    if running := find_running(other.home):
        end(running.pid)
