"""scripts/find-python: which interpreter it picks, and what it says when there is none."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.scripts.fake_checkout import BASE_PYTHON, REPOSITORY, write_program

PYENV = "home/.pyenv/versions"


@dataclass(frozen=True, slots=True)
class Machine:
    """A PATH, a home and a folder of installers, all empty but for what a test puts there."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def add(self, where: str, version: str, how: str = "venv") -> Path:
        """A fake interpreter that answers the script's question as that version would."""
        path = self.root / where
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_program(path, f"#!/bin/sh\necho '{version} {how} {path}'\n")

    def find(self, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {
            "PATH": f"{self.root / 'bin'}:{self.root / 'basics'}",
            "HOME": str(self.root / "home"),
            "MITMROUTER_PYTHON_FOLDERS": str(self.root / "homebrew"),
        }
        return subprocess.run(
            [REPOSITORY / "scripts" / "find-python"],
            env={**own, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "basics").mkdir()
    dirname = next(path for path in (Path("/usr/bin/dirname"), Path("/bin/dirname")) if path.exists())
    (tmp_path / "basics" / "dirname").symlink_to(dirname)
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("installed", "chosen"),
    [
        pytest.param({"bin/python3": "3.12"}, "bin/python3", id="plain python3"),
        pytest.param({"bin/python3": "3.11", "bin/python3.12": "3.12"}, "bin/python3.12", id="python3 is too old"),
        pytest.param({"bin/python3": "3.14", "bin/python3.13": "3.13"}, "bin/python3.13", id="python3 is too new"),
        pytest.param({"bin/python3": "3.12-special", "bin/python": "3.12"}, "bin/python", id="not CPython"),
        pytest.param(
            {"bin/python3": "3.11", f"{PYENV}/3.11.7/bin/python": "3.11", f"{PYENV}/3.12.1/bin/python": "3.12"},
            f"{PYENV}/3.12.1/bin/python",
            id="pyenv has one that its shims do not show",
        ),
        pytest.param({"homebrew/python3.13": "3.13"}, "homebrew/python3.13", id="installed beside the PATH"),
        pytest.param({"own/python": "3.12", "bin/python3.13": "3.13"}, "own/python", id="PYTHON comes first"),
        pytest.param({"own/python": "3.10", "bin/python3.13": "3.13"}, "bin/python3.13", id="PYTHON is too old"),
    ],
)
def test_picks(machine: Machine, installed: dict[str, str], chosen: str) -> None:
    for where, version in installed.items():
        machine.add(where, version)
    own = machine.root / "own" / "python"
    done = machine.find(**({"PYTHON": str(own)} if own.exists() else {}))
    assert done.stdout == f"{machine.root / chosen}\n", done.stderr


def test_pyenv_shim_without_a_selected_version_is_passed_over(machine: Machine) -> None:
    (machine.root / "bin").mkdir()
    write_program(
        machine.root / "bin" / "python3.13", "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n"
    )
    expected = machine.add("bin/python3", "3.12")
    assert machine.find().stdout == f"{expected}\n"


def test_asks_uv_for_the_pythons_it_keeps(machine: Machine) -> None:
    kept = machine.add("uv-kept/python3.13", "3.13", "no-venv")  # uv makes the environment, so ensurepip is not needed
    (machine.root / "bin").mkdir()
    write_program(machine.root / "bin" / "uv", f"#!/bin/sh\n[ \"$1 $2\" = 'python find' ] && echo '{kept}'\n")
    assert machine.find().stdout == f"{kept}\n"


def test_python_without_venv_names_the_package_to_install(machine: Machine) -> None:
    machine.add("bin/python3", "3.12", "no-venv")
    done = machine.find()
    assert done.returncode == 1
    assert "apt install python3.12-venv" in done.stderr
    assert done.stderr.count("\n") == 1


def test_none_says_what_was_seen_and_how_to_get_one(machine: Machine) -> None:
    machine.add("bin/python3", "3.11")
    machine.add("bin/python", "2.7")
    done = machine.find()
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no Python 3.12 or 3.13 found (seen: 3.11 2.7)" in done.stderr
    assert "uv python install 3.13" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_real_interpreter_answers_the_question(machine: Machine) -> None:
    done = machine.find(PYTHON=str(BASE_PYTHON))
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).samefile(BASE_PYTHON)
