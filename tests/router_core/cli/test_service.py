"""`install-service`: written, shown, enabled where the manager can be reached; else the commands are printed."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.router_core.cli.conftest import Cli
from tests.support.router import free_port, wait_until


@pytest.fixture
def person(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    person, programs = tmp_path / "person", tmp_path / "bin"
    person.mkdir()
    programs.mkdir()
    monkeypatch.setenv("HOME", str(person))
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return person


def manager(tmp_path: Path, name: str, exits: int) -> Path:
    """A manager that writes down what it is told."""
    log = tmp_path / "told"
    program = tmp_path / "bin" / name
    program.write_text(f'#!/bin/sh\necho "$*" >> {log}\nexit {exits}\n')
    program.chmod(0o755)
    return log


def test_the_unit_is_written_and_enabled_and_taken_back(cli: Cli, person: Path, tmp_path: Path) -> None:
    log = manager(tmp_path, "systemctl", 0)
    done = cli("install-service", "--for", "systemd")
    assert done.exit_code == 0, done.output
    unit = person / ".config" / "systemd" / "user" / "mitmrouter.service"
    assert f"Written: {unit}" in done.stdout
    assert log.read_text().splitlines() == [
        "--user show-environment", "--user daemon-reload", "--user enable --now mitmrouter.service",
    ]  # fmt: skip
    assert cli("install-service", "--for", "systemd", "--print").stdout == unit.read_text()
    assert cli("uninstall-service", "--for", "systemd").exit_code == 0
    assert not unit.exists()
    assert log.read_text().splitlines()[3:] == [
        "--user show-environment", "--user disable --now mitmrouter.service", "--user show-environment",
        "--user daemon-reload",
    ]  # fmt: skip
    assert "There is no service" in cli("uninstall-service", "--for", "systemd").stdout


def test_a_manager_that_cannot_be_reached_is_left_to_a_person(cli: Cli, person: Path, tmp_path: Path) -> None:
    manager(tmp_path, "systemctl", 1)
    done = cli("install-service", "--for", "systemd")
    assert done.exit_code == 0
    assert "  systemctl --user enable --now mitmrouter.service" in done.stdout
    assert cli("uninstall-service", "--for", "systemd").exit_code == 0
    assert cli("install-service", "--for", "launchd").exit_code == 0
    assert (person / "Library" / "LaunchAgents" / "local.mitmrouter.plist").exists()


def test_printing_writes_nothing(cli: Cli, person: Path) -> None:
    assert cli("install-service", "--for", "systemd", "--print").exit_code == 0
    assert not cli.home.path.exists()
    assert list(person.iterdir()) == []


def test_a_manager_that_hangs_is_said(cli: Cli, person: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "systemctl"
    program.write_text('#!/bin/sh\n[ "$2" = show-environment ] || exec sleep 60\n')
    program.chmod(0o755)
    monkeypatch.setattr("router_core.cli.service.PATIENCE_S", 0.5)
    done = cli("install-service", "--for", "systemd")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: systemctl --user daemon-reload has not ended within 0.5 s. See what it waits")
    gone = cli("uninstall-service", "--for", "systemd")
    assert "systemctl --user daemon-reload has not ended" in gone.stderr
    assert not (person / ".config" / "systemd" / "user" / "mitmrouter.service").exists()


def test_what_the_unit_runs_is_the_router(cli: Cli, person: Path) -> None:
    port = free_port()
    cli.home.ensure().config.write_text(f"[server]\nport = {port}\n")
    text = cli("install-service", "--for", "systemd", "--print").stdout
    (line,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    command = shlex.split(line.removeprefix("ExecStart="))
    assert os.path.isabs(command[0])
    process = subprocess.Popen(command, env=cli.environment, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: cli.home.running.exists() and cli("status").exit_code == 0, timeout_s=20)
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0, "ended in order: the manager does not start it again"
