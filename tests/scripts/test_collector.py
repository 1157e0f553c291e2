"""scripts/collector: installs once, by checksum, repairs what was cut, and fails loudly. A fake uv stands in."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.scripts.fake_checkout import REPOSITORY, write_program

FAKE_UV = """#!/bin/sh
echo "$*" >> "$UV_LOG"
while [ "$1" != --target ]; do shift; done
cat "$4" >> "$UV_LOG"
if [ -n "${UV_FAILS:-}" ]; then echo "no route to host" >&2; exit 2; fi
mkdir "$2/rotel"
printf '#!/bin/sh\\nexit %s\\n' "${PROGRAM_EXITS:-0}" > "$2/rotel/rotel-agent"
"""


@dataclass(frozen=True, slots=True)
class Machine:
    root: Path

    @property
    def log(self) -> list[str]:
        log = self.root / "uv.log"
        return log.read_text().splitlines() if log.exists() else []

    def collector(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {
            "PATH": f"{self.root / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.root),
            "UV_LOG": str(self.root / "uv.log"),
        }
        return subprocess.run(
            [REPOSITORY / "scripts" / "collector", *arguments], env={**own, **environment}, capture_output=True,
            text=True, check=False, timeout=30,
        )  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "bin").mkdir()
    write_program(tmp_path / "bin" / "uv", FAKE_UV)
    return Machine(tmp_path)


def test_it_is_installed_once_by_checksum_and_its_place_is_printed(machine: Machine) -> None:
    done = machine.collector()
    assert done.returncode == 0, done.stderr
    program = Path(done.stdout.strip().removeprefix("rotel="))
    assert program.is_relative_to(machine.root / ".cache" / "mitmrouter" / "collector")
    assert os.access(program, os.X_OK)
    options, pinned = machine.log
    assert "--require-hashes" in options
    assert pinned.startswith("rotel==")
    assert pinned.count("--hash=sha256:") == 3
    assert machine.collector().stdout == machine.collector("--installed").stdout == done.stdout
    assert len(machine.log) == 2


def test_what_is_damaged_is_installed_anew(machine: Machine) -> None:
    program = Path(machine.collector().stdout.strip().removeprefix("rotel="))
    program.write_text("")
    program.chmod(0o644)
    assert machine.collector("--installed").returncode == 1
    assert machine.collector().returncode == 0
    assert os.access(program, os.X_OK)


@pytest.mark.parametrize(
    ("environment", "said"),
    [({"UV_FAILS": "1"}, "could not be installed"), ({"PROGRAM_EXITS": "1"}, "no program that runs on this machine")],
    ids=["no network", "another machine's program"],
)
def test_a_failure_is_loud_and_leaves_nothing(machine: Machine, environment: dict[str, str], said: str) -> None:
    done = machine.collector(**environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr.splitlines()[-1]
    assert list((machine.root / ".cache" / "mitmrouter" / "collector").iterdir()) == []
    assert machine.collector("--installed").returncode == 1


def test_a_wrong_option_is_a_usage_error(machine: Machine) -> None:
    assert machine.collector("--instaled").returncode == 2
    assert machine.log == []
